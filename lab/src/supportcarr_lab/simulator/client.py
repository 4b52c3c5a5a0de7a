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

from supportcarr_lab.simulator.http_stats import HttpTally

ATTEMPT_S = 10.0  # longest wait for one answer
PATIENCE_S = 60.0  # how long a call is tried again
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0


class ApiError(Exception):
    """A call that did not do what was asked."""


class Refused(ApiError):
    def __init__(self, status: int, code: str, detail: str = "") -> None:
        self.status, self.code, self.detail = status, code, detail
        super().__init__(f"{status} {code}: {detail}")


class Unreachable(ApiError):
    pass


class Tokens(msgspec.Struct, kw_only=True):
    """A session as the API hands it out."""

    user_id: str
    access: str
    refresh: str


def key() -> str:
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
        tally: HttpTally,
        renewed: Callable[[Tokens], None] = lambda tokens: None,
        enter: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/") + "/api/v1"
        self.address = address
        self._tally = tally
        self._renewed = renewed
        self._enter = enter
        self._renewing: asyncio.Lock = asyncio.Lock()
        self._jitter = Random()  # noqa: S311 - spreads retries; no choice of the actor hangs on it
        self.tokens: Tokens | None = None

    async def get(self, path: str, **params: str | int | float) -> Any:
        return await self.call("GET", path, params=params or None)

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, patience_s: float = PATIENCE_S
    ) -> Any:
        return await self.call("POST", path, body, key=key, patience_s=patience_s)

    async def put(self, path: str, body: Any) -> Any:
        return await self.call("PUT", path, body)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        params: dict[str, str | int | float] | None = None,
        patience_s: float = PATIENCE_S,
        signed: bool = True,
    ) -> Any:
        """The decoded answer (``None`` for an empty one).  Raises ``Refused``, ``Unreachable``."""
        until = time.monotonic() + patience_s
        pause = FIRST_PAUSE_S
        renewed = False
        while True:
            used = self.tokens.access if self.tokens and signed else None
            why, value = await self._attempt(method, path, body, key, params, used)
            if why is None:
                return value
            if isinstance(why, Refused) and why.status == 401 and used and not renewed:
                renewed = True
                await self.renew_unless_done(used)
                continue
            if isinstance(why, Refused) and why.status < 500 and why.status != 429:
                raise why
            pause_now = max(float(value or 0.0), pause * (0.5 + self._jitter.random()))
            if time.monotonic() + pause_now >= until:
                raise Unreachable(f"{method} {path}: {why}") from why
            await asyncio.sleep(pause_now)
            pause = min(LONGEST_PAUSE_S, pause * 2)

    async def _attempt(
        self, method: str, path: str, body: Any, key: str | None, params: Any, token: str | None
    ) -> tuple[ApiError | None, Any]:
        """(``None``, the answer), or (what was wrong, the seconds to wait that the answer named)."""
        headers = {"X-Forwarded-For": self.address}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            data, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        what = f"{method} {nameless(path)}"
        begun = time.perf_counter()
        try:
            async with self._http.request(
                method,
                self._base + path,
                data=data,
                headers=headers,
                params=params,
                timeout=aiohttp.ClientTimeout(total=ATTEMPT_S),
            ) as answer:
                raw = await answer.read()
                status, retry_after = answer.status, answer.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._tally.lost(what, type(error).__name__)
            return Unreachable(repr(error)), None
        took = time.perf_counter() - begun
        value = _decoded(raw)
        code = str(value.get("code", "")) if status >= 400 and isinstance(value, dict) else ""
        self._tally.answered(status, took, retry_after=retry_after is not None, what=what, code=code)
        if status < 400:
            return None, value
        detail = str(value.get("detail", "")) if isinstance(value, dict) else ""
        return Refused(status, code, detail), _seconds(retry_after)

    # --- sessions -----------------------------------------------------------------------------

    def adopt(self, answer: dict[str, Any]) -> None:
        """Take the session from the answer to a sign-up, a sign-in or a refresh."""
        user = answer.get("user") or {}
        user_id = user.get("id") or (self.tokens.user_id if self.tokens else "")
        self.tokens = Tokens(user_id=user_id, access=answer["access_token"], refresh=answer["refresh_token"])
        self._renewed(self.tokens)

    async def renew(self) -> None:
        """A new access token by the refresh token.  Raises ``Refused`` if the session has ended."""
        if self.tokens is None:
            raise Refused(401, "unauthenticated", "there is no session")
        # The nonce makes a repeat after a lost answer harmless: it gets the same successor.
        body = {"refresh_token": self.tokens.refresh, "nonce": key()}
        self.adopt(await self.call("POST", "/auth/refresh", body, signed=False))

    async def renew_unless_done(self, used: str) -> None:
        """Renew, unless another call has done so since *used* was the access token."""
        async with self._renewing:
            if self.tokens is None or self.tokens.access != used:
                return
            try:
                await self.renew()
            except Refused:
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


def nameless(path: str) -> str:
    """The path with its ids taken out, to count by: ``/offers/*/acceptance``."""
    return "/".join("*" if "_" in part and len(part) > 20 else part for part in path.split("/"))
