"""HTTP client of one simulated person: one address, one session, retries as in an app.

    RequestFailed
    ├── RequestRejected   the API rejected the request (status and code); a retry would not help
    └── ApiUnreachable    no good response within the time for retries

A request is retried after a lost connection, a timeout, a 429 and a 5xx, always with the same
Idempotency-Key.  A 401 refreshes the access token once.  ``retry_for_s=0`` means one attempt only.
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

ATTEMPT_TIMEOUT_S = 10.0  # for one response
RETRY_FOR_S = 60.0  # how long a request is retried
FIRST_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 2.0


class RequestFailed(Exception):
    """A request had no successful response."""


class RequestRejected(RequestFailed):
    def __init__(self, status: int, code: str, detail: str = "") -> None:
        self.status, self.code, self.detail = status, code, detail
        super().__init__(f"{status} {code}: {detail}")


class ApiUnreachable(RequestFailed):
    pass


class SessionTokens(msgspec.Struct, kw_only=True):
    """The tokens of one session."""

    user_id: str
    access: str
    refresh: str


def new_idempotency_key() -> str:
    """A new Idempotency-Key, for one action that must take effect once."""
    return uuid4().hex


class ApiClient:
    """Calls the public API for one person.

    *on_tokens* is called with each new session, so that it can be stored for the next run; *sign_in* is
    awaited when the session has ended, and must call ``use_session``.
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
        self._stats = stats
        self._on_tokens = on_tokens
        self._sign_in = sign_in
        self._nonce: tuple[str, str] | None = None  # of the last refresh, with its token
        self._refreshing: asyncio.Lock = asyncio.Lock()
        self._jitter = Random()  # noqa: S311 - spreads retries; no choice of a person depends on it
        self.tokens: SessionTokens | None = None
        self.verified = True  # whether the account's phone is

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
        """The decoded body (``None`` if empty).  Raises ``RequestRejected``, ``ApiUnreachable``."""
        until = time.monotonic() + retry_for_s
        delay = FIRST_RETRY_DELAY_S
        refreshed = False
        while True:
            used = self.tokens.access if self.tokens and authenticated else None
            error, value = await self._attempt(method, path, body, key, params, used)
            if error is None:
                return value
            if isinstance(error, RequestRejected) and error.status == 401 and used and not refreshed:
                refreshed = True
                await self.refresh_once(used)
                continue
            if isinstance(error, RequestRejected) and error.status < 500 and error.status != 429:
                raise error
            delay_now = max(float(value or 0.0), delay * (0.5 + self._jitter.random()))
            if time.monotonic() + delay_now >= until:
                raise ApiUnreachable(f"{method} {path}: {error}") from error
            await asyncio.sleep(delay_now)
            delay = min(MAX_RETRY_DELAY_S, delay * 2)

    async def _attempt(
        self, method: str, path: str, body: Any, key: str | None, params: Any, token: str | None
    ) -> tuple[RequestFailed | None, Any]:
        """(``None``, the decoded body), or (the error, the seconds of its Retry-After header)."""
        headers = {"X-Forwarded-For": self.address}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            data, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        route = f"{method} {path_template(path)}"
        started = time.perf_counter()
        try:
            async with self._http.request(
                method,
                self._base + path,
                data=data,
                headers=headers,
                params=params,
                timeout=aiohttp.ClientTimeout(total=ATTEMPT_TIMEOUT_S),
            ) as response:
                raw = await response.read()
                status, retry_after = response.status, response.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._stats.record_failure(route, type(error).__name__)
            return ApiUnreachable(repr(error)), None
        elapsed = time.perf_counter() - started
        value = _decoded(raw)
        code = str(value.get("code", "")) if status >= 400 and isinstance(value, dict) else ""
        self._stats.record_response(
            status, elapsed, retry_after=retry_after is not None, route=route, code=code
        )
        if status < 400:
            return None, value
        detail = str(value.get("detail", "")) if isinstance(value, dict) else ""
        return RequestRejected(status, code, detail), _seconds(retry_after)

    # --- sessions -----------------------------------------------------------------------------

    def use_session(self, body: dict[str, Any]) -> None:
        """Take the session from the response to a sign-up, a sign-in or a refresh."""
        user = body.get("user") or {}
        user_id = user.get("id") or (self.tokens.user_id if self.tokens else "")
        self.verified = user.get("phone_verified", self.verified)
        self.tokens = SessionTokens(
            user_id=user_id, access=body["access_token"], refresh=body["refresh_token"]
        )
        self._on_tokens(self.tokens)

    def use_access_token(self, body: dict[str, Any]) -> None:
        """Take the new access token of the same session, after the account has changed."""
        assert self.tokens is not None, "there is a session"
        self.verified = body["user"]["phone_verified"]
        self.tokens = SessionTokens(
            user_id=self.tokens.user_id, access=body["access_token"], refresh=self.tokens.refresh
        )
        self._on_tokens(self.tokens)

    async def refresh(self) -> None:
        """Get a new access token.  Raises ``RequestRejected`` if the session has ended."""
        if self.tokens is None:
            raise RequestRejected(401, "unauthenticated", "there is no session")
        # One nonce for each token: a retry after a lost response, also a later one, gets the same new token.
        if self._nonce is None or self._nonce[0] != self.tokens.refresh:
            self._nonce = self.tokens.refresh, new_idempotency_key()
        body = {"refresh_token": self.tokens.refresh, "nonce": self._nonce[1]}
        self.use_session(await self.request("POST", "/auth/refresh", body, authenticated=False))

    async def refresh_once(self, used: str) -> None:
        """Refresh, unless another request has done so since *used* was the access token."""
        async with self._refreshing:
            if self.tokens is None or self.tokens.access != used:
                return
            try:
                await self.refresh()
            except RequestRejected:
                if self._sign_in is None:
                    raise
                await self._sign_in()


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
    """The path with its ids replaced: ``/offers/*/acceptance``."""
    return "/".join("*" if "_" in part and len(part) > 20 else part for part in path.split("/"))
