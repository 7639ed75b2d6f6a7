"""Keys that were never anybody's, as they look at the house's providers and at others.

PayPal's is not among them: by its look it is a word of letters and digits, as many an id.
"""

from __future__ import annotations

KEYS = {
    "stripe": "sk_live_51PlantedAndNotToBeSeen",
    "stripe, restricted": "rk_test_51PlantedAndNotToBeSeen",
    "stripe, of a webhook": "whsec_51PlantedAndNotToBeSeen",
    "flex": "fsk_9f8e7d6c5b4a3210",
    "polar": "polar_oat_4XY7LxsDOtmnk9f8e7d6c5b4a3210",
    "gocardless": "live_dHar4XY7LxsDOtmnk",
    "mollie": "live_4XY7LxsDOtmnk9f8e7d6c5b4a32104",
    "mollie, of an organization": "access_4XY7LxsDOtmnk9f8e7d6c5b4a32104",
    "paddle": "pdl_live_apikey_01gtgztp8f4kek3yd4g1wrksa3_q6TGTJyvoIz7LDtXT65bX7_AQO",
    "paystack": "sk_live_9f8e7d6c5b4a32109f8e7d6c5b4a32109f8e7d6c",
    "square": "EAAAlPlanted4XY7LxsDOtmnk9f8e7d6c5b4a32104XY7LxsDOtmnk9f8e7d6c5b",
    "square, older": "sq0atp-Planted4XY7LxsDOtmnk9f",
    "another's": "rzp_live_4XY7LxsDOtmnk9",
    "a signed token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQbGFudGVkIn0.UGxhbnRlZFBsYW50ZWQ",
    "a client secret": "cs_test_a1PlantedAndNotToBeSeen_secret_fidkdWxOYHwnPyd1blpxYHZx",
    "a client secret of a payment": "pi_3PlantedAndNotToBeSeen_secret_YrKJUKribcBjcG8HVhfZ",
    "a client secret of a checkout": "polar_c_4XY7LxsDOtmnk9f8e7d6c5b4a32104XY7Lx",
    "of the gateway": "ucgw_Planted4XY7LxsDOtmnk9f8e7d6c5b4a3210",
}
NO_IDS = {
    **KEYS,
    "an e-mail address": "planted.buyer@example.com",
    "a page": "https://checkout.stripe.com/c/pay/cs_test_a1PlantedAndNotToBeSeen#fidkdWxOYHwnPyd1",
}
"""These, and what else somebody may give as an id, though nobody but the buyer should see it."""
