"""Maps as the settings say: the imported region, and the search for addresses."""

from __future__ import annotations

from pathlib import Path

from supportcarr.bootstrap.public_config import PublicStreets
from supportcarr.bootstrap.settings import Settings
from supportcarr.gateway.map_tiles import PATH
from supportcarr.pricing.areas import MONTREAL
from supportcarr.providers.map_region import region_in
from supportcarr.providers.mapbox import MapboxGeocoder


def map_folder(settings: Settings) -> Path:
    """The folder of the imported region, whether it exists or not."""
    return Path(settings.map.folder) if settings.map.folder else Path(settings.deployment.data) / "map"


def map_tiles(settings: Settings) -> tuple[Path, str] | None:
    """The file with the tiles of the imported region and its version; ``None``, if there is none."""
    region = region_in(map_folder(settings))
    return (region.tiles, region.version) if region else None


def public_streets(settings: Settings) -> PublicStreets | None:
    """What browsers need to know of the imported region; ``None``, if there is none."""
    region = region_in(map_folder(settings))
    return PublicStreets(f"{PATH}?v={region.version}", region.info.attribution) if region else None


def geocoder_of(settings: Settings) -> MapboxGeocoder | None:
    """The map provider's search, if there is a token for it."""
    if not settings.map.mapbox_token:
        return None
    lngs, lats = zip(*MONTREAL.boundary, strict=True)
    return MapboxGeocoder(
        settings.map.mapbox_token,
        api_url=settings.map.mapbox_api_url,
        referer=settings.deployment.public_url,
        timeout_s=settings.map.geocoding_timeout_seconds,
        permanent=settings.map.geocoding_permanent,
        bounds=(min(lngs), min(lats), max(lngs), max(lats)),
    )
