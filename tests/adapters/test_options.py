"""What is configured for an account: the address, as people copy it."""

from __future__ import annotations

import pytest

from unified_checkout.adapters import AdapterOptions


class Plain(AdapterOptions):
    base_url: str = "https://api.example.com"


class Versioned(Plain):
    own_path = "/api/v2"


@pytest.mark.parametrize(
    ("kind", "written", "address"),
    [
        (Plain, "https://api.example.com/", "https://api.example.com"),
        (Plain, "https://api.example.com/v1", "https://api.example.com/v1"),
        (Versioned, "https://api.example.com", "https://api.example.com"),
        (Versioned, "https://api.example.com/api/v2/", "https://api.example.com"),
        (Versioned, "http://127.0.0.1:8000/shop/api/v2", "http://127.0.0.1:8000/shop"),
        (Versioned, "https://api.example.com/v2", "https://api.example.com/v2"),
    ],
)
def test_the_beginning_of_the_provider_s_own_paths_is_taken_off_and_nothing_else(
    kind: type[AdapterOptions], written: str, address: str
) -> None:
    assert kind.model_validate({"base_url": written}).base_url == address
