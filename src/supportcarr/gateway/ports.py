"""What the gateway needs of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from supportcarr.contracts.actors import Principal
from supportcarr.kit.ratelimit.rules import Pair, Rule, Verdict


class TokenVerifier(Protocol):
    """Turns an access token into whose it is."""

    def verify(self, token: bytes) -> Principal:
        """Raises ``Unauthenticated``: not ours, over, or taken back."""

    def stale(self) -> bool:
        """True if something may have been taken back of which this process has not heard."""

    async def confirm(self, principal: Principal) -> None:
        """Ask, while ``stale``.  Raises ``Unauthenticated``; ``Overloaded``: nobody can tell."""


class Limiter(Protocol):
    """Counts requests (``kit.ratelimit.limiter.Limiter``)."""

    def try_take(self, key: str, rule: Rule) -> bool | None: ...

    def try_both(self, key: str, rule: Rule, other_key: str, other_rule: Rule) -> bool | None: ...

    def retry_after(self, key: str, rule: Rule) -> float: ...

    async def take(self, pairs: Sequence[Pair]) -> Verdict: ...


Check = Callable[[], Awaitable[object]]  # raises if what it checks cannot serve
Config = Callable[[], Any]  # what /config.json answers: anything that msgspec encodes
