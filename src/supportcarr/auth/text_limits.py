"""How many text messages may be sent to a number, and on behalf of an account, in an hour and a day.

Texts cost money, and a stranger can have them sent to any number.  So each is counted exactly, in Redis,
before it is sent; while Redis cannot count, none is sent.  Routes that have a text sent also declare
``contracts.limits.TEXTS``, which counts them by address.
"""

from __future__ import annotations

from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, RateLimited
from supportcarr.kit.ratelimit.limiter import Limiter
from supportcarr.kit.ratelimit.rules import Pair, Rule

HOUR_S, DAY_S = 3600.0, 86_400.0
CLOSED_RETRY_S = 5.0


class TextLimits:
    """Admits texts.  Numbers with and without an account are treated alike."""

    def __init__(self, limiter: Limiter, settings: AuthSettings) -> None:
        self._limiter = limiter
        hour, day = settings.texts_per_hour, settings.texts_per_day
        self._rules = {
            who: (
                Rule(f"texts-{who}-hour", hour, HOUR_S, exact=True, needs_redis=True),
                Rule(f"texts-{who}-day", day, DAY_S, exact=True, needs_redis=True),
            )
            for who in ("number", "account")
        }

    async def admit(self, number_key: str, account: str | None = None) -> None:
        """Count a text that is about to be sent; all of its limits or none.

        *number_key* is the keyed hash of the number, *account* the id of the account that asks, if there is
        one.  Raises ``RateLimited`` with the seconds to wait; ``Overloaded`` while Redis cannot count.
        """
        pairs: list[Pair] = [(number_key, rule) for rule in self._rules["number"]]
        if account is not None:
            pairs += [(account, rule) for rule in self._rules["account"]]
        verdict = await self._limiter.take(pairs)
        if verdict.closed:
            raise Overloaded("No text messages are sent at the moment", retry_after=CLOSED_RETRY_S)
        if not verdict.allowed:
            raise RateLimited("Too many text messages for this number", retry_after=verdict.retry_after_s)
