"""What pricing must do now and then."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import Ticker
from supportcarr.pricing.service import Pricing


def tickers(pricing: Pricing) -> list[Ticker]:
    """The sweep of old quotes, every ten minutes."""
    return [Ticker("pricing.forget_quotes", 600, pricing.forget_quotes)]
