"""An HTTP client for addresses that somebody else chose: a partner's webhook, a feed.

Whoever chooses an address must not reach our own network through us (server-side request forgery).  So only
https to public addresses on the usual ports is requested.  Names are looked up here: if one of a name's
addresses is not public, the request is refused.  And the socket is opened by a function that checks the very
address it connects to, so a name whose address changes between look-up and connection (DNS rebinding) gains
nothing, nor does an address written as a literal.  Redirects are not followed, no proxy, cookie or credential
is used, and time and size of the response are bounded.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from supportcarr.kit.http.public_addresses import is_public
from supportcarr.kit.http.settings import OutboundSettings

Method = Literal["GET", "HEAD", "POST"]
PORTS = (443, 8443)
URL_CHARACTERS_MAX = 2048
_CHUNK_BYTES = 65_536
_HEADERS = {"user-agent": "SupportCarr", "accept-encoding": "identity"}  # so that no body grows by unpacking


class RequestFailed(Exception):
    """Base class of this client's errors; the message is a sentence for whoever chose the address.

    RequestFailed
    ├── AddressRefused    the address may not be requested
    ├── NotReached        no connection, no valid certificate, or no response in time
    └── ResponseTooLarge  the body is larger than allowed
    """


class AddressRefused(RequestFailed):
    pass


class NotReached(RequestFailed):
    pass


class ResponseTooLarge(RequestFailed):
    pass


class ReceivedResponse(msgspec.Struct, frozen=True):
    """A response.  A redirect is one, too: it is not followed."""

    status: int
    content_type: str
    body: bytes
    retry_after: str | None = None  # the header


class _NotPublic(OSError):
    """An address to which no connection is made."""


class _CheckedResolver(AbstractResolver):
    """Looks names up by *resolver*; raises ``_NotPublic`` if one of the addresses may not be connected to."""

    def __init__(self, resolver: AbstractResolver, *, loopback: bool) -> None:
        self._resolver = resolver
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            _check(result["host"], loopback=self._loopback)
        return found

    async def close(self) -> None:
        await self._resolver.close()


class GuardedClient:
    """Requests addresses that somebody else chose.  Used in the event loop's thread only."""

    def __init__(self, settings: OutboundSettings, *, resolver: AbstractResolver | None = None) -> None:
        self._settings = settings
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: Method, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> ReceivedResponse:
        """The response, whatever its status.  Raises the subclasses of ``RequestFailed``."""
        target = checked_url(url, loopback=self._settings.allow_loopback)
        try:
            async with self._open().request(
                method,
                target,
                data=body or None,
                headers={**_HEADERS, **(headers or {})},
                allow_redirects=False,
            ) as response:
                content = b"" if method == "HEAD" else await self._read(response)
                return ReceivedResponse(
                    response.status, response.content_type, content, response.headers.get("retry-after")
                )
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _NotPublic):
                raise AddressRefused(f"{target.host} is not a public address") from None
            raise NotReached(f"{target.host} cannot be reached") from error
        except TimeoutError as error:
            raise NotReached(f"{target.host} did not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotReached(f"{target.host} did not answer properly") from error

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        most = self._settings.max_body_bytes
        content = bytearray()
        if response.content_length is None or response.content_length <= most:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                content += chunk
                if len(content) > most:
                    break
            else:
                return bytes(content)
        response.close()
        raise ResponseTooLarge(f"The response has more than {most} bytes")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            loopback = self._settings.allow_loopback

            def open_socket(address: aiohttp.AddrInfoType) -> socket.socket:
                family, kind, protocol, _, destination = address
                _check(str(destination[0]), loopback=loopback)
                return socket.socket(family, kind, protocol)

            resolver = self._resolver or aiohttp.ThreadedResolver(asyncio.get_running_loop())
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_CheckedResolver(resolver, loopback=loopback),
                    socket_factory=open_socket,
                    use_dns_cache=False,
                    force_close=True,  # each request is checked again
                    limit_per_host=8,
                ),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def checked_url(url: str, *, loopback: bool = False) -> URL:
    """The URL, if it may be requested as far as it says itself; names are looked up when it is requested.

    Raises ``AddressRefused``.  With *loopback* http, any port and addresses of this machine may be, too.
    """
    if len(url) > URL_CHARACTERS_MAX:
        raise AddressRefused(f"An address may have {URL_CHARACTERS_MAX} characters")
    try:
        target = URL(url)
        host, port = target.host, target.port
    except ValueError:
        raise AddressRefused("This is not an address") from None
    if target.scheme != "https" and not (loopback and target.scheme == "http"):
        raise AddressRefused("An address must begin with https://")
    if not host:
        raise AddressRefused("This is not an address")
    if target.user is not None or target.password is not None:
        raise AddressRefused("An address must not contain a user or password")
    if port not in PORTS and not loopback:
        raise AddressRefused("The port must be 443 or 8443")
    try:
        ip_address(host)
    except ValueError:
        return target  # a name
    try:
        _check(host, loopback=loopback)
    except _NotPublic:
        raise AddressRefused(f"{host} is not a public address") from None
    return target


def _check(address: str, *, loopback: bool) -> None:
    """Raises ``_NotPublic`` for an address that must not be connected to."""
    if is_public(address) or (loopback and ip_address(address).is_loopback):
        return
    raise _NotPublic(f"{address} is not public")
