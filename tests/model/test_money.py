"""Amounts stay exact, however large they are and however decimals are set up; they add up, and
compare, with their own currency alone."""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from unified_checkout.model.money import CurrencyMismatch, Money

LARGE = Money(10**30 + 1, "usd", 2)
AMOUNT = Decimal("10000000000000000000000000000.01")
SHOWN = "10,000,000,000,000,000,000,000,000,000.01 USD"


@pytest.mark.parametrize("precision", [6, 28, 60])
def test_an_amount_has_every_digit_whatever_precision_is_set(precision: int) -> None:
    with decimal.localcontext(prec=precision):
        assert LARGE.amount == AMOUNT
        assert str(LARGE) == SHOWN


@pytest.mark.parametrize("precision", [6, 28, 60])
def test_a_negative_amount_has_them_too(precision: int) -> None:
    with decimal.localcontext(prec=precision):
        assert (-LARGE).amount == AMOUNT.copy_negate()
        assert str(-LARGE) == f"-{SHOWN}"


def test_an_amount_without_decimals_is_a_whole_number() -> None:
    assert str(Money(10**30 + 1, "jpy", 0).amount) == str(10**30 + 1)


def test_a_coin_of_eighteen_decimals_has_them_all() -> None:
    wei = Money(-(10**30) - 1, "eth", 18)
    assert str(wei) == "-1,000,000,000,000.000000000000000001 ETH"
    with pytest.raises(CurrencyMismatch, match=r"ETH \(exponent 18\) with USDC \(exponent 6\)"):
        sum([Money(1, "usdc", 6)], wei)


ONE, TWO = Money(100, "usd", 2), Money(200, "usd", 2)
OPERATIONS = [
    operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge
]  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("other", [1, 0.5, None, "1.00 USD"])
def test_anything_but_money_is_refused_by_its_type(
    operation: Callable[[Any, Any], Any], other: object
) -> None:
    name = type(other).__name__
    with pytest.raises(TypeError, match=f"'Money' and '{name}'"):
        operation(ONE, other)
    with pytest.raises(TypeError, match=rf"(?i)'{name}' and 'Money'|can only concatenate str"):
        operation(other, ONE)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("other", [Money(100, "eur", 2), Money(100, "usd", 3)])
def test_another_currency_or_exponent_is_refused(
    operation: Callable[[Any, Any], Any], other: Money
) -> None:
    with pytest.raises(CurrencyMismatch, match="cannot combine USD"):
        operation(ONE, other)


def test_amounts_have_an_order() -> None:
    assert ONE < TWO
    assert ONE <= TWO
    assert TWO > ONE
    assert TWO >= ONE
    assert not TWO <= ONE
    assert sorted([TWO, ONE]) == [ONE, TWO]


def test_an_assumed_currency_counts_neither_in_equality_nor_in_order() -> None:
    assumed = Money(100, "usd", 2, assumed=True)
    assert assumed == ONE
    assert assumed <= ONE <= assumed
    assert not assumed < ONE
    assert not assumed > ONE


def test_amounts_add_up() -> None:
    assert sum([ONE, TWO]) == Money(300, "usd", 2)
    assert sum([ONE, Money(1, "usd", 2, assumed=True)]) == Money(101, "usd", 2)
    with pytest.raises(TypeError, match="'int' and 'Money'"):
        sum([ONE, TWO], 1)


def test_a_format_is_one_of_the_text() -> None:
    assert f"{ONE:>12}" == "    1.00 USD"
    assert f"{ONE}" == "1.00 USD"


def test_a_sum_is_assumed_if_a_part_of_it_is() -> None:
    assumed = Money(1, "usd", 2, assumed=True)
    for left, right in ((ONE, assumed), (assumed, ONE), (assumed, assumed)):
        assert (left + right).assumed is True
    assert (ONE + TWO).assumed is False


def test_a_representation_says_what_is_assumed() -> None:
    assert repr(ONE) == "Money(1.00 USD)"
    assert repr(Money(1, "usd", 2, assumed=True)) == "Money(0.01 USD, currency assumed)"
