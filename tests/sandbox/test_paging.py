"""Paging, which all providers share but for its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Begin, Talk


def read_all(talk: Talk, size: int, start: str = "") -> list[str]:
    """Every id behind a cursor, page after page, each page in turn from the last id."""
    found: list[str] = []
    cursor = start
    while True:
        asked: dict[str, object] = {"limit": size}
        if cursor:
            asked["starting_after"] = cursor
        page = talk.ask(asked).ids
        if not page:
            return found
        assert len(page) <= size
        found += page
        cursor = page[-1]


def test_the_default_limit_is_ten(talk: Talk) -> None:
    assert len(talk.ask().ids) == 10


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_walk_finds_everything_newest_first(talk: Talk, size: int) -> None:
    assert read_all(talk, size) == [facts.id for facts in talk.truth]


def test_a_walk_backwards_is_newest_first_and_nearest(talk: Talk) -> None:
    ids = [facts.id for facts in talk.truth]
    assert talk.ask({"ending_before": ids[30], "limit": 4}).ids == ids[26:30]
    assert talk.ask({"ending_before": ids[2], "limit": 4}).ids == ids[:2]
    assert talk.ask({"ending_before": ids[0]}).ids == []


def test_the_end_of_the_list(talk: Talk) -> None:
    ids = [facts.id for facts in talk.truth]
    last = talk.ask({"starting_after": ids[-3], "limit": 2})
    assert last.ids == ids[-2:]
    assert last.json.get("has_more", False) is False
    assert talk.ask({"starting_after": ids[-1]}).ids == []


@pytest.mark.parametrize("name", ["stripe", "leanrails"])
def test_has_more_speaks_of_the_direction_asked(begin: Begin, name: str) -> None:
    talk = begin(name)
    ids = [facts.id for facts in talk.truth]
    assert talk.ask({"starting_after": ids[-4], "limit": 2}).json["has_more"] is True
    assert talk.ask({"ending_before": ids[3], "limit": 2}).json["has_more"] is True
    assert talk.ask({"ending_before": ids[3], "limit": 3}).json["has_more"] is False


def test_a_cursor_is_a_place_whatever_the_filter(talk: Talk) -> None:
    wanted = [facts.id for facts in talk.truth if facts.status == "complete"]
    stranger = next(facts for facts in talk.truth[5:] if facts.status != "complete")
    behind = [
        facts.id for facts in talk.truth[talk.truth.index(stranger) :] if facts.status == "complete"
    ]
    page = talk.ask({"status": "complete", "starting_after": stranger.id, "limit": 100})
    assert page.ids == behind[:100]
    assert set(page.ids) < set(wanted)


def test_a_cursor_whose_row_left_the_filter_still_works(talk: Talk) -> None:
    complete = [facts.id for facts in talk.truth if facts.status == "complete"]
    first = talk.ask({"status": "complete", "limit": 5})
    talk.imitation.change(first.ids[-1], {"status": "expired"})
    after = talk.ask({"status": "complete", "limit": 5, "starting_after": first.ids[-1]})
    assert after.ids == complete[5:10]


def test_a_vanished_cursor(talk: Talk) -> None:
    ids = [facts.id for facts in talk.truth]
    talk.imitation.vanish(ids[9])
    answer = talk.ask({"starting_after": ids[9]})
    if talk.name == "leanrails":
        assert answer.ids == ids[10:20]
    else:
        assert answer.status in (400, 404)


def test_arrivals_do_not_shift_a_cursor(talk: Talk) -> None:
    ids = [facts.id for facts in talk.truth]
    talk.ask({"limit": 20})
    talk.imitation.vanish(ids[3])
    assert talk.ask({"limit": 20, "starting_after": ids[19]}).ids == ids[20:40]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_limit_that_is_none(talk: Talk, limit: str) -> None:
    assert talk.ask({"limit": limit}).status == (400 if talk.name == "stripe" else 422)


def test_both_cursors(talk: Talk) -> None:
    one, other = (facts.id for facts in talk.truth[:2])
    assert talk.ask({"starting_after": one, "ending_before": other}).status == 400


def test_an_unknown_parameter_is_refused(talk: Talk) -> None:
    assert talk.ask({"colour": "red"}).status == (422 if talk.name == "flex" else 400)


def test_a_parameter_given_twice_is_refused(talk: Talk) -> None:
    answer = talk.ask([("status", "open"), ("status", "complete")])
    assert answer.status == (422 if talk.name == "flex" else 400)


def test_a_wrong_key(talk: Talk) -> None:
    for header in ("", "Bearer sk_test_other", "Basic !!", "Basic c2tfdGVzdF94OnB3", "Digest x"):
        answer = talk.ask(authorization=header or "none")
        assert answer.status == 401
        assert b"sk_test_other" not in answer.body


def test_a_session_by_id(talk: Talk) -> None:
    wanted = talk.truth[7]
    body = talk.one(wanted.id).json
    session = body["checkout_session"] if talk.name == "flex" else body
    assert wanted.id in session.values()


def test_an_unknown_id(talk: Talk) -> None:
    assert talk.one("cs_test_nothing").status == 404


def test_an_unknown_path(talk: Talk) -> None:
    assert talk.ask(path="/v1/charges").status == 404
    assert talk.ask(path="/v1/checkout/sessions/").status == 404
    assert talk.ask(method="DELETE").status in (404, 405)
