"""How many text messages a number and an account get, and that none is sent while Redis cannot count."""

from __future__ import annotations

import pytest

from support.ratelimit import CallOutcome, LimiterHarness, simulated_time
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.text_limits import TextLimits
from supportcarr.contracts.errors import Overloaded, RateLimited

SETTINGS = AuthSettings(texts_per_hour=2, texts_per_day=3)


async def refused_for(limits: TextLimits, number: str, account: str | None = None) -> float | None:
    """The seconds to wait; 0 if the text is admitted."""
    try:
        await limits.admit(number, account)
    except RateLimited as error:
        return error.retry_after
    return 0


def test_a_number_has_few_texts_whoever_asks_for_them() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limits = TextLimits(harness.limiter(), SETTINGS)
        assert await refused_for(limits, "number", "usr_a") == 0
        assert await refused_for(limits, "number") == 0
        assert await refused_for(limits, "number", "usr_b") == pytest.approx(1800, rel=0.01)
        assert await refused_for(limits, "another", "usr_b") == 0


def test_an_account_has_few_texts_to_whatever_numbers() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limits = TextLimits(harness.limiter(), SETTINGS)
        waits = [await refused_for(limits, f"number-{n}", "usr_a") for n in range(3)]
        assert waits[:2] == [0, 0]
        assert waits[2] == pytest.approx(1800, rel=0.01)
        assert await refused_for(limits, "number-2", "usr_b") == 0, "a refused text is not counted"


def test_no_text_is_sent_while_redis_cannot_count() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        harness.redis.default_outcome = CallOutcome(arrives_s=None, replies_s=None)
        with pytest.raises(Overloaded) as error:
            await TextLimits(harness.limiter(), SETTINGS).admit("number", "usr_a")
        assert error.value.retry_after == 5
