"""Twilio's SDK, with an HTTP client whose timeout holds.

Its own asynchronous client ignores the timeout that it is given, and can repeat a POST after a 503: that
would be three texts for one.  Import it in a thread, and only where texts are sent: it takes half a second.
"""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from supportcarr.providers.settings import TwilioSettings

__all__ = ["Client", "HttpClient", "TwilioException", "TwilioRestException", "new_client"]

_API = "https://api.twilio.com"

_silent = logging.getLogger("supportcarr.twilio")  # the SDK would log phone numbers
_silent.disabled = True


class HttpClient(AsyncHttpClient):  # type: ignore[misc]  # the SDK has no types
    """Sends each request once, and waits no longer than the timeout for the whole response."""

    def __init__(self, *, timeout_s: float, base: str) -> None:
        super().__init__(_silent, True, timeout_s)
        self._base = base.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Raises ``aiohttp.ClientError``, ``TimeoutError``."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        if self._base:
            url = self._base + url.removeprefix(_API)
        if auth is not None:
            headers = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        async with self._session.request(
            method,
            url,
            params=params,
            data=data,
            headers=headers,
            allow_redirects=allow_redirects,
        ) as response:
            return Response(response.status, await response.text(), response.headers)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def new_client(settings: TwilioSettings, http: HttpClient) -> Client:
    """The SDK's client of that account.  Raises ``TwilioException`` without credentials."""
    return Client(settings.account_sid, settings.auth_token, http_client=http)
