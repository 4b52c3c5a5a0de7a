"""The part ``ratings``: what rider and driver of a rescue say of each other."""

from __future__ import annotations

from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.drivers import DriversPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.privacy.ports import PersonalData
from supportcarr.ratings import handlers, jobs, routes
from supportcarr.ratings.personal_data import RatingData
from supportcarr.ratings.service import RatingService
from supportcarr.rescues.people import PeopleOfRescues


class RatingsPart(Part):
    def __init__(self, core: Core, audit: AuditPart, drivers: DriversPart) -> None:
        self._store, self._audit, self._drivers = core.store, audit, drivers
        self.service = RatingService(
            core.store, core.clock, PeopleOfRescues(core.store), core.settings.ratings
        )

    def routes(self) -> list[Route]:
        return routes.routes(self.service, self._audit.log, self._drivers.service)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service)

    def deadlines(self) -> list[Deadline]:
        return jobs.deadlines(self.service)

    def personal_data(self) -> list[PersonalData]:
        return [RatingData(self._store)]
