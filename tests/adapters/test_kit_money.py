"""The kit: amounts become minor units exactly, or are refused."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.adapters import kit

EXPONENTS = st.integers(0, 8)


@given(
    units=st.integers(-(10**30), 10**30),
    exponent=EXPONENTS,
    kept=st.integers(0, 8),
)
def test_a_written_amount_is_the_same_amount(units: int, exponent: int, kept: int) -> None:
    """With all its digits, or without the zeros at its end."""
    sign, digits = "-" if units < 0 else "", f"{abs(units):0{exponent + 1}d}"
    whole, fraction = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    fraction = fraction[:kept] + fraction[kept:].rstrip("0")
    text = f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
    assert kit.minor_units(text, exponent) == units
    assert kit.minor_units(Decimal(text), exponent) == units
    sent = msgspec.json.decode(text.encode(), type=Decimal)
    assert kit.minor_units(sent, exponent) == units


@given(units=st.integers(-(10**30), 10**30), exponent=EXPONENTS)
def test_a_whole_number_is_whole_major_units(units: int, exponent: int) -> None:
    assert kit.minor_units(units, exponent) == units * 10**exponent


@given(st.text(alphabet="0123456789.,-+eE_ ٣\n", max_size=8), EXPONENTS)
def test_any_text_is_read_exactly_or_refused(text: str, exponent: int) -> None:
    try:
        units = kit.minor_units(text, exponent)
    except kit.FieldError:
        return
    with localcontext() as context:
        context.prec = 60
        assert Decimal(text).scaleb(exponent) == units
    assert set(text) <= set("0123456789.-")


@pytest.mark.parametrize(
    "amount",
    [
        *("", ".", "5.", ".5", "--1", "+1", "1e3", "1E-2", "1,50", "1 000", " 1", "1\n", "1_0"),
        *("٣", "NaN", "Infinity", "0x1", "1.2.3", "9" * 41, "0." + "0" * 41),
        *(Decimal("1e3"), Decimal("NaN"), Decimal("-Infinity"), Decimal("1e999999999")),
        *(Decimal("0e9"), Decimal("1e-999999999"), Decimal("1" * 5000)),
    ],
)
def test_what_is_no_plain_decimal_number_is_refused(amount: Any) -> None:
    with pytest.raises(kit.FieldError, match="not a plain decimal number") as caught:
        kit.minor_units(amount, 2, "price")
    assert caught.value.field == "price"


@pytest.mark.parametrize(
    ("amount", "exponent"),
    [("12.345", 2), ("0.5", 0), ("1.000", 2), (Decimal("0.001"), 2), (Decimal("1.5"), 0)],
)
def test_what_is_finer_than_a_minor_unit_is_refused_and_never_rounded(
    amount: Any, exponent: int
) -> None:
    with pytest.raises(kit.FieldError, match=f"more decimal digits than the {exponent} of"):
        kit.minor_units(amount, exponent)


def test_the_zeros_of_a_number_say_nothing() -> None:
    assert kit.minor_units(Decimal("10.000"), 0) == 10
    assert kit.minor_units(Decimal("-0.0"), 0) == 0


def test_what_is_not_known_stays_so() -> None:
    assert kit.minor_units(None, 2) is None
    assert kit.minor_units("1.00", None) is None


def test_a_float_is_a_mistake_of_the_wire_model() -> None:
    amount: Any = 0.1
    with pytest.raises(TypeError, match="a float is not exact"):
        kit.minor_units(amount, 2)
