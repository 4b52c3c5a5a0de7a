"""What the gateway needs of other parts; ``bootstrap`` passes it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from supportcarr.contracts.actors import Principal
from supportcarr.kit.ratelimit.rules import Pair, Rule, Verdict


class TokenVerifier(Protocol):
    """Verifies access tokens.  Implemented by ``auth.access_tokens.AccessTokens``."""

    def verify(self, token: bytes) -> Principal:
        """The caller.  Raises ``Unauthenticated`` if the token is not valid, expired or revoked;
        ``UnknownSigningKey`` if ``verify_with_new_keys`` may accept it."""

    async def verify_with_new_keys(self, token: bytes) -> Principal:
        """The caller, after reading the signing keys again.  Raises ``Unauthenticated``; ``Overloaded`` if
        they cannot be read."""

    def stale(self) -> bool:
        """Whether a recent revocation may be unknown to this process."""

    async def confirm(self, principal: Principal) -> None:
        """Check the session, while ``stale``.  Raises ``Unauthenticated``, or ``Overloaded`` if neither
        Redis nor the store can be asked."""


class Limiter(Protocol):
    """Counts requests.  Implemented by ``kit.ratelimit.limiter.Limiter``."""

    remaining: int  # tokens left of the last key that ``try_take`` or ``try_both`` took one of

    def try_take(self, key: str, rule: Rule) -> bool | None: ...

    def try_both(self, key: str, rule: Rule, other_key: str, other_rule: Rule) -> bool | None: ...

    def retry_after(self, key: str, rule: Rule) -> float: ...

    def left(self, key: str, rule: Rule) -> int: ...

    async def take(self, pairs: Sequence[Pair]) -> Verdict: ...

    def give_back(self, pairs: Sequence[Pair]) -> None: ...


Check = Callable[[], Awaitable[object]]  # raises if what it checks cannot serve
Config = Callable[[], Any]  # the body of /config.json: anything that msgspec encodes
