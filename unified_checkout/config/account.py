"""``Account``: one configured credential at a provider."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import attrs
from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from unified_checkout.adapters import Adapter, Credentials, KeyKind, load
from unified_checkout.adapters.addresses import is_private
from unified_checkout.adapters.registry import names
from unified_checkout.config.keys import KeySource, at_hand, flaw, source
from unified_checkout.errors import ConfigurationError, UnknownProvider
from unified_checkout.frames import frameless
from unified_checkout.model.validation import Frozen, explained, told_of
from unified_checkout.spelling import nearest
from unified_checkout.telltales import looks_like_a_key, named, quoted

DAY = 86_400
"""Seconds in a day: the longest that anything is waited for."""


@attrs.frozen
class _Origin:
    """Where an account's options come from, which makes no difference between two accounts."""

    set_by: Mapping[str, str] = attrs.field(factory=dict, eq=False)
    """By option, the environment variable that sets it."""


def _set_by(info: ValidationInfo) -> Mapping[str, str]:
    """By option, the environment variable that sets it, where whoever makes the account tells."""
    context: Mapping[str, Mapping[str, str]] = info.context or {}
    return context.get("set_by", {})


def _key(
    value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> SecretStr | KeySource:
    if isinstance(value, KeySource):
        return value
    if isinstance(value, Mapping):
        return source(info.data.get("name", ""), value, _set_by(info).get("api_key"))
    key: SecretStr = handler(value)
    problem = flaw(key.get_secret_value())
    if problem:
        raise ValueError(problem)
    return key


Key = Annotated[
    SecretStr, WrapValidator(_key), PlainSerializer(lambda _: "**********", when_used="json")
]


class Account(Frozen):
    """One configured credential at a provider.

    Everything beyond the fields below is the provider's own: see that provider's README.

    >>> account = Account(name="us", provider="acme", api_key="sk_test_x", api_version="2026-01-01")
    >>> account
    Account(name='us', provider='acme', options=['api_version'])
    >>> account.timeout
    30.0
    >>> Account(name="us", provider="acme", api_key="sk_test_x", timeout=0)
    Traceback (most recent call last):
    ...
    unified_checkout.errors.ConfigurationError: account 'us': timeout: input should be greater than 0

    Raises:
        ConfigurationError: naming the field that is wrong and what is allowed, never the key.
    """

    model_config = ConfigDict(extra="allow")

    name: str
    """The account's name, yours to choose: letters, digits, ``-``, ``_`` and ``.``."""
    provider: Annotated[str, Field(min_length=1)]
    """The provider's name, such as ``unified-checkout providers`` lists them."""
    api_key: Key
    """The secret key, or where it is: ``{"env": "VARIABLE"}``, ``{"file": "PATH"}``,
    ``{"command": ["PROGRAM", "ARGUMENT"]}`` or ``{"keyring": "SERVICE", "user": "NAME"}``. It is
    looked for when it is first needed, and no representation shows it. A pickle of the account holds
    what is given here: the key, or where it is."""
    base_url: str | None = None
    """Another address than the provider's own: a sandbox, or a proxy."""
    timeout: Annotated[float, Field(gt=0, le=DAY, allow_inf_nan=False)] = 30.0
    """How long one request may take, all in all, in seconds; connecting may take 10 of them."""
    requests_per_second: Annotated[float | None, Field(ge=0.0001)] = None
    """The rate to keep to. None means what the provider documents, ``math.inf`` no limit."""
    share_rate: Annotated[bool | Path, Field(union_mode="left_to_right")] = False
    """Whether all processes of this machine that set it and read with the same key keep to the rate
    together. True keeps a small file in the user's cache; a path names another folder, which they
    all may write to."""
    max_attempts: Annotated[int, Field(ge=1)] = 5
    """How often one request is tried, the first time included."""
    retry_delay: Annotated[float, Field(ge=0, le=8)] = 0.5
    """The wait before a second attempt, in seconds: it doubles with each further one, up to 8 s,
    and is shortened at random by up to half. A provider's own advice comes first."""
    max_wait: Annotated[float, Field(ge=0, le=DAY, allow_inf_nan=False)] = 60.0
    """The longest wait that a provider may ask for before a retry, in seconds."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 32 * 1024 * 1024
    """The largest response body to accept, decompressed, in bytes."""

    _origin: _Origin = PrivateAttr(default_factory=_Origin)

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            name: str,
            provider: str,
            api_key: str | SecretStr | Mapping[str, str | Sequence[str]],
            base_url: str | None = ...,
            timeout: float = ...,
            requests_per_second: float | None = ...,
            share_rate: bool | str | Path = ...,
            max_attempts: int = ...,
            retry_delay: float = ...,
            max_wait: float = ...,
            max_body_bytes: int = ...,
            **options: Any,
        ) -> None: ...

    @property
    def options(self) -> Mapping[str, Any]:
        """The provider's own options, as given; ``adapter`` checks them."""
        return self.model_extra or {}

    @frameless  # the frames hold the key
    def adapter(self) -> Adapter[Any]:
        """The adapter that speaks for this account, its options checked.

        Raises:
            ProviderLoadError: if the provider's adapter is unknown or cannot be loaded.
            ConfigurationError: if an option is unknown, and which are allowed; if one is
                ill-formed; if the key is at hand and does not fit, see ``credentials_of``.
        """
        kind = adapter_of(self)
        options = dict(self.options)
        if self.base_url is not None:
            options["base_url"] = self.base_url
        try:
            checked = kind.options_type.model_validate(options)
        except ValidationError as error:
            allowed = {*kind.options_type.model_fields, *type(self).model_fields} - {"name"}
            problems = explained(
                error, "account", lambda _: sorted(allowed), set_by=self._origin.set_by
            )
        else:
            key = at_hand(self.api_key)
            shape = KeyKind.UNKNOWN if key is None else kind.key_kind(key)
            adapter = kind(self.name, checked, shape)
            if key is not None and not isinstance(self.api_key, KeySource):
                _check_fit(key, adapter, self._origin.set_by)
            return adapter
        raise ConfigurationError(f"account {self.name!r}: {problems}")

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", name):
            raise ValueError("write letters, digits, '-', '_' and '.', 255 at most")
        if looks_like_a_key(name):
            raise ValueError("this looks like a key; give the account a name of your own")
        return name

    @model_validator(mode="wrap")
    @classmethod
    def _typed_error(
        cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        try:
            made = handler(value)
        except ValidationError as error:
            given = value if isinstance(value, Mapping) else {}
            others = [name for name in given if name not in cls.model_fields]
            problems = explained(
                error,
                "account",
                lambda _: sorted(cls.model_fields),
                lambda field: _missing(field, others),
                set_by=_set_by(info),
            )
        else:
            if set_by := _set_by(info):
                made._origin = _Origin(set_by)
            return made
        name = given.get("name")
        raise ConfigurationError(f"account {quoted(name)}: {problems}" if name else problems)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        made = vars(self)  # empty while it is being made, which a crash report may show
        if made:
            yield "name", made.get("name")
            yield "provider", named(made.get("provider"))
        if made and self.options:
            yield "options", sorted(map(named, self.options))


@attrs.frozen
class _Fitting:
    """An account's key once it is found, if it fits the account."""

    key: KeySource
    adapter: Adapter[Any]
    set_by: Mapping[str, str]

    @property
    def takes_time(self) -> bool:
        return self.key.takes_time

    def __call__(self) -> str:
        found = self.key.get_secret_value()
        _check_fit(found, self.adapter, self.set_by)
        return found


def adapter_of(account: Account) -> type[Adapter[Any]]:
    """The class of the adapter that speaks for an account.

    Raises:
        ProviderLoadError: if it is unknown or cannot be loaded.
    """
    try:
        return load(account.provider)
    except UnknownProvider as error:
        known, variable = error.known, account._origin.set_by.get("provider")
    raise UnknownProvider(account.provider, known, named_by=variable)


def credentials_of(account: Account, adapter: Adapter[Any]) -> Credentials:
    """What signs an account's requests: the key, which is looked for when it is first asked for.

    Asking then raises ``ConfigurationError`` if it cannot be had; if it is one for web pages, which
    cannot list sessions; if it is not plainly a test key and would go over plain http to another
    machine.
    """
    key = account.api_key
    if isinstance(key, KeySource):
        key = KeySource(_Fitting(key, adapter, account._origin.set_by))
    return Credentials(key)


def _check_fit(key: str, adapter: Adapter[Any], set_by: Mapping[str, str]) -> None:
    kind, option = adapter.key_kind(key), "base_url"
    if kind is KeyKind.PUBLISHABLE:
        option = "api_key"
        problem = (
            f"this is {adapter.title}'s publishable key, made for web pages; listing "
            "sessions takes the secret key or a restricted one"
        )
    elif kind is KeyKind.TEST or is_private(adapter.options.base_url):
        return
    elif kind is KeyKind.LIVE:
        problem = "a live key over plain http can be read on its way; write https://"
    else:
        problem = (
            "over plain http a key can be read on its way, and this one is not plainly a "
            "test key; write https://"
        )
    place = told_of(option, set_by.get(option))
    raise ConfigurationError(f"account {adapter.account!r}: {place}: {problem}")


def _missing(field: int | str, others: Sequence[str]) -> str:
    """What to write for a field that must be given, and perhaps is, under another name."""
    meant = nearest(field, others)
    if meant is None and field == "api_key":
        meant = next((one for one in others if one.casefold().endswith("key")), None)
    if meant is not None:
        return f"did you mean {field!r} by {quoted(meant)}?"
    if field == "provider":
        return f"installed: {', '.join(names()) or 'none'}"
    return 'in a file, write api_key = { env = "VARIABLE" }' if field == "api_key" else ""
