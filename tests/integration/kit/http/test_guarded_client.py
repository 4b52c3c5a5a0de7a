"""Requests to addresses that somebody else chose reach public addresses only, within bounds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from supportcarr.kit.http import guarded_client
from supportcarr.kit.http.guarded_client import (
    AddressRefused,
    GuardedClient,
    NotReached,
    ResponseTooLarge,
    checked_url,
)
from supportcarr.kit.http.settings import OutboundSettings

LOCAL = OutboundSettings(allow_loopback=True, timeout_seconds=30, max_body_bytes=2048)
PUBLIC = "93.184.216.34"


class Resolver(AbstractResolver):
    """Answers each look-up of any name with the next of some lists of addresses; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def client(
    settings: OutboundSettings, resolver: Resolver | None = None
) -> AsyncIterator[GuardedClient]:
    guarded = GuardedClient(settings, resolver=resolver)
    try:
        yield guarded
    finally:
        await guarded.close()


@asynccontextmanager
async def server(reply: bytes, *, hold: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server on loopback that answers every request alike; its URL, and the heads that it received."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # a client may leave before it has asked
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(reply)
            if hold:
                return
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook", heads


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://user:secret@example.org/",
        "https://example.org:22/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/latest/meta-data",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data",
        "https:///path",
        "https://[oops/",
        "//example.org/",
        "https://example.org/" + "x" * 3000,
    ],
)
def test_an_address_that_says_so_itself_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked_url(url)


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.5"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["2002:7f00:1::1"],
        [PUBLIC, "10.0.0.5"],
    ],
    ids=str,
)
async def test_a_name_with_an_address_that_is_not_public_is_refused(addresses: list[str]) -> None:
    resolver = Resolver(addresses)
    async with client(OutboundSettings(), resolver) as guarded:
        with pytest.raises(AddressRefused):
            await guarded.request("POST", "https://hooks.example.org/", body=b"{}")
    assert resolver.asked == ["hooks.example.org"]


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
async def test_other_ways_to_write_an_address_reach_nothing(host: str) -> None:
    async with client(OutboundSettings(timeout_seconds=3)) as guarded:
        with pytest.raises((AddressRefused, NotReached)):
            await guarded.request("GET", f"https://{host}/")


async def test_a_name_whose_address_changes_is_checked_at_each_request() -> None:
    """The first look-up (of a check elsewhere, say) is public, the next one is not."""
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    await resolver.resolve("rebinding.example.org")
    async with client(OutboundSettings(), resolver) as guarded:
        with pytest.raises(AddressRefused):
            await guarded.request("GET", "https://rebinding.example.org/")


async def test_the_address_that_is_connected_to_is_the_one_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even if the check of the look-up saw another address than the connection gets."""

    async def resolve(
        self: guarded_client._CheckedResolver, host: str, port: int, **_: object
    ) -> list[ResolveResult]:
        return await self._resolver.resolve(host, port)  # unchecked

    monkeypatch.setattr(guarded_client._CheckedResolver, "resolve", resolve)
    async with server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as (url, heads):
        port = url.split(":")[2].split("/")[0]
        monkeypatch.setattr(guarded_client, "PORTS", (int(port),))
        async with client(OutboundSettings(), Resolver(["127.0.0.1"])) as guarded:
            with pytest.raises(AddressRefused):
                await guarded.request("GET", f"https://rebinding.example.org:{port}/")
    assert heads == []


async def test_a_redirect_is_not_followed_and_no_credentials_are_sent() -> None:
    there = b"location: http://169.254.169.254/\r\nset-cookie: a=1\r\ncontent-length: 0\r\n\r\n"
    async with server(b"HTTP/1.1 302 Found\r\n" + there) as (url, heads), client(LOCAL) as guarded:
        for _ in range(2):
            assert (await guarded.request("GET", url)).status == 302
    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * 500_000,
    ],
    ids=["declared", "without a length"],
)
async def test_a_large_response_is_given_up(reply: bytes) -> None:
    async with server(reply) as (url, _), client(LOCAL) as guarded:
        with pytest.raises(ResponseTooLarge):
            await guarded.request("GET", url)


async def test_a_response_that_does_not_end_is_given_up() -> None:
    settings = OutboundSettings(allow_loopback=True, timeout_seconds=0.3)
    begun = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx"
    async with server(begun, hold=True) as (url, _), client(settings) as guarded:
        with pytest.raises(NotReached):
            await guarded.request("GET", url)


async def test_what_is_no_http_is_an_error_of_its_own() -> None:
    async with server(b"SSH-2.0-OpenSSH_9.2\r\n") as (url, _), client(LOCAL) as guarded:
        with pytest.raises(NotReached):
            await guarded.request("GET", url)


async def test_a_packed_body_is_not_unpacked() -> None:
    body = b"\x1f\x8b not really"
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body)
    async with server(head + body) as (url, heads), client(LOCAL) as guarded:
        response = await guarded.request(
            "POST", url, body=b"{}", headers={"content-type": "application/json"}
        )
    assert response.body == body
    assert b"accept-encoding: identity" in heads[0].lower()
