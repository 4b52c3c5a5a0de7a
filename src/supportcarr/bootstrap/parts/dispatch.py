"""The part ``dispatch``: the search for a driver, offers, and the reconciler."""

from __future__ import annotations

from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.drivers import DriversPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.rescues import RescuesPart
from supportcarr.bootstrap.parts.tracking import TrackingPart
from supportcarr.contracts.routing import Route
from supportcarr.dispatch import handlers, jobs, routes
from supportcarr.dispatch.personal_data import DispatchData
from supportcarr.dispatch.service import DispatchService
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask
from supportcarr.privacy.ports import PersonalData
from supportcarr.rescues.personal_data import RescueData


class DispatchPart(Part):
    def __init__(
        self, core: Core, rescues: RescuesPart, tracking: TrackingPart, drivers: DriversPart
    ) -> None:
        self._store = core.store
        self.service = DispatchService(
            core.store,
            core.clock,
            rescues.service,
            tracking.service,
            tracking.router,
            drivers.service,
            core.settings.dispatch,
        )

    def routes(self) -> list[Route]:
        return routes.routes(self.service)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service)

    def deadlines(self) -> list[Deadline]:
        return jobs.deadlines(self.service)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.service)

    def personal_data(self) -> list[PersonalData]:
        return [DispatchData(self._store, RescueData(self._store))]
