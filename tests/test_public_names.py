"""The public names, pinned: a name comes or goes only where somebody meant it."""

from __future__ import annotations

from importlib import import_module

import pytest

PUBLIC = {
    "unified_checkout": [
        "Account",
        "AccountCoverage",
        "Address",
        "AmbiguousProvider",
        "AsyncClient",
        "AsyncSessionList",
        "AuthenticationError",
        "BrokenProvider",
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
        "LiveKeyInFile",
        "MalformedPage",
        "MissingEnvironmentVariable",
        "Money",
        "NotFound",
        "Page",
        "PagingError",
        "PaymentStatus",
        "PermissionDenied",
        "Plan",
        "ProviderError",
        "ProviderLoadError",
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
        "TerminalError",
        "TransientError",
        "UnexpectedRedirect",
        "UnifiedCheckoutError",
        "UnknownAccount",
        "UnknownProvider",
        "UnreadableBody",
        "UnsupportedPredicate",
    ],
    "unified_checkout.adapters": [
        "Adapter",
        "AdapterOptions",
        "Allowance",
        "Compiled",
        "Credentials",
        "Direction",
        "EndOfList",
        "KeyKind",
        "Order",
        "Paging",
        "Parameters",
        "Place",
        "ProviderPage",
        "Pushdown",
        "Reach",
        "Request",
        "Response",
        "Sensitive",
        "Stream",
        "Token",
        "Untold",
        "Verdict",
        "Window",
        "installed",
        "load",
    ],
    "unified_checkout.arrow": ["ADDRESS", "CUSTOMER", "SCHEMA", "batch", "batches", "table"],
    "unified_checkout.testing": [
        "AdapterConformance",
        "Cassette",
        "CassetteError",
        "CassetteLeak",
        "CassetteMismatch",
    ],
    "unified_checkout_flex": ["FlexAdapter"],
    "unified_checkout_leanrails": ["LeanRailsAdapter"],
    "unified_checkout_stripe": ["StripeAdapter"],
}


@pytest.mark.parametrize("module", PUBLIC)
def test_the_public_names_are_these_and_exist(module: str) -> None:
    imported = import_module(module)
    assert imported.__all__ == PUBLIC[module]
    assert [name for name in PUBLIC[module] if not hasattr(imported, name)] == []


@pytest.mark.parametrize("module", PUBLIC)
def test_the_public_names_are_sorted(module: str) -> None:
    assert PUBLIC[module] == sorted(PUBLIC[module])
