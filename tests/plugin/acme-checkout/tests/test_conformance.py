"""Acme's adapter passes the suite that every adapter must."""

from __future__ import annotations

from acme_checkout import AcmeAdapter

from unified_checkout.testing import AdapterConformance


class TestAcme(AdapterConformance):
    adapter = AcmeAdapter
    documented_statuses = ("pending", "authorized", "captured", "voided", "lapsed", "declined")
