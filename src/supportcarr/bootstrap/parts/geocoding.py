"""The part ``geocoding``: addresses and names to coordinates and back."""

from __future__ import annotations

from supportcarr.bootstrap.maps import geocoder_of, map_folder
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.riders import RidersPart
from supportcarr.contracts.routing import Route
from supportcarr.geocoding import routes
from supportcarr.geocoding.service import GeocodingService
from supportcarr.providers.named_places import NamedPlaces
from supportcarr.rescues.recent_places import RecentPlaces


class GeocodingPart(Part):
    def __init__(self, core: Core, riders: RidersPart) -> None:
        named = NamedPlaces(map_folder(core.settings))
        self._service = GeocodingService(
            riders.places, RecentPlaces(core.store), named, geocoder_of(core.settings)
        )

    def routes(self) -> list[Route]:
        return routes.routes(self._service)

    async def close(self) -> None:
        await self._service.close()
