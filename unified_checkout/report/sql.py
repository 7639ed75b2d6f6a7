"""The SQL of every figure: one dialect, DuckDB's, whatever the sessions come from."""

from __future__ import annotations

from collections.abc import Sequence

from unified_checkout.report.dimension import Dimension

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is downloaded."""

TABLE = """
CREATE TABLE sessions (
    account VARCHAR, provider VARCHAR, created TIMESTAMPTZ, status VARCHAR,
    payment_status VARCHAR, mode VARCHAR, amount_total BIGINT, amount_refunded BIGINT,
    amount_disputed BIGINT, currency VARCHAR, currency_exponent BIGINT, currency_assumed BOOLEAN,
    email VARCHAR, client_reference_id VARCHAR
)
"""

ADD = """
INSERT INTO sessions
SELECT
    account, provider, created, status, payment_status, mode, amount_total, amount_refunded,
    amount_disputed, currency, currency_exponent, currency_assumed,
    coalesce(customer.email, customer_email), client_reference_id
FROM added WHERE $1::VARCHAR[] IS NULL OR list_contains($1::VARCHAR[], account)
"""

FACTS = """
CREATE OR REPLACE TEMP TABLE facts AS
WITH digits AS (
    SELECT currency AS code, max(currency_exponent) AS finest
    FROM sessions WHERE currency_exponent IS NOT NULL GROUP BY currency
), told AS (
    SELECT
        sessions.*,
        timezone($1, created) AS local_time,
        NOT list_contains($2::VARCHAR[], account) AS rated,
        status IS NOT DISTINCT FROM 'complete'
            AND coalesce(payment_status, 'unknown') IN ('paid', 'no_payment_required', 'unknown')
            AND mode IS DISTINCT FROM 'setup' AS is_order,
        coalesce(payment_status, 'unknown') = 'unknown' AS payment_unknown,
        rated AND status IS NOT DISTINCT FROM 'open' AND mode IS DISTINCT FROM 'setup' AS is_open,
        amount_total IS NOT NULL AND currency IS NOT NULL AND currency_exponent IS NOT NULL
            AS priced,
        finest,
        concat('1', repeat('0', finest - currency_exponent))::HUGEINT AS factor
    FROM sessions LEFT JOIN digits ON code = currency
    WHERE created >= $3::TIMESTAMPTZ AND created < $4::TIMESTAMPTZ
)
SELECT
    *,
    amount_total * factor AS amount,
    amount_refunded * factor AS refunded,
    amount_disputed * factor AS disputed
FROM told
"""
"""The sessions of a span, and what each figure asks of them.

Providers may differ on a currency's exponent: amounts are in the finest of them, exactly.
"""

HOURS = """
SELECT
    hour(local_time), count(*),
    count(*) FILTER (status IN ('expired', 'canceled', 'failed'))
FROM facts WHERE rated AND status IS DISTINCT FROM 'open' GROUP BY ALL ORDER BY ALL
"""

SHARED = """
WITH named AS (
    SELECT 'email' AS field, lower(trim(email)) AS value, provider, status FROM facts
    UNION ALL
    SELECT 'client_reference_id', client_reference_id, provider, status FROM facts
), seen AS (
    SELECT
        field, value, list_sort(list(DISTINCT provider)) AS providers, count(*) AS sessions,
        count(DISTINCT provider) FILTER (status = 'complete') AS complete
    FROM named WHERE value <> '' GROUP BY field, value HAVING count(DISTINCT provider) > 1
)
SELECT field, providers, count(*), sum(sessions)::BIGINT, count(*) FILTER (complete > 1)
FROM seen GROUP BY ALL ORDER BY field, providers
"""

MISSING = """
WITH untold AS (
    SELECT provider, unnest([
        CASE WHEN coalesce(status, 'unknown') = 'unknown' THEN 'status' END,
        CASE WHEN is_order AND payment_unknown THEN 'payment_status' END,
        CASE WHEN is_order AND amount_total IS NULL THEN 'amount_total' END,
        CASE WHEN is_order AND currency IS NULL THEN 'currency' END,
        CASE WHEN is_order AND amount_total IS NOT NULL AND currency IS NOT NULL AND NOT priced
            THEN 'currency_exponent' END,
        CASE WHEN is_order AND priced AND refunded IS NULL THEN 'amount_refunded' END,
        CASE WHEN is_order AND priced AND disputed IS NULL THEN 'amount_disputed' END,
        CASE WHEN NOT (is_order AND priced) AND amount_refunded > 0
            THEN 'refunded_without_order' END,
        CASE WHEN email IS NULL THEN 'email' END,
        CASE WHEN client_reference_id IS NULL THEN 'client_reference_id' END
    ]) AS field
    FROM facts
)
SELECT provider, field, count(*) FROM untold WHERE field IS NOT NULL GROUP BY ALL ORDER BY ALL
"""

ASSUMED = "SELECT DISTINCT provider FROM facts WHERE currency_assumed ORDER BY ALL"

NOT_RATED = "SELECT DISTINCT provider FROM facts WHERE NOT rated ORDER BY ALL"

AMOUNTS = ("gross", "median", "ninth_decile", "refunded", "disputed", "open_value")
"""What ``sales`` gives of each currency as minor units, behind the currency, its exponent and
whether it was assumed."""

NUMBERS = ("orders", "payment_unknown", "refunds_told", "disputes_told", "open")
"""What it gives behind them."""

_KEYS = {
    Dimension.DAY: "strftime(local_time, '%Y-%m-%d')",
    Dimension.WEEK: "strftime(local_time, '%G-W%V')",
    Dimension.MONTH: "strftime(local_time, '%Y-%m')",
    Dimension.PROVIDER: "provider",
    Dimension.ACCOUNT: "account",
    Dimension.CURRENCY: "currency",
    Dimension.STATUS: "status",
    Dimension.MODE: "mode",
}


def counts(by: Sequence[Dimension]) -> str:
    """For each group: sessions, complete, expired, open; and the same of what is rated."""
    numbers = ", ".join(
        f"count(*) FILTER ({whose} AND {what})"
        for whose in ("true", "rated")
        for what in ("true", "status = 'complete'", "status = 'expired'", "status = 'open'")
    )
    keys = _keys(by)
    order = ", ".join(f"{number} ASC NULLS LAST" for number in range(1, len(by) + 1)) or "ALL"
    return (
        f"SELECT {keys} {numbers} FROM facts "  # noqa: S608  (words of ours alone)
        f"GROUP BY ALL HAVING count(*) > 0 ORDER BY {order}"
    )


def sales(by: Sequence[Dimension]) -> str:
    """For each group and currency: its exponent, whether it was assumed, amounts and numbers."""
    return f"""
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
    GROUP BY ALL HAVING bool_or(is_order OR is_open) ORDER BY code
    """  # noqa: S608  (words of ours alone)


def _keys(by: Sequence[Dimension]) -> str:
    return "".join(f"{_KEYS[dimension]} AS key{number}, " for number, dimension in enumerate(by))
