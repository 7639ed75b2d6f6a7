"""The log, and OpenTelemetry: each request, retry and wait is told, and nothing that is private."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from typing import Any

import pytest
from allowances import UsedUp
from asking import Asker, OnError
from clients.setting import ACCOUNTS, Open, impatient
from telemetry import Telemetry

from unified_checkout import (
    AsyncClient,
    AsyncSessionList,
    BudgetSpent,
    Client,
    ConfigurationError,
    IncompleteAnswer,
    ListSessions,
    Observer,
    RateLimited,
    Session,
    SessionList,
)
from unified_checkout.observers import OpenTelemetryObserver
from unified_checkout.sandbox import Sandbox, faults

BUYER = "jenny@example.org"


def test_nothing_is_written_unless_a_program_asks(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox.misbehave("flex", faults.Status(429, retry_after=0))
    with Client(impatient(sandbox)) as client:
        list(client.sessions.list())
    assert capfd.readouterr() == ("", "")


def test_requests_answers_retries_and_ends_are_lines(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.misbehave("flex", faults.Status(429, retry_after=0))
    with caplog.at_level(logging.DEBUG, "unified_checkout"), Client(impatient(sandbox)) as client:
        list(client.sessions.list(ListSessions(accounts="flex", email=BUYER)))
    said = [record.getMessage() for record in caplog.records]
    assert {record.name for record in caplog.records} == {"unified_checkout"}
    assert said[0] == "flex: GET /v1/checkout/sessions (email, expand_customer, limit)"
    assert said[1].startswith("flex: HTTP 429 in ")
    assert said[2] == "flex: waiting 0.0 s: the provider asked for it"
    assert said[3].endswith(", attempt 2")
    assert "flex: a page of " in said[5]
    assert said[-1].startswith("complete | flex: complete")
    assert BUYER not in caplog.text


def test_informed_of_what_takes_long_and_not_of_each_request(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.misbehave("stripe", faults.Status(500))
    with caplog.at_level(logging.INFO, "unified_checkout"), Client(impatient(sandbox)) as client:
        list(client.sessions.list(accounts="stripe"))
    first, last = (record.getMessage() for record in caplog.records)
    assert first == "stripe: waiting 0.0 s: ServerError, HTTP 500"
    assert last.startswith("complete | stripe: complete")


def test_a_wait_is_a_line_before_it_and_a_short_one_only_in_detail(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.misbehave("leanrails", UsedUp(times=2))
    [account] = impatient(sandbox, "leanrails")
    with caplog.at_level(logging.INFO, "unified_checkout"):
        with Client([account]) as client, pytest.raises(BudgetSpent):
            list(client.sessions.list(page_size=10, deadline=0.1))
        short = account.model_copy(update={"max_wait": 0.05})
        with Client([short]) as client:
            client.sessions.page(page_size=10)
            client.sessions.page(page_size=10)
    said = [record.getMessage() for record in caplog.records]
    assert "leanrails: waiting 5.0 s: the provider asked for it" in said
    assert len([line for line in said if "waiting" in line]) == 1
    caplog.clear()
    sandbox.misbehave("leanrails", UsedUp())
    with caplog.at_level(logging.DEBUG, "unified_checkout"), Client([short]) as client:
        list(client.sessions.list(page_size=30))
    said = [record.getMessage() for record in caplog.records]
    [told] = [at for at, line in enumerate(said) if "waiting" in line]
    assert re.fullmatch(r"leanrails: waiting 0\.\d s: the provider asked for it", said[told])
    assert said[told + 1].startswith("leanrails: waited 0.0")
    assert said[told + 2].startswith("leanrails: GET ")


def test_a_request_is_a_span_below_the_one_that_is_current(
    sandbox: Sandbox, telemetry: Telemetry
) -> None:
    tracer = telemetry.tracers.get_tracer("shop")
    with (
        Client(impatient(sandbox), observers=[telemetry.observer]) as client,
        tracer.start_as_current_span("report") as report,
    ):
        list(client.sessions.list(ListSessions(email=BUYER)))
    assert {span.parent.span_id for span in telemetry.requests} == {
        report.get_span_context().span_id
    }
    asked = {span.attributes["unified_checkout.account"]: span for span in telemetry.requests}
    assert set(asked) == set(ACCOUNTS)
    attributes = asked["stripe"].attributes
    address = sandbox.url("stripe")
    assert attributes["http.request.method"] == "GET"
    assert f"http://{attributes['server.address']}:{attributes['server.port']}" == address
    assert attributes["http.response.status_code"] == 200
    assert attributes["url.full"].startswith(f"{address}/v1/checkout/sessions?")
    assert "customer_details[email]=REDACTED" in attributes["url.full"]
    assert BUYER not in str([span.to_json() for span in telemetry.requests])
    assert all(span.end_time >= span.start_time for span in telemetry.requests)


def test_for_asyncio_too(sandbox: Sandbox, telemetry: Telemetry) -> None:
    tracer = telemetry.tracers.get_tracer("shop")

    async def ask(client: AsyncClient, name: str) -> tuple[str, int]:
        with tracer.start_as_current_span(name) as span:
            await client.sessions.page(accounts=name)
            return name, span.get_span_context().span_id

    async def main() -> dict[str, int]:
        async with AsyncClient(impatient(sandbox), observers=[telemetry.observer]) as client:
            return dict(await asyncio.gather(*(ask(client, name) for name in ACCOUNTS)))

    parents = asyncio.run(main())
    told = {
        span.attributes["unified_checkout.account"]: span.parent.span_id
        for span in telemetry.requests
    }
    assert told == parents


def test_failures_retries_and_waits_are_told(sandbox: Sandbox, telemetry: Telemetry) -> None:
    sandbox.misbehave("stripe", faults.Status(429, times=2))
    with Client(impatient(sandbox), observers=[telemetry.observer]) as client:
        list(client.sessions.list(accounts="stripe"))
    statuses = [span.attributes["http.response.status_code"] for span in telemetry.requests]
    assert statuses == [429, 429, 200]
    errors = [span.attributes.get("error.type") for span in telemetry.requests]
    assert errors == ["429", "429", None]
    resent = [span.attributes.get("http.request.resend_count") for span in telemetry.requests]
    assert resent == [None, 1, 2]
    [retries] = telemetry.points("unified_checkout.retries")
    assert (retries.value, dict(retries.attributes)["error.type"]) == (2, "RateLimited")
    durations = telemetry.points("http.client.request.duration")
    assert sum(point.count for point in durations) == 3
    assert not any("http.request.resend_count" in point.attributes for point in durations)


def test_durations_fall_into_the_buckets_of_the_conventions(
    sandbox: Sandbox, telemetry: Telemetry
) -> None:
    with Client(impatient(sandbox), observers=[telemetry.observer]) as client:
        client.sessions.page(accounts="stripe")
    [durations] = telemetry.points("http.client.request.duration")
    assert durations.explicit_bounds == (
        *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75),
        *(1, 2.5, 5, 7.5, 10),
    )


def test_what_got_no_answer_has_the_name_of_the_failure(
    sandbox: Sandbox, telemetry: Telemetry
) -> None:
    sandbox.misbehave("stripe", faults.Reset(times=None))
    with Client(impatient(sandbox, max_attempts=1), observers=[telemetry.observer]) as client:
        reading = client.sessions.list(accounts="stripe", on_error="report")
        list(reading)
    assert not reading.coverage.complete
    assert {span.attributes["error.type"] for span in telemetry.requests} == {"ConnectionFailed"}


def test_an_answer_that_cannot_be_read_failed_though_its_status_is_no_failure(
    sandbox: Sandbox, telemetry: Telemetry
) -> None:
    with Client(
        impatient(sandbox, "stripe", max_body_bytes=10), observers=[telemetry.observer]
    ) as client:
        list(client.sessions.list(on_error="report"))
    [span] = telemetry.requests
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["error.type"] == "ResponseTooLarge"
    assert span.status.status_code.name == "ERROR"
    [point] = telemetry.points("http.client.request.duration")
    assert point.attributes["error.type"] == "ResponseTooLarge"


class Slip(Exception):
    """A mistake of an observer's."""


class Slipping(Observer):
    """Raises from one of its methods, when that is called for the third time."""

    def __init__(self, name: str) -> None:
        self._left = 3
        setattr(self, name, self._count)

    def _count(self, *arguments: object) -> None:
        self._left -= 1
        if self._left == 0:
            raise Slip


TOLD = ["sent", "answered", "retried", "waiting", "waited", "page", "arrived", "finished"]


def take(ask: Asker, listing: SessionList | AsyncSessionList, taken: list[Session]) -> None:
    """Take an answer as far as it comes."""

    async def take_all(listing: AsyncSessionList) -> None:
        async for session in listing:
            taken.append(session)  # noqa: PERF401  (those before a failure, too)

    if isinstance(listing, AsyncSessionList):
        ask.finished(take_all(listing))
        return
    for session in listing:
        taken.append(session)  # noqa: PERF402


@pytest.mark.parametrize("on_error", ["raise", "report"])
@pytest.mark.parametrize("method", TOLD)
def test_what_an_observer_raises_breaks_the_answer_off_and_loses_nothing(
    open_client: Open, ask: Asker, sandbox: Sandbox, method: str, on_error: OnError
) -> None:
    query = ListSessions(page_size=10)
    whole = ask.all(query)
    if method == "retried":
        sandbox.misbehave("flex", faults.Status(500, times=3))
    slowly = {"requests_per_second": 4.0} if method.startswith("wait") else {}
    watched = open_client(impatient(sandbox, **slowly), [Slipping(method)])
    taken: list[Session] = []
    for _ in range(2 if method == "finished" else 0):
        take(watched, watched.client.sessions.list(query), [])
    listing = watched.client.sessions.list(query, on_error=on_error)
    with pytest.raises(Slip):
        take(watched, listing, taken)
    assert listing.coverage.complete is (method == "finished")
    with pytest.raises(IncompleteAnswer):
        take(watched, listing, [])
    assert taken + ask.all(query, listing.cursor) == whole


def test_a_client_is_not_made_where_an_observer_raises(sandbox: Sandbox) -> None:
    observer = Slipping("opened")
    for _ in range(2):
        Client(sandbox.accounts, observers=[observer]).close()
    with pytest.raises(Slip):
        Client(sandbox.accounts, observers=[observer])


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ConfigurationError, match=r"unified-checkout\[opentelemetry\]"):
        OpenTelemetryObserver()


def test_the_reason_to_wait_is_the_providers_or_the_failure() -> None:
    from unified_checkout.observers import reason_to_wait

    where: dict[str, Any] = {"account": "us", "provider": "acme"}
    assert reason_to_wait(RateLimited("x", retry_after=1.0, **where)) == "the provider asked for it"
    assert reason_to_wait(RateLimited("x", status=429, **where)) == "RateLimited, HTTP 429"
