"""Live positions in Redis: one script that judges and writes, and the search for who is near.

A driver's newest position is a hash; who reported lately stands in geo sets, one for each slice of
city time, that expire.  The set finds the candidates, the hash says where they really are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from supportcarr.contracts.geo import EARTH_RADIUS_M, GeoPoint, distance_m
from supportcarr.contracts.terms import NearbyDriver
from supportcarr.kit.clock import Clock
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, Script
from supportcarr.tracking.model import Fix, Rules, Verdict

NOWHERE = "-"  # stands for the area of positions outside every area
LAST_KEPT_MS = 600_000  # wall time
CANDIDATES_PER_SLICE = 200

_VERDICTS: tuple[Verdict, ...] = ("live", "repeated", "stale", "out_of_order", "inaccurate", "impossible")

# Says of each fix what ``model.judge`` would (a test holds both to the same answers), and keeps the
# newest believed one.  Two more Redis trips, or a race between two reports, would come of doing it
# in Python.
_REPORT = Script(
    "tracking.report",
    """
local now, fresh, accuracy_max = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local speed_max, radius = tonumber(ARGV[4]), tonumber(ARGV[5])
local last = redis.call('HMGET', KEYS[1], 'at', 'lat', 'lng')
local at, lat, lng = tonumber(last[1]), tonumber(last[2]), tonumber(last[3])
local newest, live = nil, nil
local verdicts = {}

local function distance(lat1, lng1, lat2, lng2)
  local dlat, dlng = math.rad(lat2 - lat1), math.rad(lng2 - lng1)
  local h = math.sin(dlat / 2) ^ 2
    + math.cos(math.rad(lat1)) * math.cos(math.rad(lat2)) * math.sin(dlng / 2) ^ 2
  return 2 * radius * math.asin(math.min(1, math.sqrt(h)))
end

local function judge(f_at, f_lat, f_lng, accuracy)
  if accuracy > accuracy_max then return 4 end
  if f_at - now > fresh then return 3 end
  if at then
    local elapsed = f_at - at
    if elapsed == 0 and f_lat == lat and f_lng == lng then return 1 end
    if elapsed <= 0 then return 3 end
    if distance(lat, lng, f_lat, f_lng) > speed_max * math.max(elapsed / 1e6, 1) then return 5 end
  end
  if now - f_at > fresh then return 2 end
  return 0
end

for i = 9, #ARGV, 4 do
  local f_at, f_lat, f_lng = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local verdict = judge(f_at, f_lat, f_lng, tonumber(ARGV[i + 3]))
  verdicts[#verdicts + 1] = verdict
  if verdict == 0 or verdict == 2 then
    at, lat, lng, newest = f_at, f_lat, f_lng, i
    if verdict == 0 then live = i end
  end
end
if newest then
  redis.call('HSET', KEYS[1], 'at', ARGV[newest], 'lat', ARGV[newest + 1], 'lng', ARGV[newest + 2])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
if live and KEYS[2] then
  redis.call('GEOADD', KEYS[2], ARGV[live + 2], ARGV[live + 1], ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[8])
end
return verdicts
""",
)


class LivePositions:
    """The newest position of every driver."""

    def __init__(self, redis: RedisClient, clock: Clock, rules: Rules) -> None:
        self._redis = redis
        self._clock = clock
        self._rules = rules
        self._slice_s = rules.fresh_seconds / 3
        self._slice_kept_ms = round(1000 * ((rules.fresh_seconds + self._slice_s) / clock.speed + 2))

    async def report(self, driver_id: str, area_id: str | None, fixes: Sequence[Fix]) -> list[Verdict]:
        """Judge fixes in order of time and keep the newest; one round trip."""
        now, rules = self._clock.city(), self._rules
        touched = [keys.last_position(area_id or NOWHERE, driver_id)]
        if area_id is not None:
            touched.append(keys.position_bucket(area_id, self._slice(now)))
        args: list[str | float] = [
            _micros(now),
            round(rules.fresh_seconds * 1e6),
            rules.accuracy_m,
            rules.speed_ms,
            EARTH_RADIUS_M,
            driver_id,
            LAST_KEPT_MS,
            self._slice_kept_ms,
        ]
        for fix in fixes:
            args += (_micros(fix.at), fix.lat, fix.lng, -1 if fix.accuracy is None else fix.accuracy)
        return [_VERDICTS[v] for v in await self._redis.script(_REPORT, touched, args)]

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius (straight line), nearest first."""
        circle = ("FROMLONLAT", point.lng, point.lat, "BYRADIUS", radius_m, "m")
        ids = await self._in_slices(area_id, "GEOSEARCH", *circle, "ASC", "COUNT", CANDIDATES_PER_SLICE)
        found = [d for d in await self._fresh(area_id, ids, point) if d.distance_m <= radius_m]
        return sorted(found, key=lambda d: (d.distance_m, d.driver_id))[:limit]

    async def present(self, area_id: str) -> list[NearbyDriver]:
        """Every driver with a fresh position in the area (distances mean nothing here)."""
        ids = await self._in_slices(area_id, "ZRANGE", 0, -1)
        return await self._fresh(area_id, ids, GeoPoint(0, 0))

    async def _in_slices(self, area_id: str, verb: str, *rest: str | float) -> list[str]:
        newest = self._slice(self._clock.city())
        oldest = newest - math.ceil(self._rules.fresh_seconds / self._slice_s)
        replies = await self._redis.batch(
            [(verb, keys.position_bucket(area_id, n), *rest) for n in range(newest, oldest - 1, -1)],
            decode=True,
        )
        return list(dict.fromkeys(member for reply in replies for member in reply))

    async def _fresh(self, area_id: str, ids: Sequence[str], origin: GeoPoint) -> list[NearbyDriver]:
        if not ids:
            return []
        replies = await self._redis.batch(
            [("HMGET", keys.last_position(area_id, i), "at", "lat", "lng") for i in ids], decode=True
        )
        since = self._clock.city() - timedelta(seconds=self._rules.fresh_seconds)
        found = []
        for driver_id, (at_us, lat, lng) in zip(ids, replies, strict=True):
            if at_us is None or (at := _EPOCH + timedelta(microseconds=int(at_us))) < since:
                continue
            point = GeoPoint(float(lat), float(lng))
            found.append(NearbyDriver(driver_id, point, distance_m(origin, point), at))
        return found

    def _slice(self, at: datetime) -> int:
        return int(at.timestamp() // self._slice_s)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
