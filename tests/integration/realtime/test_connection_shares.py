"""One address or user has a bounded number of connections; the others are not concerned."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
import socketio

from support.faults import wait_until
from support.realtime import SocketClient, connected_client, running_server, token_of
from supportcarr.kit.http.addresses import LOOPBACK, ClientAddresses
from supportcarr.kit.redis.client import RedisClient
from supportcarr.realtime.connection_shares import ConnectionShares
from supportcarr.realtime.settings import SocketSettings

ANN, BEN = "usr_ann", "usr_ben"
SETTINGS = SocketSettings(per_address=3, per_user=2)


async def test_a_user_has_a_bounded_number_of_connections(redis: RedisClient) -> None:
    shares = ConnectionShares(SETTINGS, ClientAddresses(LOOPBACK))  # this machine is not bounded
    async with running_server(redis, shares=shares) as server, AsyncExitStack() as others:
        async with connected_client(server.url, token_of(ANN, "rider")):
            await others.enter_async_context(connected_client(server.url, token_of(ANN, "rider")))
            third = SocketClient()
            with pytest.raises(socketio.exceptions.ConnectionError):
                await third.connect_with(server.url, {"token": token_of(ANN, "rider")})
            assert third.connect_error["data"]["code"] == "rate_limited"
            for _ in range(2):
                await others.enter_async_context(connected_client(server.url, token_of(BEN, "rider")))
        await wait_until(lambda: len(server.app.server.clients) == 3)  # the server knows that one has left
        await others.enter_async_context(connected_client(server.url, token_of(ANN, "rider")))
    assert shares.refused == 1


async def test_an_address_has_a_bounded_number_of_connections(redis: RedisClient) -> None:
    shares = ConnectionShares(SETTINGS, ClientAddresses([]))
    async with running_server(redis, shares=shares) as server, AsyncExitStack() as others:
        for user in ("usr_1", "usr_2"):
            await others.enter_async_context(connected_client(server.url, token_of(user, "rider")))
        async with connected_client(server.url, token_of(ANN, "rider")):
            with pytest.raises(socketio.exceptions.ConnectionError):
                await SocketClient().connect_with(server.url, {"token": token_of(BEN, "rider")})
        await wait_until(lambda: sum(shares._of_address.values()) == 2)
        await others.enter_async_context(connected_client(server.url, token_of(BEN, "rider")))
    assert (shares.refused, shares._of_address, shares._of_user) == (1, {}, {})


def test_a_proxys_clients_are_counted_by_their_own_addresses() -> None:
    shares = ConnectionShares(SETTINGS, ClientAddresses(["10.0.0.0/8"]))

    def scope(*headers: tuple[bytes, bytes]) -> dict[str, object]:
        return {"client": ("10.0.0.1", 1), "headers": list(headers)}

    assert shares.open(scope()) is None
    assert shares.open(scope((b"x-forwarded-for", b"192.0.2.1, 10.0.0.2"))) == "192.0.2.1"
