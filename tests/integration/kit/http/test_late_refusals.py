"""A client above its limit is answered late, so that its refusals cost little; nobody else waits for them."""

from __future__ import annotations

import pytest

from support.http.raw_connections import on_uvloop, raw_server, wait_until
from supportcarr.kit.http import protocol

END = b" HTTP/1.1\r\nhost: x\r\n\r\n"
LIMITED, HOT, COLD = (b"GET " + path + END for path in (b"/limited", b"/hot", b"/cold"))


@pytest.mark.parametrize("behind", [HOT, COLD])
@on_uvloop
async def test_a_refusal_is_late_and_the_requests_behind_it_follow(
    behind: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "refusal_delay", lambda: 2.0)  # the others need milliseconds
    async with raw_server() as server, server.connect() as limited, server.connect() as other:
        still_waits = False
        while not still_waits:  # or this machine took two seconds for the others
            server.requests.clear()
            limited.send(LIMITED + behind)
            await wait_until(lambda: server.requests)
            for _ in range(20):
                other.send(HOT)
                assert (await other.reply()).status == 200
            still_waits = any(connection.busy for connection in server.connections)
            assert [(await limited.reply()).status for _ in range(2)] == [429, 200]
        limited.send(HOT)
        assert (await limited.reply()).status == 200


@on_uvloop
async def test_a_client_that_does_not_wait_for_its_refusal_leaves_nothing_behind() -> None:
    async with raw_server() as server:
        async with server.connect() as limited:
            limited.send(LIMITED)
            await wait_until(lambda: server.requests)
        await wait_until(lambda: not server.connections)


@on_uvloop
async def test_a_drain_waits_for_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "refusal_delay", lambda: 2.0)
    async with raw_server() as server, server.connect() as limited:
        limited.send(LIMITED)
        await wait_until(lambda: server.requests)
        server.lifecycle.drain()
        answer = await limited.reply()
        assert (answer.status, answer.one(b"connection")) == (429, b"close")
        await limited.wait_closed()
