"""Live or test: told by the host, by a header, or by the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import KeyKind, Place, ProviderPage, Response, Session
from unified_checkout.sandbox import Facts, Received


@attrs.define(kw_only=True, eq=False)
class SilentSandbox(ToySandbox):
    """Holds test orders alone, and no order says so."""

    def adopt(self, facts: Facts) -> Facts:
        return attrs.evolve(super().adopt(facts), livemode=False)

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        return {**super().render(facts, shape), "live": None}

    def headers(self, request: Received) -> Mapping[str, str]:
        return {"x-toy-mode": "test"}


class Silent(ToyAdapter):
    sandbox = "conformance.toys.modes:SilentSandbox"

    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), livemode=self.livemode())

    def livemode(self) -> bool | None:
        raise NotImplementedError


@sound
class ByKey(Silent):
    """A test key sees test orders."""

    def livemode(self) -> bool | None:
        return {KeyKind.TEST: False, KeyKind.LIVE: True}.get(self.key_shape)


@sound
class ByHost(Silent):
    """Test orders are at another host."""

    suite: ClassVar[Mapping[str, Any]] = {
        "options": {"base_url": "https://sandbox.toy.example.com"},
    }

    def livemode(self) -> bool | None:
        return "//sandbox." not in self.options.base_url


@sound
class ByHeader(ToyAdapter):
    """A header says what a page holds."""

    sandbox = "conformance.toys.modes:SilentSandbox"

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page = super().parse_page(response, place)
        sessions = [self.told(session, response) for session in page.sessions]
        return attrs.evolve(page, sessions=sessions)

    def parse_session(self, response: Response) -> Session:
        return self.told(super().parse_session(response), response)

    def told(self, session: Session, response: Response) -> Session:
        live = {"live": True, "test": False}.get(response.headers.get("x-toy-mode", ""))
        return attrs.evolve(session, livemode=live)


@breaks("test_livemode_is_no_guess", saying="livemode is False whatever")
class GuessesThatItIsATest(Silent):
    def livemode(self) -> bool | None:
        return False


@breaks("test_sessions_say_what_the_provider_holds", saying="livemode.*True, False")
class TakesEveryHostForLive(ByHost):
    def livemode(self) -> bool | None:
        return True


@breaks("test_sessions_say_what_the_provider_holds", saying="livemode.*None, False")
class SaysNothingThoughTheKeyTells(ByKey):
    def livemode(self) -> bool | None:
        return None
