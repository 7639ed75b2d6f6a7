"""``AdapterOptions``: what a user may configure for an account."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import ConfigDict, field_validator

from unified_checkout.adapters.addresses import leads_somewhere
from unified_checkout.model.validation import Frozen
from unified_checkout.telltales import looks_like_a_key

_ADDRESS = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(:\d{1,5})?(/[^\s?#]*)?")


class AdapterOptions(Frozen):
    """What a user may configure for an account of any provider. Adapters subclass it.

    An option without a default has an example instead, ``Field(examples=["shop-1"])``: what it is
    tried with, and what the provider's sandbox accepts.
    """

    model_config = ConfigDict(extra="forbid")

    own_path: ClassVar[str] = ""
    """The beginning of every path of the provider's own, such as ``/v1``: people copy it along
    with the address, so an address that ends with it is taken without it."""

    base_url: str
    """Scheme and host of the provider; a path, if there is one, goes before the provider's own."""

    @classmethod
    def examples(cls) -> dict[str, Any]:
        """An example of each option that has no default.

        >>> from pydantic import Field
        >>> class ShopOptions(AdapterOptions):
        ...     base_url: str = "https://api.example.com"
        ...     shop: str = Field(examples=["shop-1"])
        >>> ShopOptions.examples()
        {'shop': 'shop-1'}
        """
        return {
            name: field.examples[0]
            for name, field in cls.model_fields.items()
            if field.is_required() and field.examples
        }

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        if not _ADDRESS.fullmatch(value) or not leads_somewhere(value):
            raise ValueError(
                "must be a plain address such as https://api.example.com, "
                "without a user, a query or blanks"
            )
        if looks_like_a_key(value):
            raise ValueError("this holds what looks like a key, which belongs into api_key")
        return value.rstrip("/").removesuffix(cls.own_path)
