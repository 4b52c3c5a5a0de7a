"""``/config.json``: the settings that browser apps need before they sign in.  None are secret."""

from __future__ import annotations

import msgspec

from supportcarr.bootstrap.settings import Settings
from supportcarr.pricing.areas import MONTREAL, MONTREAL_TARIFF


class PublicMap(msgspec.Struct, frozen=True):
    """The map's source; both absent: the built-in style."""

    style_url: str | None
    mapbox_token: str | None


class PublicArea(msgspec.Struct, frozen=True):
    """A service area; ``boundary`` is a closed ring of (longitude, latitude), WGS 84."""

    id: str
    name: str
    timezone: str  # IANA
    currency: str  # ISO 4217
    boundary: tuple[tuple[float, float], ...]


class PublicConfig(msgspec.Struct, frozen=True):
    """``speed`` is in simulated seconds per real second."""

    realtime_url: str
    map: PublicMap
    languages: tuple[str, ...]
    speed: float
    areas: tuple[PublicArea, ...]


def public_config(settings: Settings, speed: float) -> PublicConfig:
    """Build the public configuration."""
    return PublicConfig(
        realtime_url=settings.deployment.realtime_url,
        map=PublicMap(settings.map.style_url or None, settings.map.mapbox_token or None),
        languages=("en",),
        speed=speed,
        areas=(
            PublicArea(
                MONTREAL.id, MONTREAL.name, MONTREAL.timezone, MONTREAL_TARIFF.currency, MONTREAL.boundary
            ),
        ),
    )
