"""The kit: integers that a proxy wrote anew with a fraction or an exponent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unified_checkout.adapters import kit
from unified_checkout.adapters.kit.integers import with_integers
from unified_checkout.errors import MalformedPage, UnreadableBody

RowT = TypeVar("RowT")
WHERE: dict[str, Any] = {"account": "us", "provider": "acme", "status": 200}
SURE = 2**53 - 1


class Line(msgspec.Struct):
    amount: int


class Order(msgspec.Struct):
    id: str
    total: int
    lines: list[Line] = []
    sums: dict[str, int] = {}
    rate: float = 0.0
    metadata: msgspec.Raw = msgspec.Raw()


class Page(msgspec.Struct, Generic[RowT]):
    rows: list[RowT]
    count: int = 0


PAGE = kit.page_decoder(Page, Order)


def order(total: bytes, more: bytes = b"") -> bytes:
    return b'{"id": "a", "total": %s%s}' % (total, more)


def read(*rows: bytes, count: bytes = b"0") -> tuple[int, list[Order], list[bytes]]:
    body = b'{"count": %s, "rows": [%s]}' % (count, b" ,\n".join(rows))
    page, found = PAGE.decode(body, **WHERE)
    pairs = list(found)
    return page.count, [one for one, _ in pairs], [raw for _, raw in pairs]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"1000.0", 1000),
        (b"1e3", 1000),
        (b"1E+3", 1000),
        (b"10.00E2", 1000),
        (b"100000e-2", 1000),
        (b"-1000.000", -1000),
        (b"-0.0", 0),
        (b"0e99999999999", 0),
        (b"9007199254740991.0", SURE),
    ],
)
def test_it_is_the_integer_that_it_says(written: bytes, value: int) -> None:
    row = order(written, b', "metadata": {"total": 7.0}')
    assert read(row)[1:] == ([Order("a", value, metadata=msgspec.Raw(b'{"total": 7.0}'))], [row])
    assert kit.decode(PAGE.row, row, **WHERE).total == value
    assert read(count=written)[0] == value


@pytest.mark.parametrize(
    "written",
    [
        b"1000.5",
        b"1e-3",
        b"1000.00000000000000000000000000001",
        b"9007199254740992.0",
        b"9007199254740993.0",
        b"-9.1e15",
        b"1e30",
        b"1e300",
        b'"5"',
        b'"5.0"',
        b"true",
    ],
)
def test_anything_else_is_refused_and_named(written: bytes) -> None:
    with pytest.raises(MalformedPage) as caught:
        read(order(b"1.0"), order(written))
    assert (caught.value.row, caught.value.field) == (1, "total")
    with pytest.raises(MalformedPage):
        kit.decode(PAGE.row, order(written), **WHERE)


@pytest.mark.parametrize(
    "written", [b"01.0", b"1.", b".5e1", b"+1.0", b"1.0.0", b"1e", b"1e999999", b"1.0e0e0"]
)
def test_what_is_no_number_is_not_made_one(written: bytes) -> None:
    with pytest.raises((UnreadableBody, MalformedPage)):
        kit.decode(PAGE.row, order(written), **WHERE)
    with pytest.raises((UnreadableBody, MalformedPage)):
        read(order(b"1.0"), order(written))


def test_only_what_is_to_be_an_integer_is_read_as_one() -> None:
    more = (
        b', "lines": [{"amount": 1}, {"amount": 2.0, "total": 3.0}], "sums": {"x": 4.0, "y": 5e0}'
        b', "rate": 6.0, "metadata": {"total": 7.0, "amount": [8.0]}, "new": {"total": 9.5}'
        rb', "note \" {\"total\": 1.0": "\" {\"total\": 1.0"'
    )
    rows = [order(b"1.0", more), order(b"2", more), order(b"3e0")]
    count, orders, sent = read(*rows, count=b"3.0")
    assert (count, sent) == (3, rows)
    assert [one.total for one in orders] == [1, 2, 3]
    first = orders[0]
    assert ([one.amount for one in first.lines], first.sums) == ([1, 2], {"x": 4, "y": 5})
    assert bytes(first.metadata) == b'{"total": 7.0, "amount": [8.0]}'


def test_names_and_rows_stay_as_they_were_sent() -> None:
    row = rb'{"id": "\ud83d", "t\u006ftal": 10.0}'
    assert read(row, count=b"1e0") == (1, [Order("\ufffd", 10)], [row])


def test_a_row_of_many_megabytes_is_refused_and_not_searched() -> None:
    row = order(b"1.0", b', "new": [%s]' % b",".join([b"1.0"] * 1_000_001))
    with pytest.raises(MalformedPage, match="expected `int`, got `float`"):
        read(row)
    assert with_integers(row, {("total",)}) is row


def test_a_place_for_text_says_what_is_there() -> None:
    with pytest.raises(MalformedPage, match="expected `str`, got `float`"):
        read(b'{"id": 1.0, "total": 2}')


@st.composite
def numbers(draw: st.DrawFn) -> bytes:
    """A number in JSON's words, of any size, near an integer more often than not."""
    whole = draw(st.integers(-(10**18), 10**18) | st.integers(-1000, 1000))
    fraction = draw(st.text("0", max_size=25) | st.text("0123456789", max_size=25))
    exponent = draw(st.sampled_from(["", "e0", "E+2", "e-2", "e20", "E-0030"]))
    return f"{whole}{fraction and '.' + fraction}{exponent}".encode()


@given(numbers())
@example(b"9007199254740991.00000e-0")
@example(b"0.1e1")
def test_the_value_is_never_another(written: bytes) -> None:
    """Of any number only the writing changes, and only where it is an integer to be sure of."""
    value = Decimal(written.decode())
    anew = with_integers(written, {()})
    assert json.loads(anew, parse_int=Decimal, parse_float=Decimal) == value
    plain = written.lstrip(b"-").isdigit()
    sure = value == int(value) and abs(value) <= SURE
    assert anew == (written if plain or not sure else b"%d" % int(value))
    if plain or sure:
        return
    with pytest.raises(MalformedPage):
        read(order(written))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.sampled_from('ab"\\{}[],:1.0é'), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", 'c"', "\\", "é"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, st.sets(st.lists(st.sampled_from(["a", "b", None]), max_size=3).map(tuple)))
def test_any_json_keeps_its_values_and_what_stands_elsewhere(value: Any, places: set[Any]) -> None:
    sent = json.dumps(value, ensure_ascii=False).encode()
    anew = with_integers(sent, places)
    assert json.loads(anew) == value
    assert with_integers(sent, ()) == sent
    assert shown(json.loads(anew), places) == shown(value, places)


def shown(value: Any, places: set[Any], at: tuple[Any, ...] = ()) -> Any:
    """The value with its numbers told apart by their kind, but at those places."""
    if isinstance(value, dict):
        return {key: shown(one, places, (*at, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [shown(one, places, (*at, None)) for one in value]
    asked = any(
        len(one) == len(at) and all(a is None or a == b for a, b in zip(one, at, strict=True))
        for one in places
    )
    return value if asked else repr(value)


@given(st.binary())
@example(b']]}},"\\')
@example(b'"' + b'\\"' * 1000)
def test_no_bytes_break_it(sent: bytes) -> None:
    with_integers(sent, {()})
