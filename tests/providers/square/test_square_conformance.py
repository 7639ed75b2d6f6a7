"""Square's adapter passes the suite that a stranger's must, of one location and of several."""

from __future__ import annotations

from typing import ClassVar

from house import CASSETTES

from unified_checkout.testing import AdapterConformance
from unified_checkout_square import SquareAdapter

STATUSES = ("APPROVED", "PENDING", "COMPLETED", "CANCELED", "FAILED")
SHOPS = ("LNORTH", "LSOUTH", "LCLOSED")


class TestSquare(AdapterConformance):
    adapter = SquareAdapter
    cassettes = CASSETTES / "square"
    documented_statuses = STATUSES


class TestSquareWithLocations(AdapterConformance):
    adapter = SquareAdapter
    options: ClassVar = {"locations": SHOPS}
    sandbox_options: ClassVar = {"locations": SHOPS}
    documented_statuses = STATUSES
