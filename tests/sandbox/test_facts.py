"""What the providers hold: seeded, realistic, and only what each can express."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from unified_checkout.errors import ConfigurationError
from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts
from unified_checkout.sandbox.facts import DAY
from unified_checkout.sandbox.invention import Invention

if TYPE_CHECKING:
    from sandbox.conftest import Begin, Talk

NOW = 1_795_000_000

FULL = Facts(
    serial="full",
    created=NOW - 100,
    status="paid",
    payment_status="paid",
    mode="subscription",
    amount_total=1000,
    amount_received=900,
    amount_refunded=100,
    amount_disputed=50,
    disputed=True,
    currency="eur",
    customer=Customer(
        email="buyer@example.com", name="Ada B. Sample", address=Address(country="US")
    ),
    customer_account="acct_1",
    payment_intents=("pi_1", "pi_2"),
    subscription="sub_1",
    payment_link="plink_1",
    livemode=True,
)


def test_a_moment_may_be_a_datetime() -> None:
    lunch = datetime(2026, 9, 21, 15, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    facts = Facts(serial="lunch", created=lunch, expires_at=lunch + timedelta(hours=1))
    assert (facts.created, facts.expires_at) == (1_789_995_600, 1_789_999_200)
    assert Facts(serial="lunch", created=lunch).expires_at == 1_789_995_600 + DAY
    assert attrs.evolve(facts, created=facts.created) == facts


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"created": "2026-09-21"}, "created is of type str; allowed: Unix seconds as an int, or"),
        ({"created": 1.5}, "created is of type float"),
        ({"created": True}, "created is of type bool"),
        ({"created": datetime(2026, 9, 21)}, "created is a datetime without a time zone"),
        ({"expires_at": "soon"}, "expires_at is of type str; .* or an aware datetime or None"),
        ({"amount_total": 12.5}, "amount_total is of type float; allowed: an int or None"),
        ({"livemode": None}, "livemode is of type NoneType; allowed: a bool"),
        ({"payment_intents": "pi_1"}, "payment_intents is of type str; allowed: a tuple of str"),
        ({"payment_intents": (1,)}, "payment_intents is of type tuple; allowed: a tuple of str"),
        ({"metadata": {"pieces": 2}}, "metadata is of type dict; allowed: a mapping of strings"),
        ({"customer": {"email": "buyer@example.com"}}, "customer is of type dict; allowed: a Cust"),
        ({"status": 1}, "status is of type int; allowed: a str or None"),
    ],
)
def test_a_value_of_a_wrong_type_is_named(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Facts\(serial='x'\): {said}") as caught:
        Facts(**{"serial": "x", "created": NOW, **fields})
    assert "buyer@example.com" not in str(caught.value)


def history(seed: int = 1, provider: str = "acme", sessions: int = 300) -> list[Facts]:
    return Invention(seed=seed, provider=provider, now=NOW).history(sessions)


def test_the_same_seed_gives_the_same_history() -> None:
    assert history() == history()


def test_another_seed_or_provider_gives_another_history() -> None:
    assert history(seed=1) != history(seed=2)
    assert history(provider="acme") != history(provider="other")


@pytest.mark.parametrize("later", [1, 3600, DAY // 2, 40 * DAY + 12_345])
def test_at_another_time_only_the_moments_are_others(later: int) -> None:
    def timeless(now: int) -> list[Facts]:
        invention = Invention(seed=1, provider="acme", now=now)
        facts = [*invention.history(2000), invention.fact(now)]
        return [attrs.evolve(one, created=0, expires_at=0) for one in facts]

    assert timeless(NOW + later) == timeless(NOW)


def test_a_history_spans_ninety_days_with_growth() -> None:
    created = [facts.created for facts in history()]
    assert created == sorted(created)
    assert NOW - 91 * DAY < min(created) < NOW - 80 * DAY
    assert NOW - DAY < max(created) < NOW
    assert sum(moment > NOW - 30 * DAY for moment in created) > len(created) / 2


def test_nights_are_quiet() -> None:
    hours = [facts.created % DAY // 3600 for facts in history(sessions=2000)]
    night = sum(hour in (0, 1, 2, 3) for hour in hours)
    day = sum(hour in (12, 13, 14, 15) for hour in hours)
    assert night * 2 < day


def test_some_seconds_are_shared_within_and_across_providers() -> None:
    one = [facts.created for facts in history(provider="one")]
    other = [facts.created for facts in history(provider="other")]
    assert len(set(one)) < len(one)
    assert len(set(one) & set(other)) > 1


@pytest.mark.parametrize("seed", range(3))
def test_a_history_holds_every_kind_of_session(seed: int) -> None:
    rows = history(seed=seed)
    assert {row.status for row in rows} == {"open", "paid", "complete", "canceled", "expired", None}
    assert {row.payment_status for row in rows} == {"paid", "unpaid", "no_payment_required"}
    assert {row.mode for row in rows} == {
        "payment", "subscription", "setup", "order", "off_session",
    }  # fmt: skip
    assert {"usd", "jpy", "kwd", "isk", "ugx", None} <= {row.currency for row in rows}
    assert {0, None} <= {row.amount_total for row in rows}
    assert any(row.status == "complete" and row.payment_status == "unpaid" for row in rows)
    assert any(len(row.payment_intents) == 2 for row in rows)
    assert any(row.disputed for row in rows)
    assert any(row.amount_refunded for row in rows)
    assert any(row.customer is None for row in rows)
    assert any(row.customer and row.customer.id is None for row in rows)
    assert any(row.metadata is None for row in rows)
    assert any(not row.hosted for row in rows)


def test_amounts_add_up_and_fit_their_currency() -> None:
    for row in history(sessions=1000):
        if row.amount_total is None or row.amount_subtotal is None:
            continue
        details = (row.amount_shipping or 0) + (row.amount_tax or 0) - (row.amount_discount or 0)
        assert row.amount_total == row.amount_subtotal + details
        grain = {"kwd": 10, "bhd": 10, "isk": 100, "ugx": 100}.get(row.currency or "", 1)
        assert row.amount_total % grain == 0


def test_invented_people_live_at_example_domains() -> None:
    emails = {row.email for row in history()} - {None}
    assert emails
    assert all(
        str(email).endswith(("@example.com", "@example.org", "@example.net")) for email in emails
    )


def test_every_provider_gives_its_own_ids(begin: Begin) -> None:
    stripe, leanrails, flex = (
        begin(name, [FULL]).truth[0].id for name in ("stripe", "leanrails", "flex")
    )
    assert stripe.startswith("cs_test_")
    assert len(stripe) > 60
    assert leanrails.startswith("cs_")
    assert flex.startswith("fcs_")
    assert len(flex) == len("fcs_") + 26


def test_a_flex_id_begins_with_its_time(begin: Begin) -> None:
    early, late = (Facts(serial="a", created=moment) for moment in (NOW - 5000, NOW))
    ids = [facts.id for facts in begin("flex", [late, early]).truth]
    assert ids[0] > ids[1]


def test_stripe_holds_what_stripe_can_express(begin: Begin) -> None:
    held = begin("stripe", [FULL]).truth[0]
    assert held.status == "complete"
    assert (held.mode, held.subscription, held.payment_intents) == ("subscription", "sub_1", ())
    assert (held.amount_received, held.amount_refunded, held.amount_disputed) == (None,) * 3
    assert held.disputed is None
    assert held.livemode is False
    assert held.currency == "eur"


def test_leanrails_holds_what_leanrails_can_express(begin: Begin) -> None:
    held = begin("leanrails", [FULL]).truth[0]
    assert (held.status, held.mode) == ("complete", "order")
    assert held.payment_intents == ("pi_1",)
    assert (held.subscription, held.payment_link, held.customer_account) == (None,) * 3
    assert held.disputed is None
    assert held.livemode is False


def test_flex_holds_what_flex_can_express(begin: Begin) -> None:
    held = begin("flex", [FULL]).truth[0]
    assert held.status == "paid"
    assert held.payment_status is None
    assert held.currency == "usd"
    assert held.payment_intents == ("pi_1", "pi_2")
    assert held.disputed is True
    assert held.livemode is True
    assert held.customer_id
    assert (held.payment_link, held.customer_account) == (None, None)


@pytest.mark.parametrize("provider", ["stripe", "leanrails", "flex"])
def test_what_no_provider_of_ours_knows_is_held_as_its_nearest(begin: Begin, provider: str) -> None:
    facts = Facts(serial="declined", created=NOW, status="failed", kind="renewal")
    held = begin(provider, [facts]).truth[0]
    assert (held.status, held.kind) == ("expired", "checkout")


def test_an_open_stripe_session_knows_no_buyer_until_it_is_complete(begin: Begin) -> None:
    talk = begin("stripe", [Facts(serial="a", created=NOW, customer=FULL.customer)])
    held = talk.truth[0]
    assert held.customer is None
    assert held.url
    changed = talk.imitation.change(held.id, {"status": "complete"})
    assert changed.customer == FULL.customer
    assert changed.url is None
    talk.imitation.change(held.id, {"status": "open"})
    left = talk.imitation.change(held.id, {"status": "expired"}).customer
    assert left in (None, Customer(email=FULL.email))


def test_unknown_words_are_held_as_they_are(talk: Talk) -> None:
    held = talk.imitation.hold([Facts(serial="new", created=NOW, status="processing", mode="gift")])
    assert held[0].status == "processing"


def test_two_facts_with_one_serial_are_refused(talk: Talk) -> None:
    facts = Facts(serial="twice", created=NOW)
    talk.imitation.hold([facts])
    with pytest.raises(ConfigurationError, match="two facts share the serial 'twice'"):
        talk.imitation.hold([facts])


def test_newest_first_and_ties_as_given(begin: Begin) -> None:
    old, tie, rival = (
        Facts(serial=serial, created=moment)
        for serial, moment in (("old", 1), ("tie", 2), ("rival", 2))
    )
    talk = begin("stripe", [old, tie, rival])
    assert [facts.serial for facts in talk.truth] == ["tie", "rival", "old"]
    talk.imitation.hold([Facts(serial="late", created=2)])
    assert [facts.serial for facts in talk.truth] == ["late", "tie", "rival", "old"]
