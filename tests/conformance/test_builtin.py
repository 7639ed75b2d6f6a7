from unified_checkout.testing.conformance import AdapterConformance
from unified_checkout_flex import FlexAdapter
from unified_checkout_leanrails import LeanRailsAdapter
from unified_checkout_stripe import StripeAdapter


class TestStripe(AdapterConformance):
    adapter = StripeAdapter


class TestLeanRails(AdapterConformance):
    adapter = LeanRailsAdapter


class TestFlex(AdapterConformance):
    adapter = FlexAdapter
