"""The public names, pinned: a name comes or goes only where somebody meant it."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from house import PROVIDERS

from unified_checkout import errors
from unified_checkout.adapters import load

PUBLIC = {
    "unified_checkout": [
        "Account",
        "AccountCoverage",
        "AdapterFailed",
        "Address",
        "AddressNotFound",
        "AlreadyRead",
        "AmbiguousProvider",
        "AsyncClient",
        "AsyncSessionList",
        "AuthenticationError",
        "BrokenProvider",
        "BudgetSpent",
        "Client",
        "ClientClosed",
        "ConfigurationError",
        "ConnectionFailed",
        "Coverage",
        "CreatedRange",
        "CurrencyMismatch",
        "Customer",
        "IncompleteAnswer",
        "InvalidCursor",
        "InvalidQuery",
        "InvalidRequest",
        "ListSessions",
        "ListingInUse",
        "LiveKeyInFile",
        "MalformedPage",
        "MissingEnvironmentVariable",
        "Money",
        "NotFound",
        "NotReady",
        "NotYetListed",
        "Observer",
        "Page",
        "PagingError",
        "PaymentStatus",
        "PermissionDenied",
        "PlaceExpired",
        "Plan",
        "ProviderError",
        "ProviderLoadError",
        "ProxyRefused",
        "RateLimited",
        "RequestTimeout",
        "ResponseTooLarge",
        "RetryRefused",
        "ServerError",
        "Session",
        "SessionKind",
        "SessionList",
        "SessionMode",
        "SessionStatus",
        "StoreError",
        "StoreInUse",
        "TerminalError",
        "TlsError",
        "TransientError",
        "UnexpectedRedirect",
        "UnifiedCheckoutError",
        "UnknownAccount",
        "UnknownProvider",
        "UnreadableBody",
        "UnsupportedAnswer",
        "UnsupportedPredicate",
        "UnusableStore",
        "WindowTooFull",
        "read_store",
    ],
    "unified_checkout.adapters": [
        "Adapter",
        "AdapterOptions",
        "Address",
        "AddressDraft",
        "AddressNotFound",
        "Allowance",
        "AuthenticationError",
        "Compiled",
        "Credentials",
        "Customer",
        "CustomerDraft",
        "Direction",
        "EndOfList",
        "InvalidQuery",
        "InvalidRequest",
        "JsonAdapter",
        "KeyKind",
        "ListSessions",
        "MalformedPage",
        "NotFound",
        "NotYetListed",
        "Operator",
        "Order",
        "Paging",
        "Parameters",
        "PaymentStatus",
        "PermissionDenied",
        "Place",
        "PlaceExpired",
        "Predicate",
        "ProviderError",
        "ProviderPage",
        "Pushdown",
        "QueryOptions",
        "RateLimited",
        "Reach",
        "Request",
        "Response",
        "RetryRefused",
        "Sensitive",
        "ServerError",
        "Session",
        "SessionDraft",
        "SessionKind",
        "SessionMode",
        "SessionStatus",
        "Stream",
        "TerminalError",
        "Token",
        "TransientError",
        "UnexpectedRedirect",
        "UnreadableBody",
        "Untold",
        "Verdict",
        "Window",
        "WindowTooFull",
        "installed",
        "kit",
        "load",
        "rules",
        "sealed",
        "worded",
    ],
    "unified_checkout.adapters.kit": [
        "LAST_SECOND",
        "FieldError",
        "Id",
        "Link",
        "PageDecoder",
        "Reference",
        "Related",
        "Timestamp",
        "allowance",
        "as_sent",
        "basic",
        "bearer",
        "client_credentials",
        "day",
        "decode",
        "end_of",
        "error_body",
        "error_for",
        "explanation",
        "field_errors",
        "filled",
        "form_body",
        "hmac_digest",
        "id_of",
        "iso_exponent",
        "item_path",
        "json_body",
        "key_kind",
        "link_header",
        "member",
        "minor_units",
        "moment",
        "origin",
        "page_decoder",
        "parse_token",
        "request_id",
        "resets_in",
        "retry_after",
        "scrubbed",
        "second_of",
        "seconds",
        "sessions",
        "strings",
        "target",
        "utc",
        "whole_seconds",
        "word",
        "zulu",
    ],
    "unified_checkout.adapters.rules": [
        "Pushed",
        "Rule",
        "exact",
        "inexact",
        "narrowed",
        "one_path",
        "page_parameters",
        "page_size",
        "push",
        "push_bound",
        "push_created",
        "push_kind",
        "push_path",
        "push_status",
        "push_words",
        "streams",
        "unanswerable",
        "unsupported",
    ],
    "unified_checkout.columns": [
        "ADDRESS",
        "CUSTOMER",
        "SCHEMA",
        "batch",
        "batches",
        "schema",
        "table",
    ],
    "unified_checkout.daft": ["read"],
    "unified_checkout.observers": [
        "LOG",
        "LogObserver",
        "OpenTelemetryObserver",
        "reason_to_wait",
    ],
    "unified_checkout.report": [
        "Against",
        "Cohort",
        "Comparison",
        "Completion",
        "Counts",
        "Covered",
        "Dimension",
        "Figures",
        "Hour",
        "Line",
        "Missing",
        "Rates",
        "Sales",
        "SessionTable",
        "Shared",
        "Span",
        "Stored",
        "StoredAccount",
        "Within",
        "drawing",
        "languages",
        "page",
        "picture",
        "read_rates",
        "read_store",
    ],
    "unified_checkout.sandbox": [
        "Answer",
        "Delivery",
        "Facts",
        "Fault",
        "Page",
        "ProviderSandbox",
        "Received",
        "Refused",
        "Sandbox",
        "faults",
    ],
    "unified_checkout.spark": ["into_store", "register"],
    "unified_checkout.store.dlt": ["checkout_sessions", "load"],
    "unified_checkout.store": [
        "Manner",
        "Patience",
        "Store",
        "StoredSessions",
        "SyncRun",
        "Written",
        "read_store",
        "sync",
    ],
    "unified_checkout.tasks": ["Manner", "Question", "Task", "changes_for"],
    "unified_checkout.testing": [
        "AdapterConformance",
        "Cassette",
        "CassetteError",
        "CassetteLeak",
        "CassetteMismatch",
    ],
    **{f"unified_checkout_{provider}": [load(provider).__name__] for provider in PROVIDERS},
}


OURS = [module for module in PUBLIC if module.partition(".")[0] == "unified_checkout"]
ROOT = Path(__file__).parent.parent
SHOWN = {
    shown
    for page in (ROOT / "docs/reference").glob("*.md")
    for shown in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
}
"""What the reference shows: modules whole, or names."""


def exported(module: str) -> list[str]:
    """A module's ``__all__``, which is read where the engine it needs is not installed."""
    if module != "unified_checkout.daft" or find_spec("daft"):
        imported = import_module(module)
        assert [name for name in imported.__all__ if not hasattr(imported, name)] == []
        return list(imported.__all__)
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    [names] = re.findall(
        r"^__all__ = (\[.*\])$", Path(spec.origin).read_text("utf-8"), re.MULTILINE
    )
    return list(ast.literal_eval(names))


@pytest.mark.parametrize("module", PUBLIC)
def test_the_public_names_are_these_and_exist(module: str) -> None:
    assert exported(module) == PUBLIC[module]


@pytest.mark.parametrize("module", OURS)
def test_the_reference_shows_every_public_name(module: str) -> None:
    """With its module as a whole, or by itself, or as one of the errors."""
    if module not in SHOWN:
        missing = {name for name in PUBLIC[module] if f"{module}.{name}" not in SHOWN}
        assert missing - {*dir(errors)} == set()
        assert "unified_checkout.errors" in SHOWN


def test_the_page_for_contributors_says_what_is_public() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [told] = [part for part in page.split("\n\n") if "export is public" in " ".join(part.split())]
    assert {*re.findall(r"`(unified_checkout[\w.]*)`", told)} == {*OURS}


@pytest.mark.parametrize("module", PUBLIC)
def test_the_public_names_are_sorted(module: str) -> None:
    """Constants, then classes, then the rest."""
    assert PUBLIC[module] == sorted(
        PUBLIC[module], key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
