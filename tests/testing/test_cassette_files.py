"""Whatever a file holds, it is read as a recording or refused by name and place, and soon."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unified_checkout.errors import ConfigurationError
from unified_checkout.testing import Cassette, CassetteError
from unified_checkout.testing.cassettes import tape

ROOT = Path(__file__).parents[2]
HEAD = "version: 1\nrecorded_from: sandbox\nrecorded_at: 2026-11-20T00:00:00Z\n"
VALID = (ROOT / "cassettes" / "stripe" / "throttled.yaml").read_text(encoding="utf-8")
many = settings(max_examples=200, deadline=None)


def outcome(text: str | bytes, path: Path = Path("some/cassette.yaml")) -> tape.Recording | str:
    """The recording, or the message of the error."""
    try:
        if isinstance(text, bytes):
            path.write_bytes(text)
            return tape.read(path)
        return tape.parsed(path, text)
    except CassetteError as error:
        told = str(error)
    assert told.startswith(f"{path} ")
    assert len(told) < 400
    return told


def refusal(text: str | bytes, path: Path = Path("some/cassette.yaml")) -> str:
    told = outcome(text, path)
    assert isinstance(told, str), told
    return told


def test_every_recording_of_ours_is_read_and_written_the_same() -> None:
    for file in (ROOT / "cassettes").rglob("*.yaml"):
        assert tape.written(tape.read(file)) == file.read_text(encoding="utf-8")


@given(st.text(alphabet=st.sampled_from("\n -:[]{},&*!|>'\"#?%@`ab1\t\x00é\u2028"), max_size=40))
@many
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal(text)
    outcome(HEAD + f"exchanges: {text}")
    outcome(HEAD + f"exchanges:\n- {text}")


@given(st.binary(max_size=40))
@example(b"\xff\xfe" + HEAD.encode("utf-16-le"))
@many
def test_any_bytes_are_read_or_refused(tmp_path_factory: Any, content: bytes) -> None:
    file = tmp_path_factory.mktemp("files") / "cassette.yaml"
    refusal(content, file)
    outcome(HEAD.encode() + b"exchanges: []\n# " + content, file)


@given(st.integers(0, len(VALID)))
@many
def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes_or_refused(end: int) -> None:
    whole = outcome(VALID)
    assert isinstance(whole, tape.Recording)
    cut = outcome(VALID[:end])
    if isinstance(cut, tape.Recording):
        begun = [exchange.request.account for exchange in cut.exchanges[:-1]]
        assert begun == [one.request.account for one in whole.exchanges[: len(begun)]]


def places(tree: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(tree, dict | list | tuple):
        for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(value, (*place, name))


def replaced(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = tree.copy()
    copy[place[0]] = replaced(tree[place[0]], place[1:], value)
    return copy


DOCUMENT = yaml.safe_load(VALID)
WRONG: list[Any] = [None, True, -1, 7, 1.5, "Jenny", "", [], ["Jenny"], {}, {"Jenny": 1}, [[[]]]]


@given(st.sampled_from(list(places(DOCUMENT))), st.sampled_from(WRONG))
@many
def test_a_wrong_type_at_any_place_is_named_by_its_place(
    place: tuple[Any, ...], value: Any
) -> None:
    told = outcome(yaml.safe_dump(replaced(DOCUMENT, place, value)))
    if isinstance(value, list | dict) and isinstance(told, str) and place:
        name = next(part for part in reversed(("$", *place)) if isinstance(part, str))
        parent = place[-2] if len(place) > 1 and isinstance(place[-2], str) else name
        assert "holds no exchanges" in told or name in told or parent in told
    if isinstance(told, str):
        assert "Jenny" not in told


REQUIRED = {
    (): {"version", "recorded_from", "recorded_at", "exchanges"},
    ("exchanges", 0): {"request", "response"},
    ("exchanges", 0, "request"): {"account", "provider", "path"},
    ("exchanges", 0, "response"): {"status"},
}


@pytest.mark.parametrize("place", REQUIRED, ids=str)
def test_a_field_that_is_unknown_or_missing_is_refused(place: tuple[Any, ...]) -> None:
    parent = DOCUMENT
    for part in place:
        parent = parent[part]
    more = refusal(yaml.safe_dump(replaced(DOCUMENT, place, {**parent, "Jenny": 1})))
    assert "unknown field" in more
    assert "Jenny" not in more
    for name in parent:
        less = {other: value for other, value in parent.items() if other != name}
        told = outcome(yaml.safe_dump(replaced(DOCUMENT, place, less)))
        assert isinstance(told, str) == (name in REQUIRED[place])


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def merges(levels: int) -> str:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (laughs(30) + HEAD + "exchanges: []\n", "line 1 has an alias"),
        (merges(30) + HEAD + "exchanges: []\n", "line 1 has an alias"),
        ("&a [*a]", "line 1 has an alias"),
        (HEAD + "exchanges: " + "[" * 100_000, "line 4 "),
        (HEAD + "exchanges: " + "{a: " * 100, "line 4 is nested too deeply"),
        (HEAD + "exchanges:\n" + "- a\n" * 600_000, "is one part too many"),
        ("!!python/object/apply:os.getcwd []", "line 1 has a tag"),
        (HEAD.replace("sandbox", "!!binary c2FuZGJveA=="), "line 2 has a tag"),
        (HEAD + "exchanges: []\nexchanges: []\n", "line 5 has a name that was there before"),
        (HEAD + "? [a]\n: b\nexchanges: []\n", "line 4 has a name that is no text"),
        (HEAD + "exchanges: []\n---\n" + HEAD, "line 5 begins a second document"),
        (HEAD + "exchanges: [\n", "cannot be read"),
        (HEAD.replace("1", "1" * 10_000, 1) + "exchanges: []\n", "$.version"),
        (HEAD.replace("1", ":59" * 10_000, 1) + "exchanges: []\n", "$.version"),
        (HEAD.replace("11-20", "99-99") + "exchanges: []\n", "$.recorded_at"),
        (HEAD + "exchanges: [{}]\n", "missing required field `request` at $.exchanges[0]"),
        (
            HEAD + "exchanges: [{request: {account: a, provider: b, path: c}}]\n",
            "Expected either a response or a failure at $.exchanges[0]",
        ),
        (
            HEAD + "exchanges: [{request: {account: a, provider: b, path: c}, response: "
            "{status: 99}}]\n",
            "$.exchanges[0].response.status",
        ),
        ("interactions:\n- request: {method: GET}\nversion: 1\n", "holds no exchanges"),
        ("http_interactions: []\nrecorded_with: betamax/0.8\n", "holds no exchanges"),
        ('{"log": {"version": "1.2", "entries": []}}', "holds no exchanges"),
        ("", "holds no exchanges"),
        ("# nothing\n", "holds no exchanges"),
        (HEAD + "exchanges: null\n", "Expected `array`"),
        ("a: 'b\n", "cannot be read"),
        ("a: \x07", "cannot be read"),
    ],
)
def test_what_is_hostile_or_another_s_is_refused_and_says_where(text: str, told: str) -> None:
    assert told in refusal(text)


def test_a_number_may_stand_where_text_is_meant(tmp_path: Path) -> None:
    text = VALID.replace("retry-after: '0'", "retry-after: 0")
    assert text != VALID
    assert outcome(text) == outcome(VALID)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.mkdir(), "it is no file"),
        (lambda path: None, "it is no file"),
        (lambda path: path.symlink_to(path), "it is no file"),
        (lambda path: os.mkfifo(path), "it is no file"),
        (lambda path: path.write_bytes(b"\n\n\xff"), "line 3 is not UTF-8"),
        (lambda path: path.write_bytes(HEAD.encode("utf-16")), "line 1 is not UTF-8"),
        (lambda path: path.write_bytes(b"#" * (2**26 + 1)), "is larger than"),
    ],
    ids=["folder", "none", "loop", "pipe", "bytes", "utf-16", "huge"],
)
def test_a_file_that_cannot_be_read_is_refused(
    make: Callable[[Path], object], told: str, tmp_path: Path
) -> None:
    file = tmp_path / "cassette.yaml"
    make(file)
    with pytest.raises(CassetteError, match=told) as refused:
        tape.read(file)
    assert str(file) in str(refused.value)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cassette.yaml"
    file.write_text(VALID, encoding="utf-8-sig")
    assert tape.read(file) == outcome(VALID)


@given(st.data())
@many
def test_a_line_that_is_gone_or_doubled_or_moved_is_read_or_refused(data: st.DataObject) -> None:
    lines = VALID.splitlines(keepends=True)[:60]
    chosen = data.draw(st.integers(0, len(lines) - 1))
    change = data.draw(st.sampled_from(["drop", "double", "indent", "shuffle"]))
    if change == "drop":
        del lines[chosen]
    elif change == "double":
        lines.insert(chosen, lines[chosen])
    elif change == "indent":
        lines[chosen] = " " + lines[chosen]
    else:
        random.Random(chosen).shuffle(lines)
    outcome("".join(lines))


@pytest.mark.parametrize("record", ["newepisodes", "Rewrite", "", None, True, "sk_live_a1b2c3d4e5"])
def test_another_word_for_what_is_recorded_is_refused(record: Any, tmp_path: Path) -> None:
    path = tmp_path / "kept.yaml"
    path.write_text(VALID, encoding="utf-8")
    with pytest.raises(CassetteError, match="allowed: once, none, rewrite") as caught:
        Cassette(path, record=record)
    assert "sk_live" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == VALID


def test_a_word_that_is_nearly_right_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="did you mean 'rewrite'"):
        Cassette(tmp_path / "x.yaml", record="rewrites")  # type: ignore[arg-type]


@pytest.mark.parametrize("now", ["tomorrow", 5, datetime(2026, 1, 1)])
def test_a_moment_that_is_none_is_refused_before_anything_begins(now: Any, tmp_path: Path) -> None:
    path = tmp_path / "kept.yaml"
    path.write_text(VALID, encoding="utf-8")
    for record in ("once", "rewrite"):
        with pytest.raises(ValueError, match=r"^now: .* time"):
            Cassette(path, record=record, now=now)


@pytest.mark.parametrize("path", [5, None, b"x.yaml", ""])
def test_what_can_be_no_path_is_refused(path: Any) -> None:
    with pytest.raises(ConfigurationError, match="a path"):
        Cassette(path)
