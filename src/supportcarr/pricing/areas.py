"""The service area and the tariff of the demo city."""

from __future__ import annotations

from supportcarr.kit.store.port import Store
from supportcarr.pricing.collections import AREAS, TARIFFS
from supportcarr.pricing.model import ServiceArea, Tariff

# The convex hull of the 249 car-share zones of Montreal, buffered by 1.5 km and simplified to 60 m
# (equirectangular projection at the zones' mean latitude).  Source of the zones: the ``carshare``
# table of the Python package plotly 7.1 (MIT).
_MONTREAL = (
    (-73.57962, 45.43919),
    (-73.58622, 45.43627),
    (-73.59393, 45.43543),
    (-73.73990, 45.44050),
    (-73.74755, 45.44190),
    (-73.75375, 45.44534),
    (-73.75745, 45.45024),
    (-73.75803, 45.45577),
    (-73.75539, 45.46099),
    (-73.65846, 45.57247),
    (-73.63934, 45.58902),
    (-73.63305, 45.59251),
    (-73.54878, 45.62176),
    (-73.53577, 45.62409),
    (-73.52694, 45.62392),
    (-73.50882, 45.62056),
    (-73.50166, 45.61801),
    (-73.49660, 45.61364),
    (-73.49453, 45.60820),
    (-73.49367, 45.58678),
    (-73.52880, 45.47659),
    (-73.53423, 45.46983),
    (-73.57962, 45.43919),
)

MONTREAL = ServiceArea(
    id="montreal",
    name="Montréal",
    region="qc",
    timezone="America/Toronto",
    tariff_id="montreal",
    boundary=_MONTREAL,
)

MONTREAL_TARIFF = Tariff(
    id="montreal",
    currency="CAD",
    base_minor=1200,
    per_km_minor=160,
    per_minute_minor=45,
    minimum_minor=2000,
)


async def seed_demo(store: Store) -> None:
    """Store the demo's area and tariff, unless they are stored already."""
    await store.collection(TARIFFS).insert_many([MONTREAL_TARIFF])
    await store.collection(AREAS).insert_many([MONTREAL])
