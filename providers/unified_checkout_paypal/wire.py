"""What PayPal's Transaction Search really sends, as far as the common language needs it.

Sources: ``reporting_transactions_v1.json`` of PayPal's own API specifications, in which every field
is optional, and pages recorded in public repositories. A row is an entry of the account's ledger.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

from unified_checkout.adapters import kit

Row = TypeVar("Row")

Count = Annotated[int, Meta(ge=0)]


class Money(Struct, frozen=True, gc=False):
    """An amount in major units, with a sign: what left the account is negative."""

    value: str
    currency_code: str


class Info(Struct, frozen=True, gc=False):
    """``transaction_info``: what moved, when, and why."""

    transaction_id: kit.Id
    transaction_initiation_date: str
    transaction_event_code: str | None = None
    transaction_status: str | None = None
    transaction_amount: Money | None = None
    shipping_amount: Money | None = None
    sales_tax_amount: Money | None = None
    discount_amount: Money | None = None
    paypal_account_id: str | None = None
    paypal_reference_id: str | None = None
    paypal_reference_id_type: str | None = None
    invoice_id: str | None = None
    custom_field: str | None = None


class Name(Struct, frozen=True, gc=False):
    """A party's name; which of these are sent is not documented."""

    full_name: str | None = None
    alternate_full_name: str | None = None
    given_name: str | None = None
    surname: str | None = None


class Phone(Struct, frozen=True, gc=False):
    """A telephone number in two parts, without a plus sign."""

    country_code: str | None = None
    national_number: str | None = None


class Address(Struct, frozen=True, gc=False):
    """A postal address."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class Payer(Struct, frozen=True, gc=False):
    """``payer_info``: often there and empty."""

    account_id: str | None = None
    email_address: str | None = None
    phone_number: Phone | None = None
    payer_name: Name | None = None
    country_code: str | None = None
    address: Address | None = None


class Entry(Struct, frozen=True, gc=False):
    """An entry of the ledger: a payment, a refund, a fee, a conversion, a withdrawal."""

    transaction_info: Info
    payer_info: Payer | None = None


class Page(Struct, Generic[Row]):
    """A page of one window of time."""

    rows: list[Row] = field(name="transaction_details")
    total_pages: Count
    end_date: str | None = None
    """Up to when the data can be served, which may be earlier than asked."""
    last_refreshed_datetime: str | None = None


PAGE = kit.page_decoder(Page, Entry)
