"""What pricing must do now and then."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.pricing.service import PricingService


def periodic_tasks(pricing: PricingService) -> list[PeriodicTask]:
    """The sweep of old quotes, every ten minutes."""
    return [PeriodicTask("pricing.forget_quotes", 600, pricing.purge_quotes)]
