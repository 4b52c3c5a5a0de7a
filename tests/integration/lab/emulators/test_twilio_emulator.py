"""The Twilio emulator follows Twilio's public rules, tested with the unmodified SDK, and our adapter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from msgspec.structs import replace
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from support.payments.world import TWILIO, Emulator
from supportcarr.auth.ports import SmsOutcomeUnknown, SmsRefused, SmsReport, SmsUnavailable
from supportcarr.contracts.errors import SignatureNotValid
from supportcarr.providers.twilio import TwilioSmsSender
from supportcarr.providers.twilio_sdk import Client, HttpClient, new_client

TO, FROM = "+15145550142", "+15005550006"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def sdk(emulator: Emulator) -> AsyncIterator[Client]:
    http = HttpClient(timeout_s=60.0, base=emulator.base)
    yield new_client(emulator.twilio_settings, http)
    await http.close()


@pytest.fixture
async def sender(emulator: Emulator) -> AsyncIterator[TwilioSmsSender]:
    opened = TwilioSmsSender(emulator.twilio_settings)
    yield opened
    await opened.close()


async def until_delivered(emulator: Emulator, sid: str, status: str = "delivered") -> dict[str, Any]:
    async with asyncio.timeout(90):
        while True:
            [message] = [m for m in await emulator.texts(TO) if m["sid"] == sid]
            if message["status"] == status:
                return message
            await asyncio.sleep(0.02)


async def test_a_message_is_accepted_then_sent_then_delivered(emulator: Emulator, sdk: Client) -> None:
    message = await sdk.messages.create_async(to=TO, from_=FROM, body="Ola, ¿qué tal?")
    assert (message.status, message.num_segments, message.to, message.from_) == ("queued", "1", TO, FROM)
    await until_delivered(emulator, message.sid)
    fetched = await sdk.messages(message.sid).fetch_async()
    assert (fetched.status, fetched.body) == ("delivered", "Ola, ¿qué tal?")
    assert abs(fetched.date_created.timestamp() - time.time()) < 60


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "+15005550001"}, 400, 21211),
        ({"to": "+15005550004"}, 400, 21610),
        ({"to": "+15005550009"}, 400, 21614),
        ({"to": "not a number"}, 400, 21211),
        ({"body": ""}, 400, 21602),
        ({"body": "x" * 1601}, 400, 21617),
        ({"from_": ""}, 400, 21603),
    ],
)
async def test_bad_messages_are_refused_with_twilio_s_codes(
    sdk: Client, fields: dict[str, str], status: int, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await sdk.messages.create_async(**({"to": TO, "from_": FROM, "body": "Hello"} | fields))
    assert (refused.value.status, refused.value.code) == (status, code)


async def test_a_wrong_token_is_refused(emulator: Emulator) -> None:
    http = HttpClient(timeout_s=60.0, base=emulator.base)
    with pytest.raises(TwilioRestException) as refused:
        client = new_client(replace(emulator.twilio_settings, auth_token="wrong"), http)
        await client.messages.create_async(to=TO, from_=FROM, body="Hello")
    await http.close()
    assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_messages_are_listed_by_number_page_by_page(sdk: Client) -> None:
    for n in range(5):
        await sdk.messages.create_async(to=TO, from_=FROM, body=f"number {n}")
    await sdk.messages.create_async(to="+15145550199", from_=FROM, body="somebody else's")
    listed = await sdk.messages.list_async(to=TO, page_size=2)
    assert [message.body for message in listed] == [f"number {n}" for n in (4, 3, 2, 1, 0)]


@asynccontextmanager
async def callbacks() -> AsyncIterator[tuple[str, list[tuple[dict[str, str], str]]]]:
    """A server that records callbacks: the form, and the signature."""
    received: list[tuple[dict[str, str], str]] = []

    async def record(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        received.append((form, request.headers["X-Twilio-Signature"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/status", record)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/status", received
    finally:
        await runner.cleanup()


async def test_changes_are_reported_with_a_signature_that_the_sdk_accepts(
    emulator: Emulator, sdk: Client
) -> None:
    await emulator.set_sms_behaviour(undelivered_next=1)
    async with callbacks() as (url, received):
        message = await sdk.messages.create_async(to=TO, from_=FROM, body="Hello", status_callback=url)
        await until_delivered(emulator, message.sid, "undelivered")
        async with asyncio.timeout(90):
            while len(received) < 2:
                await asyncio.sleep(0.01)
    assert [form["MessageStatus"] for form, _ in received] == ["sent", "undelivered"]
    assert received[1][0]["ErrorCode"] == "30003"
    for form, signature in received:
        assert RequestValidator(TWILIO.token).validate(url, form, signature)


async def test_our_adapter_accepts_signed_reports_and_no_others(emulator: Emulator) -> None:
    async with callbacks() as (url, received):
        sender = TwilioSmsSender(emulator.twilio_settings, status_url=url)
        await emulator.set_sms_behaviour(undelivered_next=1)
        sid = await sender.send(TO, "Hello")
        async with asyncio.timeout(90):
            while len(received) < 2:
                await asyncio.sleep(0.01)
    (sent, undelivered), signatures = [form for form, _ in received], [sign for _, sign in received]
    assert await sender.read_report(urlencode(sent).encode(), signatures[0]) is None, "not final"
    report = await sender.read_report(urlencode(undelivered).encode(), signatures[1])
    assert report == SmsReport(sid, "undelivered", "30003")
    for body, signature in (
        (urlencode(undelivered | {"MessageStatus": "delivered"}).encode(), signatures[1]),
        (urlencode(undelivered).encode(), signatures[0]),
        (urlencode(undelivered).encode(), None),
        (b"\xff", signatures[1]),
        (b"", ""),
    ):
        with pytest.raises(SignatureNotValid):
            await sender.read_report(body, signature)
    await sender.close()


# --- our adapter ----------------------------------------------------------------------------------------


async def test_a_text_is_sent_and_found_again(emulator: Emulator, sender: TwilioSmsSender) -> None:
    began = datetime.now(UTC)
    sid = await sender.send(TO, "042137 is your code")
    [message] = await emulator.texts(TO)
    assert (message["sid"], message["body"]) == (sid, "042137 is your code")
    assert await sender.find(TO, "042137 is your code", began) == sid
    assert await sender.find(TO, "another text", began) is None
    assert await sender.find(TO, "042137 is your code", began + timedelta(hours=1)) is None


async def test_a_response_that_does_not_come_ends_at_our_timeout(
    emulator: Emulator, sender: TwilioSmsSender
) -> None:
    await sender.send(TO, "the first one loads the SDK")
    await emulator.set_sms_behaviour(timeout_next=1)
    hasty = TwilioSmsSender(replace(emulator.twilio_settings, timeout_seconds=2.0))
    async with asyncio.timeout(90):  # the emulator would never answer
        with pytest.raises(SmsOutcomeUnknown):
            await hasty.send(TO, "Hello")
    await hasty.close()
    async with asyncio.timeout(90):
        while await sender.find(TO, "Hello", LONG_AGO) is None:  # it is carried out, maybe later than that
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_503_is_not_repeated_and_its_outcome_is_unknown(
    emulator: Emulator, sender: TwilioSmsSender, carried_out: bool
) -> None:
    await emulator.set_sms_behaviour(fail_next={"count": 1, "status": 503}, fail_after=carried_out)
    with pytest.raises(SmsOutcomeUnknown):
        await sender.send(TO, "Hello")
    assert len(await emulator.texts(TO)) == carried_out


@pytest.mark.parametrize("code", [21211, 21610])
async def test_a_message_that_will_never_be_sent_is_refused(
    emulator: Emulator, sender: TwilioSmsSender, code: int
) -> None:
    await emulator.set_sms_behaviour(refuse_next={"count": 1, "code": code})
    with pytest.raises(SmsRefused) as refused:
        await sender.send(TO, "Hello")
    assert refused.value.code == str(code)


async def test_a_wrong_token_and_an_unreachable_server_are_tried_later(emulator: Emulator) -> None:
    for settings, seconds in (
        (replace(emulator.twilio_settings, auth_token="wrong"), 30.0),
        (replace(emulator.twilio_settings, api_base="http://127.0.0.1:9"), 2.0),
    ):
        sender = TwilioSmsSender(settings)
        with pytest.raises(SmsUnavailable) as unavailable:
            await sender.send(TO, "Hello")
        assert unavailable.value.retry_after == seconds
        await sender.close()
