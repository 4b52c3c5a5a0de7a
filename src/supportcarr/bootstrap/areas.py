"""The service areas of the platform."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.operations.model import Area
from supportcarr.pricing.areas import MONTREAL

AREAS = (Area(MONTREAL.id, MONTREAL.timezone),)


def area_ids() -> Sequence[str]:
    return [area.id for area in AREAS]
