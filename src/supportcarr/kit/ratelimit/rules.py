"""The rule of a rate limit, and its verdict on one request."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """``limit`` requests in ``seconds`` for each key, all of which may come at once.

    ``exact`` rules are never leased: each request asks Redis, unless it is known to be refused.
    ``needs_redis`` rules admit nothing that Redis has not counted; others are counted by each process alone
    while Redis is away.
    """

    name: str
    limit: int
    seconds: float = 60.0
    exact: bool = False
    needs_redis: bool = False

    @property
    def interval_us(self) -> int:
        """Microseconds for one token to grow, rounded up."""
        return math.ceil(self.seconds * 1_000_000 / self.limit)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may go on.

    ``retry_after_s``: seconds until the scarcest key has a token again (0 if allowed); ``remaining``: tokens
    left of the scarcest key.  ``closed``: refused because a rule needs Redis, which does not answer.
    """

    allowed: bool
    retry_after_s: float
    remaining: int
    closed: bool = False


Pair = tuple[str, Rule]  # a key, and the rule that holds for it
