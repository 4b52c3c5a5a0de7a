"""What Sentry receives of an error of ours, and what it does not, as a receiver decodes its envelopes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.http.server import Client, new_address
from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import PICKUP, RescueFactory, expect, quote_body
from support.sentry import SentryReceiver, sentry_receiver
from supportcarr.kit.observability import error_reports
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import LogSettings, SentrySettings
from supportcarr.providers.stripe import StripePaymentGateway

NAME, NOTE, COOKIE = "Rika Roy", "Ring at the blue door", "a-cookie-of-the-rider"
SECRET = "the secret of the pseudonyms"


@pytest.fixture
async def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SentryReceiver]:
    """Reports of this process go to the receiver."""
    monkeypatch.setattr(error_reports, "SHUT_DOWN_SECONDS", 60.0)  # a busy machine sends the last ones too
    logs.configure(LogSettings(file=str(tmp_path / "log.jsonl")))
    async with sentry_receiver() as receiving:
        settings = SentrySettings(dsn=receiving.dsn, performance_ratio=1)
        error_reports.configure(
            settings, role="api", release="supportcarr@1.2.3", environment="staging", secret=SECRET
        )
        try:
            yield receiving
        finally:
            await asyncio.to_thread(error_reports.shut_down)
            logs.shut_down()


@pytest.fixture
async def platform(tmp_path: Path, receiver: SentryReceiver) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path / "platform") as running:
        yield running


async def test_an_error_of_a_handler_and_one_of_a_job_arrive_without_what_people_sent(
    platform: Platform, receiver: SentryReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = RescueFactory(platform)
    rider, card = await factory.rider()
    assert rider.grant is not None
    phone, token = rider.grant.user.phone, str(rider.token)

    async def broken(*given: Any, **_: Any) -> Any:
        told = {"name": NAME, "phone": phone}  # a local variable
        raise RuntimeError(f"cannot quote for {phone} at {PICKUP['lat']}: {told}")

    monkeypatch.setattr(platform.container.pricing, "quote", broken)
    unchecked = Client(platform.api, new_address())  # the other client takes no 500
    headers = {
        "authorization": f"Bearer {token}",
        "cookie": f"session={COOKIE}",
        "x-request-id": "request-of-the-test",
    }
    reply = await unchecked.post("/quotes", quote_body(), headers=headers)
    assert reply.status == 500
    [report] = await receiver.wait_for("event", 1)

    assert report["release"] == "supportcarr@1.2.3"
    assert report["environment"] == "staging"
    assert report["level"] == "error"
    assert report["transaction"] == "/api/v1/quotes"
    assert report["tags"]["request_id"] == "request-of-the-test"
    assert report["exception"]["values"][-1]["type"] == "RuntimeError"
    frames = report["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "broken"
    assert not any("vars" in frame for frame in frames)
    assert len(report["user"]["id"]) == 22
    assert rider.user_id not in str(report["user"])
    assert "request" not in report

    monkeypatch.undo()

    async def refused(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"no hold on the card of '{NAME}', {phone}")

    monkeypatch.setattr(StripePaymentGateway, "hold", refused)
    quote = expect(await rider.post("/quotes", quote_body()), 201)["id"]
    body = {"quote_id": quote, "payment_method_id": card, "note": NOTE}
    expect(await rider.create("/rescues", body, headers={"x-request-id": "rescue-of-the-test"}), 201)
    *_, of_job = await receiver.wait_for("event", 2)
    assert of_job["level"] == "warning"
    assert of_job["transaction"].startswith("payments.")
    assert of_job["tags"]["request_id"] == "rescue-of-the-test"  # the job follows from that request

    # in any order: a job may end before the request that it follows from
    expected = {
        ("POST /api/v1/quotes", "ok"),
        ("POST /api/v1/rescues", "ok"),
        (of_job["transaction"], "internal_error"),
    }
    async with asyncio.timeout(90):
        while not expected <= {
            (one["transaction"], one["contexts"]["trace"]["status"]) for one in receiver.of("transaction")
        }:
            await asyncio.sleep(0.05)
    timed = receiver.of("transaction")
    assert all(one["timestamp"] >= one["start_timestamp"] for one in timed)

    await asyncio.to_thread(error_reports.shut_down)
    sent = b"".join(receiver.bodies).decode()
    for personal in (phone, phone.removeprefix("+1"), token, COOKIE, NOTE, str(PICKUP["address"])):
        assert personal not in sent, personal
    lines = [line for line in sent.splitlines() if NAME in line or str(PICKUP["lat"]) in line]
    # a frame shows the lines of our own source around it, in this test the constants above
    assert all('"context_line"' in line for line in lines)
    values = [value["value"] for one in receiver.of("event") for value in one["exception"]["values"]]
    assert not any(NAME in value or "45." in value for value in values), values


async def test_an_error_that_comes_again_and_again_is_reported_a_limited_number_of_times(
    receiver: SentryReceiver,
) -> None:
    reports = error_reports.configure(
        SentrySettings(dsn=receiver.dsn, events_per_minute=3),
        role="worker",
        release="1",
        environment="local",
        secret=SECRET,
        monotonic=lambda: 0.0,
    )
    assert reports is not None
    for _ in range(10):
        reports.capture(ValueError("again"), "error", {"event": "x"})
    assert reports.stats() == {"events_total": 3, "suppressed_total": 7}
    await asyncio.to_thread(error_reports.shut_down)
    assert len(receiver.of("event")) == 3


async def test_an_error_that_a_library_logs_is_masked_wherever_it_is_quoted(
    receiver: SentryReceiver,
) -> None:
    logger = logging.getLogger("asyncio")
    try:
        raise RuntimeError(f"no hold on the card of '{NAME}'")
    except RuntimeError as error:
        logger.error("Task exception was never retrieved: %r", error, exc_info=error)
    logger.error("nobody named '%s' is here", NAME, exc_info=ValueError("x"))
    [report, other] = await receiver.wait_for("event", 2)
    assert report["logger"] == "asyncio"
    assert report["transaction"] == "asyncio"
    assert other["logger"] == "asyncio"
    await asyncio.to_thread(error_reports.shut_down)
    values = [value["value"] for one in (report, other) for value in one["exception"]["values"]]
    assert not any(NAME in value for value in values), values
    assert NAME not in str([report["tags"], other["tags"], other["transaction"], report.get("logentry")])


async def test_a_server_that_does_not_answer_harms_nothing(tmp_path: Path) -> None:
    logs.configure(LogSettings(file=str(tmp_path / "log.jsonl")))
    reports = error_reports.configure(
        SentrySettings(dsn="http://key@127.0.0.1:9/1"),
        role="worker",
        release="1",
        environment="local",
        secret=SECRET,
    )
    assert reports is not None
    reports.capture(ValueError("lost"), "error", {"event": "x"})
    await asyncio.to_thread(error_reports.shut_down)
    logs.shut_down()
