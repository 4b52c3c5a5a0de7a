"""The rate limits of the request path: each user, each address, and sensitive routes by address."""

from __future__ import annotations

from supportcarr.contracts.errors import RateLimited
from supportcarr.gateway.ports import Limiter
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.ratelimit.rules import Pair, Rule


class RequestLimits:
    """Counts requests, and rejects those beyond a limit."""

    def __init__(self, limiter: Limiter, settings: LimitSettings, metrics: Metrics) -> None:
        self._limiter = limiter
        self._user = Rule("user", settings.user_per_minute)
        self._address = Rule("address", settings.address_per_minute)
        self._sensitive = Rule("sensitive", settings.sensitive_per_minute, exact=True)
        self._rejections = metrics.counter("http_requests_rate_limited", "Requests rejected by a rate limit")

    def admit_now(self, address: str, user_id: str | None, sensitive: bool) -> bool:
        """Count one request if that can be done without waiting.

        ``False``: nothing was counted; await ``count``.  Raises ``RateLimited`` with the seconds to wait;
        nothing was counted then either.
        """
        taken: bool | None
        if sensitive:
            taken = None  # it is counted exactly, which only Redis can
        elif user_id is None:
            taken = self._limiter.try_take(address, self._address)
        else:
            taken = self._limiter.try_both(address, self._address, user_id, self._user)
        if not taken:
            self._refuse_if_known(address, user_id, sensitive)
            return False
        return True

    def _refuse_if_known(self, address: str, user_id: str | None, sensitive: bool) -> None:
        """Raises ``RateLimited`` if a bucket is known to be empty; Redis is not asked."""
        wait = self._limiter.retry_after(address, self._address)
        if user_id is not None:
            wait = max(wait, self._limiter.retry_after(user_id, self._user))
        if sensitive:
            wait = max(wait, self._limiter.retry_after(address, self._sensitive))
        if wait > 0:
            self._rejections.inc()
            raise RateLimited(retry_after=wait)

    async def count(self, address: str, user_id: str | None, sensitive: bool) -> None:
        """Count one request, all of its limits or none.  Raises ``RateLimited`` with the seconds to wait.

        A sensitive request is also counted exactly, by its address.  At most one round trip to Redis.
        """
        if self.admit_now(address, user_id, sensitive):
            return
        asked: list[Pair] = [(address, self._address)]
        if user_id is not None:
            asked.append((user_id, self._user))
        if sensitive:
            asked.append((address, self._sensitive))
        verdict = await self._limiter.take(asked)
        if not verdict.allowed:
            self._rejections.inc()
            raise RateLimited(retry_after=verdict.retry_after_s)
