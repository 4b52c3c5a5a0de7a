"""Header values are any bytes (RFC 9110, 5.5): none of them makes the server fail, on any kind of route."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import pytest

from support.platform.in_process import Platform

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEADERS = (
    "accept-encoding",
    "accept-language",
    "accept",
    "authorization",
    "connection",
    "content-encoding",
    "content-type",
    "cookie",
    "expect",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "origin",
    "range",
    "referer",
    "stripe-signature",
    "upgrade",
    "user-agent",
    "x-forwarded-for",
    "x-request-id",
)
VALUES = (
    b"\xe9",
    b"\xff\xfe",
    "é中".encode(),
    b"a\xe9=1,b=\xff",
    b"Bearer \xe9.\xff.\xe9",
    b"",
    b"\xa0",
    b'"\xe9"',
)
ROUTES = (
    (b"GET", b"/api/v1/me", b""),
    (b"PATCH", b"/api/v1/me", b'{"name":"Ana"}'),
    (b"POST", b"/api/v1/rescues", b"{}"),
    (b"POST", b"/api/v1/auth/sign-in", b'{"phone":"+15145550142","password":"short"}'),  # guesses are limited
    (b"POST", b"/api/v1/auth/refresh", b'{"refresh_token":"none"}'),
    (b"POST", b"/api/v1/webhooks/stripe", b"{}"),
    (b"GET", b"/openapi.json", b""),
    (b"GET", b"/docs/assets/none.js", b""),
    (b"GET", b"/admin/", b""),
    (b"GET", b"/healthz", b""),
)


async def status_of(
    platform: Platform, route: tuple[bytes, bytes, bytes], header: str, value: bytes, token: str = ""
) -> int:
    """The status of the response to a request with those bytes as the header's value."""
    method, path, body = route
    url = urlsplit(platform.api.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        writer.write(
            b"%b %b HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n"
            % (method, path, len(body))
        )
        if token and header != "authorization":
            writer.write(b"authorization: Bearer %b\r\n" % token.encode())
        writer.write(b"%b: %b\r\n\r\n%b" % (header.encode(), value, body))
        return int((await asyncio.wait_for(reader.readline(), 45)).split()[1])
    finally:
        writer.close()


@pytest.mark.parametrize("header", HEADERS)
async def test_no_value_of_a_header_is_an_error_of_ours(platform: Platform, header: str) -> None:
    rider = await platform.person("rider")
    assert rider.grant is not None
    answered = {
        (route[1], value): await status_of(platform, route, header, value, rider.grant.access_token)
        for route in ROUTES
        for value in VALUES
    }
    assert {what: status for what, status in answered.items() if status >= 500} == {}
    assert 429 not in answered.values()  # a refusal before the route would prove nothing


@pytest.mark.parametrize("digest", [b"\xe9", "é".encode(), b"0" * 64])
async def test_a_webhook_s_signature_may_be_any_bytes(platform: Platform, digest: bytes) -> None:
    value = b"t=%d,v1=%b" % (time.time(), digest)
    assert await status_of(platform, ROUTES[5], "stripe-signature", value) == 400
