"""Real processes: a sign-out reaches all, whatever happens to Redis; a full disk stops only writes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import socketio

from support.faults import wait_until
from support.http.server import new_phone
from support.platform.fleet import Fleet, FleetProcess
from support.realtime import SocketClient, connected_client
from supportcarr.supervisor.embedded_redis import EmbeddedRedis


@pytest.fixture
async def fleet(tmp_path: Path, own_redis_server: EmbeddedRedis) -> AsyncIterator[Fleet]:
    async with Fleet(tmp_path, own_redis_server) as running:
        yield running


async def accepts(fleet: Fleet, member: FleetProcess, token: str) -> bool:
    response = await fleet.request(member, "GET", "/me", token=token)
    assert response.status in (200, 401), response
    return response.status == 200


async def wait_until_rejected(fleet: Fleet, member: FleetProcess, token: str) -> None:
    async def refuses() -> bool:
        return not await accepts(fleet, member, token)

    await wait_until(refuses)


async def wait_until_sockets_rejected(member: FleetProcess, token: str) -> None:
    async def refuses() -> bool:
        knocking = SocketClient()
        try:
            await knocking.connect(member.url, token)
        except socketio.exceptions.ConnectionError:
            return True
        finally:
            await knocking.disconnect()
        return False

    await wait_until(refuses)


async def sign_out(fleet: Fleet, member: FleetProcess, token: str) -> None:
    assert (await fleet.request(member, "POST", "/auth/sign-out", token=token)).status == 204


async def test_a_sign_out_reaches_other_processes_whatever_happens_to_redis(
    fleet: Fleet, own_redis_server: EmbeddedRedis
) -> None:
    here, there, sockets = await fleet.start("api"), await fleet.start("api"), await fleet.start("realtime")
    number = new_phone()
    stays = await fleet.sign_up(here, number)
    tokens = [await fleet.sign_in(here, number) for _ in range(4)]
    for token in (stays, *tokens):
        assert await accepts(fleet, there, token)

    # without faults (that nothing is looked up in the store then: test_revocation_propagation.py)
    async with connected_client(sockets.url, tokens[0]) as connected:
        await sign_out(fleet, here, tokens[0])
        await wait_until_rejected(fleet, there, tokens[0])
        await connected.wait_disconnected()
    await wait_until_sockets_rejected(sockets, tokens[0])

    # without Redis, processes read the store and can start
    own_redis_server.kill()

    async def is_missed() -> bool:
        return await fleet.metric(there, "revocation_stale") == 1

    await wait_until(is_missed)
    await sign_out(fleet, here, tokens[1])
    assert not await accepts(fleet, there, tokens[1])
    assert await accepts(fleet, there, stays)
    assert await fleet.metric(there, "revocation_store_lookups_total") >= 2
    late = await fleet.start("api")
    for token in tokens[:2]:
        assert not await accepts(fleet, late, token)
    assert await accepts(fleet, late, stays)

    # Redis is back, and empty
    own_redis_server.start()
    for member in (here, there, late, sockets):

        async def hears_again(member: FleetProcess = member) -> bool:
            return await fleet.metric(member, "revocation_stale") == 0

        await wait_until(hears_again)
    await sign_out(fleet, late, tokens[2])
    for member in (here, there):
        await wait_until_rejected(fleet, member, tokens[2])
    for token in tokens[:3]:
        assert not await accepts(fleet, there, token)
    assert await accepts(fleet, there, tokens[3])
    await wait_until_sockets_rejected(sockets, tokens[2])


async def test_a_full_disk_rejects_writes_and_nothing_else(fleet: Fleet) -> None:
    api = await fleet.start("api")
    number = new_phone()
    token = await fleet.sign_up(api, number)
    api.limit_files_to(4096)
    for name in ("Anna", "Annika"):
        refused = await fleet.request(api, "PATCH", "/me", {"name": name}, token=token)
        assert (refused.status, refused.body["code"]) == (503, "unavailable")
        assert refused.headers["retry-after"]
    me = await fleet.request(api, "GET", "/me", token=token)
    assert (me.status, me.body["name"]) == (200, "Ana Roy")
    api.limit_files_to(-1)

    async def can_write() -> bool:
        return (await fleet.request(api, "PATCH", "/me", {"name": "Anya"}, token=token)).status == 200

    await wait_until(can_write)
    assert (await fleet.request(api, "GET", "/me", token=token)).body["name"] == "Anya"
    await api.kill()
    assert (await fleet.request(await fleet.start("api"), "GET", "/me", token=token)).body["name"] == "Anya"
