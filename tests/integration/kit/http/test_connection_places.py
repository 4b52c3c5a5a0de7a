"""When all places are taken the connections that nobody uses go first; one address has a bounded number."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

from support.http.raw_connections import RawConnection, RawServer, on_uvloop, raw_server
from supportcarr.kit.http import protocol
from supportcarr.kit.http.connections import RESTING_SECONDS, ConnectionTable

HOT = b"GET /hot HTTP/1.1\r\nhost: x\r\n\r\n"


def pass_seconds(server: RawServer, seconds: float) -> None:
    """Run the sweeps of that period.  The first may only notice new connections."""
    for _ in range(int(seconds / protocol.SWEEP_SECONDS)):
        for connection in server.connections:
            connection.sweep()


async def refused(client: RawConnection, status: int, code: str) -> None:
    answer = await client.reply()
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert answer.all(b"retry-after") == [b"1"]
    await client.wait_closed()


@on_uvloop
async def test_silent_connections_shut_nobody_out() -> None:
    async with raw_server(connections=8) as server, AsyncExitStack() as open_ones:
        kept = await open_ones.enter_async_context(server.connect())
        kept.send(HOT)
        await kept.reply()
        for first in (b"", b"", b"GET /hot HTTP/1.1\r\nhost:"):
            for _ in range(20):
                silent = await open_ones.enter_async_context(server.connect())
                silent.send(first)
            async with server.connect() as other:
                other.send(HOT)
                assert (await other.reply()).status == 200
        kept.send(HOT)
        assert (await kept.reply()).status == 200


@on_uvloop
async def test_an_address_has_a_bounded_number_of_connections() -> None:
    table = ConnectionTable(64, 2, lambda peer: peer)
    async with raw_server(table=table) as server, server.connect() as one, server.connect() as two:
        for client in (one, two):
            client.send(HOT)
            await client.reply()
        async with server.connect() as three:
            await refused(three, 429, "rate_limited")
        one.send(HOT)
        assert (await one.reply()).status == 200


@on_uvloop
async def test_a_silent_connection_has_little_time_while_most_places_are_taken() -> None:
    async with raw_server(connections=4) as server, server.connect() as silent:
        connection = await server.connection()
        pass_seconds(server, 2 * protocol.SILENT_SECONDS)
        assert not connection.transport.is_closing()
        async with server.connect() as one, server.connect() as two:
            for client in (one, two):
                client.send(HOT)
                await client.reply()
            pass_seconds(server, 2 * protocol.SILENT_SECONDS)
            await silent.wait_closed()
            one.send(HOT)
            assert (await one.reply()).status == 200


@on_uvloop
async def test_a_connection_that_rests_makes_room_for_another() -> None:
    async with raw_server(connections=2) as server, server.connect() as resting, server.connect() as used:
        for client in (resting, used):
            client.send(HOT)
            await client.reply()
        pass_seconds(server, RESTING_SECONDS)
        used.send(HOT)
        await used.reply()
        pass_seconds(server, protocol.SWEEP_SECONDS)
        async with server.connect() as another:
            another.send(HOT)
            assert (await another.reply()).status == 200
        await resting.wait_closed()
        used.send(HOT)
        assert (await used.reply()).status == 200
