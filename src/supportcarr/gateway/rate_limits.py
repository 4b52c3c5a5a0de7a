"""The rate limits of the request path: each user, each address, and stricter ones that routes declare.

Responses say what a client may still do in the header fields of draft-ietf-httpapi-ratelimit-headers-10:
``RateLimit-Policy: "user";q=300;w=60`` (q requests in w seconds; one field for each endpoint, built at the
start) and ``RateLimit: "user";r=299`` (r requests left now; with ``t``, none for so many seconds).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from supportcarr.contracts.limits import GEOCODING, PINS, QUOTES, SHARED, TEXTS
from supportcarr.contracts.routing import Route
from supportcarr.gateway.ports import Limiter
from supportcarr.gateway.problems import LimitReached, Unavailable
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.ratelimit.rules import Pair, Rule

Header = tuple[bytes, bytes]

CLOSED_SECONDS = 5  # after which a client may ask again for what needs Redis


@dataclass(frozen=True, slots=True)
class StrictLimits:
    """The stricter rules of an endpoint, by whom they count, and its header with the policies."""

    by_address: tuple[Rule, ...]
    by_user: tuple[Rule, ...]
    policy: Header
    codes: Mapping[str, frozenset[str]]  # by the name of a rule that counts only requests with such an error


class _Remaining(dict[int, Header]):
    """The header for each number of requests left of a rule, built when it is first needed."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def __missing__(self, left: int) -> Header:
        header = self[left] = (b"ratelimit", b'"%b";r=%d' % (self._rule.name.encode(), max(0, left)))
        return header


class RequestLimits:
    """Counts requests, and rejects those beyond a limit."""

    def __init__(self, limiter: Limiter, settings: LimitSettings, metrics: Metrics) -> None:
        self._limiter = limiter
        self._user = Rule("user", settings.user_per_minute)
        self._address = Rule("address", settings.address_per_minute)
        self._sensitive = Rule("sensitive", settings.sensitive_per_minute, exact=True)
        self._declared = _declared_rules(settings)
        self._left_of_user, self._left_of_address = _Remaining(self._user), _Remaining(self._address)
        self.policy = _policy((self._user, self._address))
        self._rejections = metrics.counter("http_requests_rate_limited_total")
        self._closed = metrics.counter("http_requests_closed_without_redis_total")

    def of_route(self, route: Route) -> StrictLimits | None:
        """The stricter limits that a route declares; ``None``: it has those of every request only."""
        by: dict[str, list[Rule]] = {"address": [self._sensitive] if route.sensitive else [], "user": []}
        codes: dict[str, frozenset[str]] = {}
        for limit in route.limits:
            rules = self._declared[limit.name]
            by[limit.by] += rules
            if limit.codes:
                codes |= {rule.name: limit.codes for rule in rules}
        if not any(by.values()):
            return None
        address, user = tuple(by["address"]), tuple(by["user"])
        policy = _policy((*address, *user, self._user, self._address))
        return StrictLimits(address, user, policy, codes)

    def admit_now(self, address: str, user_id: str | None, strict: StrictLimits | None) -> Header | None:
        """Count one request if that can be done without waiting; returns the header with what is left.

        ``None``: nothing was counted; await ``count``.  Raises ``LimitReached`` with the seconds to wait;
        nothing was counted then either.
        """
        if strict is None:  # others are counted exactly, which only Redis can
            if user_id is None:
                if self._limiter.try_take(address, self._address):
                    return self._left_of_address[self._limiter.remaining]
            elif self._limiter.try_both(address, self._address, user_id, self._user):
                return self._left_of_user[self._limiter.remaining]
        self._refuse_if_known(self._pairs(address, user_id, strict))
        return None

    async def count(self, address: str, user_id: str | None, strict: StrictLimits | None) -> Header:
        """Count one request, all of its limits or none; returns the header with what is left.

        At most one round trip to Redis.  Raises ``LimitReached`` with the seconds to wait, and
        ``Unavailable`` if a limit needs Redis and it cannot be asked.
        """
        counted = self.admit_now(address, user_id, strict)
        if counted is not None:
            return counted
        pairs = self._pairs(address, user_id, strict)
        verdict = await self._limiter.take(pairs)
        if verdict.closed:
            self._closed.inc()
            raise Unavailable("This is closed for a moment; try again", retry_after=CLOSED_SECONDS)
        if not verdict.allowed:
            self._refuse(pairs, verdict.retry_after_s)
        return self._left(pairs)

    def give_back(self, clients: Sequence[str], strict: StrictLimits, code: str | None) -> Header:
        """Count a request no longer for the rules that count other errors than its *code* (``None``: none).

        *clients*: its address, and its user if known.  It was counted before, so that many at once are not
        more than the limit.  Returns the header with what is left now.
        """
        pairs = self._pairs(clients[0], clients[1] if len(clients) > 1 else None, strict)
        codes = strict.codes
        self._limiter.give_back([of for of in pairs if of[1].name in codes and code not in codes[of[1].name]])
        return self._left(pairs)

    def _left(self, pairs: Sequence[Pair]) -> Header:
        own = pairs[1:] or pairs  # the address's is shared with others; ``admit_now`` tells the user's, too
        left, rule = min(((self._limiter.left(key, rule), rule) for key, rule in own), key=lambda of: of[0])
        return _Remaining(rule)[left]

    def _pairs(self, address: str, user_id: str | None, strict: StrictLimits | None) -> list[Pair]:
        pairs: list[Pair] = [(address, self._address)]
        if user_id is not None:
            pairs.append((user_id, self._user))
        if strict is not None:
            pairs += [(address, rule) for rule in strict.by_address]
            if user_id is not None:
                pairs += [(user_id, rule) for rule in strict.by_user]
        return pairs

    def _refuse_if_known(self, pairs: Sequence[Pair]) -> None:
        """Raises ``LimitReached`` if a bucket is known to be empty; Redis is not asked."""
        wait = max(self._limiter.retry_after(key, rule) for key, rule in pairs)
        if wait > 0:
            self._refuse(pairs, wait)

    def _refuse(self, pairs: Sequence[Pair], wait_s: float) -> None:
        """Raises ``LimitReached``, with the header of the rule that has to be waited for longest."""
        self._rejections.inc()
        limiter = self._limiter
        _, rule = max(pairs, key=lambda pair: (limiter.retry_after(*pair), -limiter.left(*pair)))
        left = b'"%b";r=0;t=%d' % (rule.name.encode(), max(1, math.ceil(wait_s)))
        raise LimitReached((b"ratelimit", left), retry_after=wait_s)


def _declared_rules(settings: LimitSettings) -> dict[str, tuple[Rule, ...]]:
    """The rules of each limit that routes may declare, by its name."""
    return {
        TEXTS.name: (
            Rule("texts-hour", settings.texts_per_address_per_hour, 3600, exact=True, needs_redis=True),
            Rule("texts-day", settings.texts_per_address_per_day, 86_400, exact=True, needs_redis=True),
        ),
        QUOTES.name: (Rule("quotes", settings.quotes_per_minute, exact=True),),
        PINS.name: (Rule("pins", settings.pins_per_minute, exact=True),),
        SHARED.name: (Rule("shared", settings.shared_per_minute, exact=True),),
        GEOCODING.name: (Rule("geocoding", settings.geocoding_per_minute, exact=True),),
    }


def _policy(rules: Iterable[Rule]) -> Header:
    """The header with the quota of each rule; strictest first, as a client should read them."""
    policies = (b'"%b";q=%d;w=%d' % (rule.name.encode(), rule.limit, rule.seconds) for rule in rules)
    return b"ratelimit-policy", b", ".join(policies)
