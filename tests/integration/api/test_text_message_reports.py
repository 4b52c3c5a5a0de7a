"""What becomes of a text message is reported by Twilio (its emulator), signed, and recorded."""

from __future__ import annotations

import asyncio

import pytest

from support.http.server import PASSWORD, new_phone
from support.platform.in_process import Platform
from support.rescues.fixtures import expect
from supportcarr.auth.collections import TEXT_MESSAGES

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/webhooks/twilio/status"


async def test_a_delivered_text_is_known_and_a_forged_report_changes_nothing(platform: Platform) -> None:
    anybody = platform.anonymous()
    body = {"phone": new_phone(), "password": PASSWORD, "name": "Ana Roy", "role": "rider"}
    expect(await anybody.post("/auth/sign-up", body, key="a-text"), 201)
    await platform.settle()
    messages = platform.container.store.collection(TEXT_MESSAGES)
    async with asyncio.timeout(60):
        while not (known := [m async for m in messages.scan() if m.state == "delivered"]):
            await asyncio.sleep(0.05)
    sid = known[-1].provider_id
    forged = f"MessageSid={sid}&MessageStatus=undelivered".encode()
    for headers in ({}, {"x-twilio-signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}):
        reply = await anybody.post(PATH, raw=forged, headers=headers)
        assert (reply.status, reply.code) == (400, "signature_not_valid")
    assert [m.state async for m in messages.scan() if m.provider_id == sid] == ["delivered"]
