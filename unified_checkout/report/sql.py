"""The SQL of every figure: one dialect, DuckDB's, whatever the sessions come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from unified_checkout.database import Settings
from unified_checkout.report.completion import HORIZONS
from unified_checkout.report.dimension import Dimension

SETTINGS: Settings = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is downloaded."""

FIELDS = (
    *("account", "provider", "created", "status", "payment_status", "mode", "amount_total"),
    *("amount_refunded", "amount_disputed", "currency", "currency_exponent", "currency_assumed"),
)
"""What is kept of a session as it is."""

_FIELDS = ", ".join(FIELDS)

TABLE = """
CREATE TABLE kept (
    account VARCHAR, provider VARCHAR, created TIMESTAMPTZ, status VARCHAR,
    payment_status VARCHAR, mode VARCHAR, amount_total BIGINT, amount_refunded BIGINT,
    amount_disputed BIGINT, currency VARCHAR, currency_exponent BIGINT, currency_assumed BOOLEAN,
    email VARCHAR, client_reference_id VARCHAR, complete_seen TIMESTAMPTZ,
    seen_open BOOLEAN
)
"""

ADD = f"""
INSERT INTO kept
SELECT
    {_FIELDS}, coalesce(customer.email, customer_email), client_reference_id, NULL, false
FROM added
"""  # noqa: S608  (words of ours alone)

_SESSIONS = "CREATE OR REPLACE TEMP VIEW sessions AS SELECT * FROM kept"

SESSIONS = _SESSIONS
"""All sessions there are."""

SESSIONS_WITH_STORED = f"""
{_SESSIONS} UNION ALL
SELECT
    {_FIELDS}, coalesce(email, customer_email), client_reference_id, complete_seen, seen_open
FROM stored_sessions SEMI JOIN stored_accounts USING (account)
"""  # noqa: S608
"""The same with those of a store, which are not copied."""

_IN_THE_SPAN = "created >= $from::TIMESTAMPTZ AND created < $to::TIMESTAMPTZ"

DAYS = f"""
SELECT DISTINCT make_timestamp(epoch_us(created))::DATE AS day
FROM sessions WHERE {_IN_THE_SPAN} ORDER BY day
"""  # noqa: S608  (words of ours alone)
"""The days of UTC on which sessions of a span were created."""

_FACTS = """
CREATE OR REPLACE TEMP TABLE facts AS
WITH digits AS (
    SELECT currency AS code, max(currency_exponent) AS finest
    FROM sessions WHERE currency_exponent IS NOT NULL GROUP BY currency
), told AS (
    SELECT
        account, provider, created, status, mode, currency, currency_assumed, email,
        client_reference_id, complete_seen, seen_open, amount_total, amount_refunded,
        amount_disputed, finest,
        make_timestamp(epoch_us(created) + {ahead}) AS local_time,
        NOT list_contains($without_open::VARCHAR[], account) AS rated,
        coalesce(payment_status, 'unknown') = 'unknown' AS payment_unknown,
        status IS NOT DISTINCT FROM 'complete' AND mode IS DISTINCT FROM 'setup' AND (
            payment_unknown OR payment_status IN ('paid', 'no_payment_required')
        ) AS is_order,
        rated AND status IS NOT DISTINCT FROM 'open' AND mode IS DISTINCT FROM 'setup' AS is_open,
        amount_total IS NOT NULL AND currency IS NOT NULL AND currency_exponent IS NOT NULL
            AS priced,
        CASE WHEN finest = currency_exponent THEN 1
            ELSE concat('1', repeat('0', finest - currency_exponent))::HUGEINT
        END AS factor
    FROM sessions LEFT JOIN digits ON code = currency
    WHERE {in_the_span}
)
SELECT
    * EXCLUDE (factor, amount_disputed),
    amount_total * factor AS amount,
    amount_refunded * factor AS refunded,
    amount_disputed * factor AS disputed
FROM told
"""


def facts(since: Sequence[int], ahead: Sequence[int]) -> str:
    """The sessions of a span, and what each figure asks of them.

    Providers may differ on a currency's exponent: amounts are in the finest of them, exactly.

    Args:
        since: what :func:`ahead_of_utc` gives. Local time is that of Python's time zones, as in
            ``summary`` and in every bound: a database's own may be older or newer.
        ahead: the same.
    """
    return _FACTS.format(ahead=_ahead(since, ahead), in_the_span=_IN_THE_SPAN)


def _ahead(since: Sequence[int], ahead: Sequence[int]) -> str:
    """Halved again and again: a million times are looked up much faster than by a join."""
    if len(ahead) < 2:
        return str(ahead[0]) if ahead else "0"
    half = len(ahead) // 2
    early, late = _ahead(since[:half], ahead[:half]), _ahead(since[half:], ahead[half:])
    return f"CASE WHEN epoch_us(created) < {since[half]} THEN {early} ELSE {late} END"


LIVES = """
CREATE OR REPLACE TEMP TABLE lives AS
WITH reached AS (
    SELECT account, covers_to, min(covers_from) AS covers_from, max(ended) AS ended
    FROM stored_slices GROUP BY account, run, covers_to
), first_read AS (
    SELECT *, max(covers_to) OVER (
        PARTITION BY account ORDER BY ended, covers_to
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS held
    FROM reached QUALIFY held IS NULL OR covers_to > held
), watched AS (
    SELECT account AS name, min(began) AS since FROM stored_slices GROUP BY name
), rated AS (
    SELECT account, created, local_time, status, complete_seen, seen_open FROM facts WHERE rated
), told AS (
    SELECT
        *, CASE WHEN status = 'complete' THEN complete_seen END AS complete_by
    FROM rated WHERE complete_seen IS NOT NULL OR status IS DISTINCT FROM 'complete'
    UNION ALL
    SELECT rated.*, CASE WHEN created >= covers_from THEN ended END
    FROM rated ASOF LEFT JOIN first_read
        ON rated.account = first_read.account AND created <= covers_to
    WHERE complete_seen IS NULL AND status = 'complete'
)
SELECT
    created, local_time, status, seen_open,
    CASE WHEN created >= since AND complete_by IS NOT NULL
        THEN greatest(epoch_us(complete_by) - epoch_us(created), 0)
    END AS took
FROM told LEFT JOIN watched ON account = name
"""
"""The sessions of a span from a store, with the microseconds in which each was complete at most.

It was complete when that was read: of a change, and of a session that came late, the store has the
moment; any other was there by the end of the slice that first passed its creation. Nothing is known
of one that was created before its account's first slice.
"""

HOURS = """
SELECT
    hour(local_time), count(*),
    count(*) FILTER (status IN ('expired', 'canceled', 'failed'))
FROM facts WHERE rated AND status IS DISTINCT FROM 'open' GROUP BY ALL ORDER BY ALL
"""

SHARED = """
WITH known AS (
    SELECT provider, 1::HUGEINT << (row_number() OVER (ORDER BY provider) - 1)::INT AS place
    FROM facts GROUP BY provider
), named AS (
    SELECT
        lower(trim(email)) AS email, client_reference_id, place,
        CASE WHEN status = 'complete' THEN place ELSE 0 END AS complete
    FROM facts JOIN known USING (provider)
), seen AS (
    SELECT
        'email' AS field, bit_or(place) AS places, bit_or(complete) AS complete,
        count(*) AS sessions
    FROM named WHERE email <> '' GROUP BY email HAVING bit_count(places) > 1
    UNION ALL
    SELECT 'client_reference_id', bit_or(place) AS places, bit_or(complete), count(*)
    FROM named WHERE client_reference_id <> ''
    GROUP BY client_reference_id HAVING bit_count(places) > 1
), summed AS (
    SELECT
        field, places, count(*) AS how_many, sum(sessions)::BIGINT AS sessions,
        count(*) FILTER (bit_count(complete) > 1) AS complete_at_several
    FROM seen GROUP BY ALL
)
SELECT
    field,
    (SELECT list(provider ORDER BY provider) FROM known WHERE (place & places) > 0) AS providers,
    how_many, sessions, complete_at_several
FROM summed ORDER BY field, providers
"""
"""Each provider is a bit: a million values are grouped without a list for each."""

UNTOLD = {
    "amount_disputed": "is_order AND priced AND disputed IS NULL",
    "amount_refunded": "is_order AND priced AND refunded IS NULL",
    "amount_total": "is_order AND amount_total IS NULL",
    "client_reference_id": "client_reference_id IS NULL",
    "currency": "is_order AND currency IS NULL",
    "currency_exponent": "is_order AND amount_total IS NOT NULL AND currency IS NOT NULL "
    "AND NOT priced",
    "email": "email IS NULL",
    "payment_status": "is_order AND payment_unknown",
    "refunded_without_order": "NOT (is_order AND priced) AND amount_refunded > 0",
    "status": "coalesce(status, 'unknown') = 'unknown'",
}
"""What sessions do not tell, by name, and when that is so."""

_UNTOLD = ", ".join(f"count(*) FILTER ({condition})" for condition in UNTOLD.values())

MISSING = f"SELECT provider, {_UNTOLD} FROM facts GROUP BY provider ORDER BY provider"  # noqa: S608
"""For each provider, how many sessions do not tell each thing."""

ASSUMED = "SELECT DISTINCT provider FROM facts WHERE currency_assumed ORDER BY ALL"

NOT_RATED = "SELECT DISTINCT provider FROM facts WHERE NOT rated ORDER BY ALL"

AMOUNTS = ("gross", "median", "ninth_decile", "refunded", "disputed", "open_value")
"""What ``sales`` gives of each currency as minor units, behind the currency, its exponent and
whether it was assumed."""

NUMBERS = ("orders", "payment_unknown", "refunds_told", "disputes_told", "open")
"""What it gives behind them."""

_MICROSECOND = timedelta(microseconds=1)
_WITHIN = ", ".join(
    f"count(*) FILTER (took <= {horizon // _MICROSECOND})" for horizon in HORIZONS.values()
)

COMPLETION = f"""
SELECT
    count(*) FILTER (status = 'complete'), count(took), count(took) FILTER (seen_open),
    quantile_disc(took, 0.5), quantile_disc(took, 0.9), {_WITHIN}
FROM lives
"""  # noqa: S608  (words of ours alone)

COHORTS = f"""
SELECT strftime(week, '%G-W%V'), * EXCLUDE (week) FROM (
    SELECT
        date_trunc('week', local_time) AS week, count(*) AS sessions,
        count(*) FILTER (status = 'open'), count(*) FILTER (status = 'complete'),
        count(took), count(took) FILTER (seen_open), {_WITHIN}
    FROM lives GROUP BY week
) ORDER BY week
"""  # noqa: S608

BETWEEN = "SELECT min(created), max(created) FROM facts"

_KEYS = {
    Dimension.DAY: "date_trunc('day', local_time)",
    Dimension.WEEK: "date_trunc('week', local_time)",
    Dimension.MONTH: "date_trunc('month', local_time)",
    Dimension.PROVIDER: "provider",
    Dimension.ACCOUNT: "account",
    Dimension.CURRENCY: "currency",
    Dimension.STATUS: "status",
    Dimension.MODE: "mode",
}
_FORMS = {Dimension.DAY: "%Y-%m-%d", Dimension.WEEK: "%G-W%V", Dimension.MONTH: "%Y-%m"}


def counts(by: Sequence[Dimension]) -> str:
    """For each group: sessions, complete, expired, open; and the same of what is rated."""
    numbers = ", ".join(
        f"count(*) FILTER ({whose} AND {what})"
        for whose in ("true", "rated")
        for what in ("true", "status = 'complete'", "status = 'expired'", "status = 'open'")
    )
    order = ", ".join(f"{number} ASC NULLS LAST" for number in range(1, len(by) + 1)) or "ALL"
    grouped = (
        f"SELECT {_keys(by)} {numbers} FROM facts "  # noqa: S608  (words of ours alone)
        "GROUP BY ALL HAVING count(*) > 0"
    )
    return f"{_named(by)} FROM ({grouped}) ORDER BY {order}"


def sales(by: Sequence[Dimension]) -> str:
    """For each group and currency: its exponent, whether it was assumed, amounts and numbers."""
    grouped = f"""
    SELECT
        {_keys(by)} currency AS code, max(finest), bool_or(currency_assumed),
        coalesce(sum(amount) FILTER (is_order), 0)::HUGEINT,
        quantile_disc(amount, 0.5) FILTER (is_order),
        quantile_disc(amount, 0.9) FILTER (is_order),
        sum(refunded) FILTER (is_order),
        sum(disputed) FILTER (is_order),
        CASE WHEN bool_or(rated) THEN coalesce(sum(amount) FILTER (is_open), 0) END::HUGEINT,
        count(*) FILTER (is_order),
        count(*) FILTER (is_order AND payment_unknown),
        count(refunded) FILTER (is_order),
        count(disputed) FILTER (is_order),
        CASE WHEN bool_or(rated) THEN count(*) FILTER (is_open) END
    FROM facts WHERE priced
    GROUP BY ALL HAVING bool_or(is_order OR is_open)
    """  # noqa: S608  (words of ours alone)
    return f"{_named(by)} FROM ({grouped}) ORDER BY code"


def _keys(by: Sequence[Dimension]) -> str:
    return "".join(f"{_KEYS[dimension]} AS key{number}, " for number, dimension in enumerate(by))


def _named(by: Sequence[Dimension]) -> str:
    """What groups are called; of periods, that is worked out once for each."""
    names = ", ".join(
        f"strftime(key{number}, '{_FORMS[dimension]}') AS key{number}"
        for number, dimension in enumerate(by)
        if dimension in _FORMS
    )
    return f"SELECT * REPLACE ({names})" if names else "SELECT *"
