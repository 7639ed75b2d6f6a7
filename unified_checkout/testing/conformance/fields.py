"""Laws of fields: what a provider knows of a session is told, each under its own name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import timedelta

import attrs
import pytest

from unified_checkout.adapters import KeyKind, Place, Response
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Address, Session
from unified_checkout.sandbox.provider import Row
from unified_checkout.testing.conformance import oracle
from unified_checkout.testing.conformance.bench import ACCOUNT, EVERYTHING, Bench, answerable
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.rows import leaves, names, replaced, words
from unified_checkout.testing.conformance.specimens import EVERYTHING_ELSE
from unified_checkout.testing.conformance.truth import AMOUNTS, differences, held

CURRENCIES = (
    *("usd", "eur", "gbp", "sek", "huf", "twd", "idr", "inr"),
    *("jpy", "krw", "vnd", "clp", "isk", "ugx", "pyg"),
    *("kwd", "bhd", "tnd", "jod", "omr"),
    *("clf", "usdc", "zzz"),
)
"""With two decimals, with none, with three; with four, of no bank, and of nobody."""
_OPPOSITES = {"test": "live", "live": "test", "sandbox": "production", "production": "sandbox"}
_OPPOSITES |= {"true": "false", "false": "true"}
_TRANSLATED = (
    "kind",
    "status",
    "payment_status",
    "mode",
    "livemode",
    "disputed",
    "created",
    "expires_at",
)
_ADDRESS = tuple(f"customer.{name}" for name in attrs.fields_dict(Address))
"""An address that is sent may be another one than the buyer's own, such as that of the goods."""


class FieldLaws(Laws):
    """Nothing that is known is left out, and nothing stands under another name."""

    def test_sessions_say_what_the_provider_holds(self) -> None:
        """Every field is as the provider has it. What lists do not tell is in ``untold``."""
        bench = self.shop
        for session in bench.listed():
            self._compare(bench, session, silent=self.adapter.untold)

    def test_what_lists_leave_out_is_told_when_asked(self) -> None:
        """A field with a word for ``ListSessions.expand`` comes with it."""
        asked = {name: one.expand for name, one in self.adapter.untold.items() if one.expand}
        if not asked:
            pytest.skip("no field is told by lists only when asked")
        bench = self.shop
        expand = tuple(dict.fromkeys(asked.values()))
        for session in bench.listed(ListSessions(expand=expand, kind="any")):
            self._compare(bench, session, silent=self.adapter.untold.keys() - asked)

    def test_what_rows_tell_of_others_is_told(self) -> None:
        """A field of ``Untold.joined`` comes with the row that tells it, whatever is asked."""
        untold = self.adapter.untold
        joined = {name for name, one in untold.items() if one.joined}
        if not joined:
            pytest.skip("no row of this provider's tells of another")
        bench = self.shop
        asked = [EVERYTHING, *_narrow(bench)]
        for query in asked:
            joins = bench.compile(query).joins
            told = bench.answer(query)
            for session in told:
                self._compare(bench, session, untold.keys() - (joined if joins else ()))
            if query is EVERYTHING:
                found = {name for one in told for name in joined if getattr(one, name)}
                assert found == joined, f"nothing ever tells {sorted(joined - found)}"

    def test_a_single_session_is_the_one_in_the_list(self) -> None:
        """``get`` reads the same session that a list shows, with all that no list tells."""
        self.need_single_sessions()
        bench = self.shop
        untold = self.adapter.untold
        asked = {name for name, one in untold.items() if one.expand or one.joined}
        for facts in bench.truth()[::4]:
            response = bench.success(bench.adapter.get_request(facts.id))
            single = bench.adapter.parse_session(response)
            assert single.id == facts.id, f"asked for {facts.id!r}, and {single.id!r} is read"
            assert single.raw_bytes in response.body, "raw_bytes must be the bytes as sent"
            self._compare(bench, single, silent=asked)

    def test_ids_tell_sessions_apart(self) -> None:
        """One id in an account is one session; where the provider's are not, they are composed."""
        seen: dict[str, Session] = {}
        for session in self.shop.listed():
            begins = session.id.startswith(self.adapter.id_prefixes or "")
            assert begins, f"{session.id!r} begins with none of {self.adapter.id_prefixes}"
            other = seen.setdefault(session.id, session)
            assert other.raw_bytes == session.raw_bytes, f"two sessions have the id {session.id!r}"

    def test_amounts_are_minor_units_in_every_currency(self) -> None:
        """``currency_exponent`` is what ``Adapter.exponent`` says, and the amounts go with it."""
        bench = self.bench(
            self.specimen(serial=currency, currency=currency) for currency in CURRENCIES
        )
        for session in bench.listed():
            self._compare(bench, session, {*self.adapter.untold, *self._unmeasured(session)})

    def test_the_exponent_of_every_currency_held_is_declared(self) -> None:
        """Without it an amount is a number of nobody knows what."""
        kind = self.adapter
        known = {facts.currency for facts in self.shop.truth()} | {*self._currencies()}
        undeclared = {one for one in known if one and kind.exponent(one) is None}
        assert not undeclared, f"{kind.__name__}.exponent tells nothing of {sorted(undeclared)}"

    def test_a_currency_nobody_knows_does_no_harm(self) -> None:
        """It is told by its code; amounts whose exponent nobody knows are never converted."""
        bench = self.bench(
            self.specimen(serial=currency, currency=currency) for currency in ("usd", "eur", "sek")
        )
        rows = bench.rows()
        places = {
            path: values
            for path, values in words(rows).items()
            if {value.lower() for value in values} <= {"usd", "eur", "sek"}
        }
        if not places:
            pytest.skip("no word of this provider's tells the currency")
        row = rows[0]
        code = "ZZZ" if next(iter(places.values()))[0].isupper() else "zzz"
        for place in places:
            row = replaced(row, place, code)
        (session,) = bench.read(row)
        assert session.currency == "zzz", f"{code} is sent, and the currency is {session.currency}"
        facts = attrs.evolve(bench.facts(session.id), currency="zzz")
        self._check_exponent(session)
        wrong = differences(session, facts, {*self.adapter.untold, *self._unmeasured(session)})
        assert not wrong, f"in a currency nobody knows: {wrong}"

    def test_an_assumed_currency_is_marked(self) -> None:
        """``currency_assumed`` is true where the provider names none, and only there."""
        bench = self.bench([self.specimen()])
        (session,) = bench.listed()
        if session.currency is None:
            pytest.skip("this provider's sessions have no currency")
        bodies = [json.loads(bench.success(one).body) for one in bench.first_requests()]
        named = session.currency in (text.lower() for text in names(bodies))
        assert session.currency_assumed is (not named), (
            f"the provider {'names' if named else 'does not name'} the currency "
            f"{session.currency!r}, and currency_assumed is {session.currency_assumed}"
        )

    def test_livemode_is_no_guess(self) -> None:
        """A row tells it, or a header, the account's key, or the address; else it is None."""
        bench = self.bench(
            [self.specimen(livemode=live, serial=str(live)) for live in (True, False)]
        )
        found = {session.livemode for session in bench.listed()}
        if found != {None} and len(found) == 1:
            found |= set(self._told_otherwise(self.bench([self.specimen()])))
        assert found == {None} or len(found) > 1, (
            f"livemode is {found.pop()} whatever is sent and whatever the account's key, and "
            "address: what nobody tells is None, and the sandbox adopts it as None"
        )

    def test_what_the_sandbox_does_not_hold_it_does_not_send(self) -> None:
        """``adopt`` takes away what the provider cannot express, and hides nothing it sends."""
        bench = self.bench([self.specimen(), EVERYTHING_ELSE])
        words = {one.expand for one in self.adapter.untold.values() if one.expand}
        listed = bench.listed(ListSessions(expand=sorted(words), kind="any"))
        for session in listed:
            row = bench.provider.shelf.row(session.id)
            assert row is not None
            shown = [session.raw, *self._alone(bench, session.id)]
            sent = {value for _, value in leaves(shown)}
            hidden = [name for name, value in _taken_away(row) if sent & _spellings(value)]
            assert not hidden, (
                f"the sandbox sends {hidden} of {session.id!r} and holds them as None: "
                "adopt must keep what render shows"
            )

    def _alone(self, bench: Bench, id: str) -> list[object]:
        return [bench.single(id).raw] if self.adapter.reads_by_id else []

    def _compare(self, bench: Bench, session: Session, silent: Collection[str] = ()) -> None:
        facts = bench.facts(session.id)
        assert (session.account, session.provider) == (ACCOUNT, self.adapter.name)
        for moment in (session.created, session.expires_at):
            assert moment is None or moment.utcoffset() == timedelta(0), "times are in UTC"
        self._check_exponent(session)
        wrong = differences(session, facts, silent)
        assert not wrong, (
            f"session {session.id!r}, as read and as the provider holds it: {wrong}. A field that "
            "lists do not tell is named in untold; one that is never sent is adopted as None"
        )

    def _check_exponent(self, session: Session) -> None:
        currency, exponent = session.currency, session.currency_exponent
        declared = None if currency is None else self.adapter.exponent(currency)
        assert exponent == declared, (
            f"currency_exponent of {currency!r} is {exponent}, and {self.adapter.__name__}."
            f"exponent says {declared}"
        )

    def _unmeasured(self, session: Session) -> Collection[str]:
        """The amounts of a session in a currency whose exponent nobody knows may be left out."""
        return AMOUNTS if session.currency_exponent is None else ()

    def _currencies(self) -> Collection[str]:
        return self.provider_class().currencies or ()

    def _told_otherwise(self, bench: Bench) -> Iterator[bool | None]:
        """``livemode`` where something else is sent, or another account asks."""
        (row,) = bench.rows()
        for path, value in leaves(row):
            if (opposite := _opposite(value)) is not None:
                yield from (one.livemode for one in bench.read(replaced(row, path, opposite)))
        place = Place()
        response = bench.success(bench.first_request())
        for other in _with_other_headers(response):
            yield from (one.livemode for one in bench.adapter.parse_page(other, place).sessions)
        kind = self.adapter.options_type
        chosen = {**kind.examples(), **self.options}
        usual = kind.model_validate(
            {name: value for name, value in chosen.items() if name != "base_url"}
        )
        for options in (bench.adapter.options, usual):
            for shape in (KeyKind.TEST, KeyKind.LIVE):
                adapter = self.adapter(ACCOUNT, options, shape)
                yield from (one.livemode for one in adapter.parse_page(response, place).sessions)


def _narrow(bench: Bench) -> Iterator[ListSessions]:
    """A question for each value of each condition that rows which tell may fail."""
    for facts in bench.truth()[::7]:
        told: dict[str, object] = {
            "status": oracle.status(facts),
            **{name: getattr(facts, name) for name in ("payment_status", "mode", "currency")},
            "payment_intent": next(iter(facts.payment_intents), None),
            "client_reference_id": facts.client_reference_id,
            "customer": facts.customer_id,
        }
        for name, value in told.items():
            query = ListSessions.model_validate({name: value, "kind": "any"})
            if value is not None and answerable(bench.adapter, query):
                yield query


def _with_other_headers(response: Response) -> Iterator[Response]:
    for name, value in response.headers.items():
        if (opposite := _opposite(value)) is not None:
            yield attrs.evolve(response, headers={**response.headers, name: str(opposite)})


def _opposite(value: object) -> object:
    """The other of two values; None for what is none of two."""
    if isinstance(value, bool):
        return not value
    return _OPPOSITES.get(value.lower()) if isinstance(value, str) else None


def _taken_away(row: Row) -> Iterator[tuple[str, object]]:
    """What was told of a session and is not held."""
    told, kept = held(row.told), held(row.facts)
    for name, value in told.items():
        if (
            name not in (*_TRANSLATED, *_ADDRESS)
            and kept[name] in (None, ())
            and value not in (None, ())
        ):
            yield name, value


def _spellings(value: object) -> set[object]:
    """How a row may spell a value that nothing else in it is likely to be."""
    if isinstance(value, dict):
        return {text for text in value.values() if len(text) > 3}
    if isinstance(value, tuple):
        return set(value)
    if isinstance(value, int):
        decimals = {f"{value / 10**exponent:.{exponent}f}" for exponent in (2, 3)}
        return {value, str(value), *decimals} if value > 100 else set()
    return {value} if isinstance(value, str) and len(value) > 3 else set()
