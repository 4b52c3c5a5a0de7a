"""The part ``pricing``: quotes and coverage."""

from __future__ import annotations

from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.riders import RidersPart
from supportcarr.bootstrap.parts.tracking import TrackingPart
from supportcarr.contracts.routing import Route
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.redis.response_cache import ResponseCache
from supportcarr.pricing import jobs, routes
from supportcarr.pricing.coverage import KEEP_S, CoverageService
from supportcarr.pricing.personal_data import QuoteData
from supportcarr.pricing.service import PricingService
from supportcarr.privacy.ports import PersonalData


class PricingPart(Part):
    def __init__(self, core: Core, tracking: TrackingPart, riders: RidersPart) -> None:
        store, clock = core.store, core.clock
        self._store = store
        self.service = PricingService(
            store, clock, tracking.areas, tracking.router, tracking.supply, riders.bikes, core.settings.quotes
        )
        cache = ResponseCache(core.redis.cache, "coverage", seconds=KEEP_S / clock.speed)
        self.coverage = CoverageService(tracking.areas, tracking.supply, clock, shared=cache)

    def routes(self) -> list[Route]:
        return routes.routes(self.service, self.coverage)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.service)

    def personal_data(self) -> list[PersonalData]:
        return [QuoteData(self._store)]
