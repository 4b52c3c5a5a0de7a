"""The HTTP half of a simulated app: one person, one address, one session, retries as an app would.

    ApiError
    ├── Refused        the API said no: status and code; trying again would not help
    └── Unreachable    no good answer within the patience of the call

A call is tried again after a lost connection, a time-out, a 429 and a 5xx, always with the same
Idempotency-Key; a 401 renews the access token once.  ``patience_s=0`` tries once only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from supportcarr_lab.simulator.http_stats import HttpStats

ATTEMPT_TIMEOUT_S = 10.0  # longest wait for one answer
RETRY_FOR_S = 60.0  # how long a call is tried again
FIRST_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 2.0


class RequestFailed(Exception):
    """A call that did not do what was asked."""


class RequestRejected(RequestFailed):
    def __init__(self, status: int, code: str, detail: str = "") -> None:
        self.status, self.code, self.detail = status, code, detail
        super().__init__(f"{status} {code}: {detail}")


class ApiUnreachable(RequestFailed):
    pass


class SessionTokens(msgspec.Struct, kw_only=True):
    """A session as the API hands it out."""

    user_id: str
    access: str
    refresh: str


def new_idempotency_key() -> str:
    """A fresh Idempotency-Key, for one thing that the person wants once."""
    return uuid4().hex


class ApiClient:
    """Calls the public API for one person.

    *renewed* is told each new session, so that it can be kept for the next start; *enter* signs the
    person in again (and adopts the answer) when the session has ended.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        base_url: str,
        *,
        address: str,
        stats: HttpStats,
        on_tokens: Callable[[SessionTokens], None] = lambda tokens: None,
        sign_in: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/") + "/api/v1"
        self.address = address
        self._tally = stats
        self._renewed = on_tokens
        self._enter = sign_in
        self._renewing: asyncio.Lock = asyncio.Lock()
        self._jitter = Random()  # noqa: S311 - spreads retries; no choice of the actor hangs on it
        self.tokens: SessionTokens | None = None

    async def get(self, path: str, **params: str | int | float) -> Any:
        return await self.request("GET", path, params=params or None)

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, retry_for_s: float = RETRY_FOR_S
    ) -> Any:
        return await self.request("POST", path, body, key=key, retry_for_s=retry_for_s)

    async def put(self, path: str, body: Any) -> Any:
        return await self.request("PUT", path, body)

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        params: dict[str, str | int | float] | None = None,
        retry_for_s: float = RETRY_FOR_S,
        authenticated: bool = True,
    ) -> Any:
        """The decoded answer (``None`` for an empty one).  Raises ``Refused``, ``Unreachable``."""
        until = time.monotonic() + retry_for_s
        pause = FIRST_RETRY_DELAY_S
        renewed = False
        while True:
            used = self.tokens.access if self.tokens and authenticated else None
            why, value = await self._attempt(method, path, body, key, params, used)
            if why is None:
                return value
            if isinstance(why, RequestRejected) and why.status == 401 and used and not renewed:
                renewed = True
                await self.refresh_once(used)
                continue
            if isinstance(why, RequestRejected) and why.status < 500 and why.status != 429:
                raise why
            pause_now = max(float(value or 0.0), pause * (0.5 + self._jitter.random()))
            if time.monotonic() + pause_now >= until:
                raise ApiUnreachable(f"{method} {path}: {why}") from why
            await asyncio.sleep(pause_now)
            pause = min(MAX_RETRY_DELAY_S, pause * 2)

    async def _attempt(
        self, method: str, path: str, body: Any, key: str | None, params: Any, token: str | None
    ) -> tuple[RequestFailed | None, Any]:
        """(``None``, the answer), or (what was wrong, the seconds to wait that the answer named)."""
        headers = {"X-Forwarded-For": self.address}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            data, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        what = f"{method} {path_template(path)}"
        begun = time.perf_counter()
        try:
            async with self._http.request(
                method,
                self._base + path,
                data=data,
                headers=headers,
                params=params,
                timeout=aiohttp.ClientTimeout(total=ATTEMPT_TIMEOUT_S),
            ) as answer:
                raw = await answer.read()
                status, retry_after = answer.status, answer.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._tally.record_failure(what, type(error).__name__)
            return ApiUnreachable(repr(error)), None
        took = time.perf_counter() - begun
        value = _decoded(raw)
        code = str(value.get("code", "")) if status >= 400 and isinstance(value, dict) else ""
        self._tally.record_response(status, took, retry_after=retry_after is not None, what=what, code=code)
        if status < 400:
            return None, value
        detail = str(value.get("detail", "")) if isinstance(value, dict) else ""
        return RequestRejected(status, code, detail), _seconds(retry_after)

    # --- sessions -----------------------------------------------------------------------------

    def use_session(self, answer: dict[str, Any]) -> None:
        """Take the session from the answer to a sign-up, a sign-in or a refresh."""
        user = answer.get("user") or {}
        user_id = user.get("id") or (self.tokens.user_id if self.tokens else "")
        self.tokens = SessionTokens(
            user_id=user_id, access=answer["access_token"], refresh=answer["refresh_token"]
        )
        self._renewed(self.tokens)

    async def refresh(self) -> None:
        """A new access token by the refresh token.  Raises ``Refused`` if the session has ended."""
        if self.tokens is None:
            raise RequestRejected(401, "unauthenticated", "there is no session")
        # The nonce makes a repeat after a lost answer harmless: it gets the same successor.
        body = {"refresh_token": self.tokens.refresh, "nonce": new_idempotency_key()}
        self.use_session(await self.request("POST", "/auth/refresh", body, authenticated=False))

    async def refresh_once(self, used: str) -> None:
        """Renew, unless another call has done so since *used* was the access token."""
        async with self._renewing:
            if self.tokens is None or self.tokens.access != used:
                return
            try:
                await self.refresh()
            except RequestRejected:
                if self._enter is None:
                    raise
                await self._enter()


def _decoded(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def path_template(path: str) -> str:
    """The path with its ids taken out, to count by: ``/offers/*/acceptance``."""
    return "/".join("*" if "_" in part and len(part) > 20 else part for part in path.split("/"))
