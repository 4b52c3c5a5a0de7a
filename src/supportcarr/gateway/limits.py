"""The rate limits of the request path: each user, each address, and sensitive routes by address."""

from __future__ import annotations

from supportcarr.contracts.refusals import RateLimited
from supportcarr.gateway.ports import Limiter
from supportcarr.kit.limits import Pair, Rule
from supportcarr.kit.metrics import Metrics
from supportcarr.kit.settings import Limits


class RequestLimits:
    """Counts a request, or refuses it."""

    def __init__(self, limiter: Limiter, settings: Limits, metrics: Metrics) -> None:
        self._limiter = limiter
        self._user = Rule("user", settings.user_per_minute)
        self._address = Rule("address", settings.address_per_minute)
        self._sensitive = Rule("sensitive", settings.sensitive_per_minute, exact=True)
        self._refused = metrics.counter("http_rate_limited", "Requests refused by a limit")

    async def admit(self, address: str, user_id: str | None, sensitive: bool) -> None:
        """Count one request.  Raises ``RateLimited`` with the seconds to wait.

        A sensitive request is counted exactly, by its address; what must be asked of Redis goes in
        one round trip.
        """
        asked: list[Pair] = []
        self._take(address, self._address, asked)
        if user_id is not None:
            self._take(user_id, self._user, asked)
        if sensitive:
            asked.append((address, self._sensitive))
        if asked:
            verdict = await self._limiter.take(asked)
            if not verdict.allowed:
                self._refused.inc()
                raise RateLimited(retry_after=verdict.retry_after_s)

    def _take(self, key: str, rule: Rule, asked: list[Pair]) -> None:
        taken = self._limiter.try_take(key, rule)
        if taken is None:
            asked.append((key, rule))
        elif not taken:
            self._refused.inc()
            raise RateLimited(retry_after=self._limiter.retry_after(key, rule))
