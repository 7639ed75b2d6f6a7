"""Misbehaviour, as a client meets it: over sockets, and bounded in number."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import zlib
from typing import TYPE_CHECKING

import pytest
from house import THREE

from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.sandbox.imitation import Throttle

if TYPE_CHECKING:
    from sandbox.conftest import Fetch, Talk


def test_a_status_has_the_providers_own_error(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Status(429, retry_after=2, times=2)])
    answers = [talk.ask(), talk.ask(), talk.ask()]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "2"
    assert ("detail" if talk.name == "flex" else "error") in answers[0].json


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422, 500, 503])
def test_every_status_has_a_body(talk: Talk, status: int) -> None:
    talk.imitation.misbehave([faults.Status(status)])
    answer = talk.ask()
    assert answer.status == status
    assert answer.body


def test_a_status_may_carry_headers(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Status(500, headers={"stripe-should-retry": "false"})])
    assert talk.ask().headers["stripe-should-retry"] == "false"


def test_only_leanrails_advises_by_itself(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Status(429)])
    assert ("retry-after" in talk.ask().headers) is (talk.name == "leanrails")


def test_stripe_says_which_limit_was_hit(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Status(429)])
    assert ("stripe-rate-limited-reason" in talk.ask().headers) is (talk.name == "stripe")


def test_faults_are_consumed_one_to_a_request(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Status(500), faults.Status(503)])
    talk.imitation.misbehave([faults.Html()])
    assert [talk.ask().status for _ in range(4)] == [500, 503, 502, 200]


def test_a_standing_fault_stays_until_it_is_forgotten(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Clamp(3, times=None), faults.Status(500)])
    assert talk.ask().status == 500
    assert len(talk.ask({"limit": 50}).ids) == 3
    talk.imitation.behave()
    assert len(talk.ask({"limit": 50}).ids) == 50


def test_a_clamped_page_lies_next_to_its_cursor(talk: Talk) -> None:
    ids = [facts.id for facts in talk.truth]
    talk.imitation.misbehave([faults.Clamp(2, times=None)])
    assert talk.ask({"starting_after": ids[9], "limit": 9}).ids == ids[10:12]
    back = talk.ask({"ending_before": ids[9], "limit": 9})
    assert back.ids == ids[7:9]
    assert back.json.get("has_more", True) is True


def test_an_empty_page_that_promises_more(talk: Talk) -> None:
    talk.imitation.misbehave([faults.EmptyPage()])
    page = talk.ask().json
    assert page == {"checkout_sessions": []} or (page["data"], page["has_more"]) == ([], True)


def test_a_repeated_page(talk: Talk) -> None:
    first = talk.ask({"limit": 4}).ids
    talk.imitation.misbehave([faults.RepeatedPage()])
    assert talk.ask({"limit": 4, "starting_after": first[-1]}).ids == first


def test_a_malformed_row(talk: Talk) -> None:
    talk.imitation.misbehave([faults.MalformedRow(row=3, field="metadata", value=[1])])
    rows = talk.ask().rows
    assert [row.get("metadata") == [1] for row in rows].index(True) == 3
    assert talk.ask().rows[3].get("metadata") != [1]


def test_a_page_fault_leaves_errors_alone(talk: Talk) -> None:
    talk.imitation.misbehave([faults.MalformedRow(row=0, field="id")])
    assert talk.ask({"limit": 0}).status in (400, 422)


def test_a_truncated_body(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Truncated(0.9)])
    answer = talk.ask()
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


def test_a_redirect(talk: Talk) -> None:
    talk.imitation.misbehave([faults.Redirect("https://elsewhere.example.com/"), faults.Redirect()])
    assert talk.ask().headers["location"] == "https://elsewhere.example.com/"
    endless = talk.ask()
    assert endless.status == 307
    assert endless.headers["location"].startswith("/v1/checkout")


@pytest.mark.parametrize("account", THREE)
def test_a_reset_in_mid_body(sandbox: Sandbox, fetch: Fetch, account: str) -> None:
    sandbox.misbehave(account, faults.Reset(after=30))
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        fetch(account)


def test_more_is_promised_than_sent(sandbox: Sandbox, fetch: Fetch) -> None:
    sandbox.misbehave("stripe", faults.WrongLength(excess=10))
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch("stripe")
    assert caught.value.expected == 10


def test_less_is_promised_than_sent(sandbox: Sandbox, fetch: Fetch) -> None:
    whole = fetch("flex").body
    sandbox.misbehave("flex", faults.WrongLength(excess=-10))
    assert fetch("flex").body == whole[:-10]


def test_garbage_that_claims_to_be_gzip(sandbox: Sandbox, fetch: Fetch) -> None:
    sandbox.misbehave("stripe", faults.GzipGarbage())
    answer = fetch("stripe")
    assert answer.headers["content-encoding"] == "gzip"
    with pytest.raises((zlib.error, gzip.BadGzipFile)):
        gzip.decompress(answer.body)


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_of_a_proxy(sandbox: Sandbox, fetch: Fetch, status: int) -> None:
    sandbox.misbehave("leanrails", faults.Html(status))
    answer = fetch("leanrails")
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_a_drip_arrives_whole(sandbox: Sandbox, fetch: Fetch) -> None:
    whole = fetch("flex").body
    sandbox.misbehave("flex", faults.Drip(chunk=500, pause=0.001))
    assert fetch("flex").body == whole


def test_latency_only_delays(sandbox: Sandbox, fetch: Fetch) -> None:
    whole = fetch("flex").body
    sandbox.misbehave("flex", faults.Latency(0.001))
    assert fetch("flex").body == whole


def test_a_huge_body_is_still_json(sandbox: Sandbox, fetch: Fetch) -> None:
    ids = fetch("stripe").ids
    sandbox.misbehave("stripe", faults.HugeBody(2 * faults.MEGABYTE))
    answer = fetch("stripe")
    assert len(answer.body) > 2 * faults.MEGABYTE
    assert answer.ids == ids


def test_a_huge_body_may_be_small_on_the_wire(sandbox: Sandbox, fetch: Fetch) -> None:
    sandbox.misbehave("stripe", faults.HugeBody(5 * faults.MEGABYTE, compressed=True))
    answer = fetch("stripe")
    assert len(answer.body) < faults.MEGABYTE / 10
    assert len(gzip.decompress(answer.body)) > 5 * faults.MEGABYTE


def test_the_next_request_after_each_fault_succeeds(sandbox: Sandbox, fetch: Fetch) -> None:
    sandbox.misbehave("stripe", faults.Reset(), faults.WrongLength())
    for _ in range(2):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            fetch("stripe")
    assert fetch("stripe").status == 200


def test_no_gap_is_left_by_a_client_that_goes_away(sandbox: Sandbox, fetch: Fetch) -> None:
    sandbox.misbehave("stripe", faults.Latency(30.0))
    host, port = sandbox.url("stripe").removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert fetch("flex").status == 200


def test_a_rate_is_enforced_with_a_burst_of_a_second() -> None:
    now = [0.0]
    throttle = Throttle(3, clock=lambda: now[0])
    assert [throttle.admits() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.34
    assert [throttle.admits(), throttle.admits()] == [True, False]
    now[0] = 60.0
    assert [throttle.admits() for _ in range(4)] == [True, True, True, False]


def test_above_the_rate_the_dialects_429(talk: Talk) -> None:
    talk.imitation.throttle = Throttle(1, clock=lambda: 0.0)
    assert [talk.ask().status for _ in range(2)] == [200, 429]
