"""The part ``tracking``, with what it needs of ``pricing`` (areas) and what is counted from it (supply)."""

from __future__ import annotations

from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.contracts.routing import Route
from supportcarr.dispatch.supply import DriverSupply
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.redis.response_cache import ResponseCache
from supportcarr.pricing.geography import ServiceAreas
from supportcarr.privacy.ports import PersonalData
from supportcarr.providers.routing import StraightLineRouter
from supportcarr.rescues.personal_data import RescueData
from supportcarr.tracking import handlers, routes
from supportcarr.tracking.personal_data import TrackingData
from supportcarr.tracking.service import TrackingService


class TrackingPart(Part):
    def __init__(self, core: Core) -> None:
        store, cache, dispatch = core.store, core.redis.cache, core.settings.dispatch
        self._store, self._redis = store, cache
        self.router = StraightLineRouter(core.settings.routing)
        self.area_cache = ResponseCache(cache, "areas")
        self.areas = ServiceAreas(store, core.clock, shared=self.area_cache)
        self.service = TrackingService(
            store, cache, core.clock, self.areas, self.router, fresh_seconds=dispatch.fresh_seconds
        )
        self.supply = DriverSupply(store, self.service, self.router, radius_max_m=dispatch.radius_max_m)

    def routes(self) -> list[Route]:
        return routes.routes(self.service)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service)

    def personal_data(self) -> list[PersonalData]:
        return [TrackingData(self._store, self._redis, RescueData(self._store))]

    async def close(self) -> None:
        await self.service.close()
