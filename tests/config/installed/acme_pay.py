"""The adapter of an invented provider, as far as configuring an account needs it."""

from __future__ import annotations

from typing import Any, Literal, NoReturn

from unified_checkout.adapters import Adapter, AdapterOptions, Compiled, KeyKind, ListSessions


class AcmeOptions(AdapterOptions):
    own_path = "/v1"

    base_url: str = "https://api.acme.example.com"
    api_version: Literal["1", "2"] = "2"


class AcmeAdapter(Adapter[AcmeOptions]):
    name = "acme"
    title = "Acme"
    options_type = AcmeOptions
    requests_per_second = 10.0

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        kind = api_key.split("_")[0]
        return KeyKind(kind) if kind in [*KeyKind] else KeyKind.UNKNOWN

    def compile(self, query: ListSessions) -> Compiled:
        return Compiled(streams=(), verdicts=())

    def _not_needed(self, *arguments: Any, **named: Any) -> NoReturn:
        raise NotImplementedError

    page_request = parse_page = get_request = _not_needed
    parse_session = parse_error = sign = _not_needed
