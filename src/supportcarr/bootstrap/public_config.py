"""``/config.json``: what a browser's app must know before it can ask.  Nothing of it is secret."""

from __future__ import annotations

import msgspec

from supportcarr.bootstrap.settings import Settings
from supportcarr.pricing.areas import MONTREAL, MONTREAL_TARIFF


class PublicMap(msgspec.Struct, frozen=True):
    """Whose map is drawn; both absent: the apps' own."""

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
    """``speed``: city seconds a wall second."""

    realtime_url: str
    map: PublicMap
    languages: tuple[str, ...]
    speed: float
    areas: tuple[PublicArea, ...]


def public_config(settings: Settings, speed: float) -> PublicConfig:
    """What every app is told."""
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
