"""Periodic tasks of pricing."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.pricing.service import PricingService


def periodic_tasks(pricing: PricingService) -> list[PeriodicTask]:
    """The purge of old quotes, every ten minutes."""
    return [PeriodicTask("pricing.forget_quotes", 600, pricing.purge_quotes)]
