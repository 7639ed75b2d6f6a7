"""Every parser on a few hundred inputs: arbitrary bytes, and what it reads, spoilt.

``make fuzz`` does the same for an hour each, guided by what the inputs reach.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing.targets import PARSERS, TARGETS, Target, chosen, corpus, seeds

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b"null", b"0", b"-1", b'""', b"[]", b"{}", b"1e999", b"9" * 5000, b"true", b'"\\ud800"']
    ),
    st.sampled_from([b"\x00", b"\xff", b"\xef\xbb\xbf", b"[" * 3000, b'{"a":' * 2000, b"\r\n"]),
)


@st.composite
def spoilt(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A document that is read, with some stretches of it replaced."""
    data = draw(st.sampled_from(seeds or [b""]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        data = data[:start] + draw(PIECES) + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
@LAW
@given(data=st.data())
def test_a_value_or_a_typed_error(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(st.one_of(st.binary(max_size=200), spoilt(corpus_of(name)))))


_corpora: dict[str, list[bytes]] = {}


def corpus_of(name: str) -> list[bytes]:
    return _corpora.setdefault(name, corpus(name))


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_known_to_be_read_is_no_failure(name: str) -> None:
    for seed in corpus_of(name) or [b""]:
        TARGETS[name](seed)


def test_every_target_is_one_of_a_parser() -> None:
    assert sorted(chain(*PARSERS.values())) == sorted(TARGETS)


@pytest.mark.parametrize("names", PARSERS.values(), ids=PARSERS)
def test_the_first_byte_chooses_the_target(
    names: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, bytes]] = []
    for name in names:
        monkeypatch.setitem(TARGETS, name, partial(lambda *given: told.append(given), name))
    for seed in seeds(names):
        chosen(names)(seed)
    known = [(name, seed) for name in names for seed in corpus_of(name) or [b""]]
    assert told == known
    chosen(names)(b"")


def test_a_target_lets_out_what_it_must_not() -> None:
    """Otherwise none of these tests could fail."""
    from fuzzing import targets

    careless: Target = targets._any_text(json.loads, KeyError)
    with pytest.raises(ValueError, match="Expecting value"):
        careless(b"x")
