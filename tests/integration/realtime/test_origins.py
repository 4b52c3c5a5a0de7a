"""Pages of other origins cannot open a socket, and nothing tells a browser that they may."""

from __future__ import annotations

import json

import aiohttp
import pytest

from support.realtime import connected_client, running_server, token_of
from supportcarr.kit.redis.client import RedisClient

EVIL = {"Origin": "https://evil.example"}


async def test_a_socket_from_a_page_of_another_origin_is_refused(redis: RedisClient) -> None:
    async with running_server(redis) as server, aiohttp.ClientSession() as http:
        url = f"{server.url}/socket.io/?EIO=4&transport=websocket"
        for origin in ("https://evil.example", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await http.ws_connect(url, headers={"Origin": origin})
            assert refused.value.status == 403
        own = await http.ws_connect(url, headers={"Origin": server.url})
        await own.close()
        async with connected_client(server.url, token_of("usr_ann", "rider")):
            pass  # not a browser: it sends no origin


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
async def test_no_response_allows_another_origin(redis: RedisClient, method: str) -> None:
    async with running_server(redis) as server, aiohttp.ClientSession() as http:
        preflight = EVIL | {"Access-Control-Request-Method": "GET"}
        for headers in (preflight, preflight | {"Origin": server.url}):
            async with http.request(
                method, f"{server.url}/socket.io/?EIO=4&transport=polling", headers=headers
            ) as reply:
                assert [name for name in reply.headers if name.lower().startswith("access-control")] == []
                assert reply.status == 403 if headers["Origin"] == EVIL["Origin"] else reply.status < 500


@pytest.mark.parametrize("token", ["\ud800", "é", "\x00"])
async def test_a_token_of_any_characters_is_refused_as_invalid(redis: RedisClient, token: str) -> None:
    async with running_server(redis) as server, aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket")
        assert (await socket.receive_str()).startswith("0")
        await socket.send_str(f"40{json.dumps({'token': token})}")
        reply = await socket.receive_str()
        assert reply.startswith("44")
        assert '"unauthenticated"' in reply
        await socket.close()
