"""The part ``riders``: saved places and bikes, and the claim that a rescue has on its rider."""

from __future__ import annotations

from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.files import FilesPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.privacy.ports import PersonalData
from supportcarr.riders import handlers, routes
from supportcarr.riders.personal_data import RiderData
from supportcarr.riders.possession_service import BikeService, PlaceService
from supportcarr.riders.service import RiderService


class RidersPart(Part):
    """What reconciles claims needs the rescues: ``RescuesPart`` declares it."""

    def __init__(self, core: Core, files: FilesPart) -> None:
        self._store = core.store
        self.service = RiderService(core.store, core.clock)
        self.places = PlaceService(core.store)
        self.bikes = BikeService(core.store, core.clock, files.service)

    def routes(self) -> list[Route]:
        return routes.routes(self.places, self.bikes)

    def consumers(self) -> list[Consumer]:
        return [*handlers.consumers(self.service), *handlers.bike_consumers(self.bikes)]

    def personal_data(self) -> list[PersonalData]:
        return [RiderData(self._store)]
