"""The providers on this machine: strict imitations, for demonstrations and for your own tests.

::

    with Sandbox(sessions=300, seed=1) as sandbox:
        client = Client(sandbox.accounts)
        account = sandbox.accounts[0].name
        sandbox.misbehave(account, faults.Status(429, retry_after=1, times=2))
"""

from unified_checkout.sandbox import faults
from unified_checkout.sandbox.exchange import Answer, Delivery, Received
from unified_checkout.sandbox.facts import Facts
from unified_checkout.sandbox.faults import Fault
from unified_checkout.sandbox.provider import Page, ProviderSandbox, Refused
from unified_checkout.sandbox.sandbox import Sandbox

__all__ = [
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
]
