"""Live positions in Redis: one script that judges and writes, and the search for who is near.

A driver's newest position is a hash, one for all areas, so that a leap is seen wherever it leads.  Who
reported lately stands in geo sets, one for each slice of city time, that expire, and only in that of the
last report, so that a search looks at nobody twice.  The set finds the candidates, the hash says where
they really are.
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

LAST_KEPT_MS = 600_000  # wall time
CANDIDATES_PER_SLICE = 200  # at first: of a slice that has more, twice as many are looked at next
FIRST_LOOK_M = 1_500  # in a busy city whoever is wanted is near, and a small circle costs little

_VERDICTS: tuple[Verdict, ...] = ("live", "repeated", "stale", "out_of_order", "inaccurate", "impossible")

# Says of each fix what ``model.judge`` would (a test holds both to the same answers), and keeps the
# newest believed one.  Two more Redis trips, or a race between two reports, would come of doing it
# in Python.
_REPORT = Script(
    "tracking.report",
    """
local now, fresh, accuracy_max = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local speed_max, radius = tonumber(ARGV[4]), tonumber(ARGV[5])
local last = redis.call('HMGET', KEYS[1], 'at', 'lat', 'lng', 'slice')
local at, lat, lng, before = tonumber(last[1]), tonumber(last[2]), tonumber(last[3]), last[4]
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

for i = 9, #ARGV, 5 do
  local f_at, f_lat, f_lng = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local verdict = judge(f_at, f_lat, f_lng, tonumber(ARGV[i + 3]))
  verdicts[#verdicts + 1] = verdict
  if verdict == 0 or verdict == 2 then
    at, lat, lng, newest = f_at, f_lat, f_lng, i
    if verdict == 0 then live = i end
  end
end
if newest then
  redis.call('HSET', KEYS[1], 'at', ARGV[newest], 'lat', ARGV[newest + 1], 'lng', ARGV[newest + 2],
    'heading', ARGV[newest + 4])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
if live then
  local slice = KEYS[2]
  if before and before ~= slice then redis.call('ZREM', before, ARGV[6]) end
  if slice then
    if before ~= slice then redis.call('HSET', KEYS[1], 'slice', slice) end
    redis.call('GEOADD', slice, ARGV[live + 2], ARGV[live + 1], ARGV[6])
    redis.call('PEXPIRE', slice, ARGV[8])
  elseif before then
    redis.call('HDEL', KEYS[1], 'slice')
  end
end
return verdicts
""",
)

# KEYS: the slices, the newest first.  ARGV: longitude, latitude, radius, how many are wanted, the oldest
# time that is fresh, what the keys of last positions begin with, members a slice, radius of the first
# look.  Answers driver, at, lat and lng of each: at least those wanted, in no order.
#
# Everyone who is fresh stands where they are in the newest slice that has them, so the nearest are
# found, and those who moved are answered as well, and not counted.  Of a slice that was cut short only
# its last member's distance is known to be free of others: beyond it nobody counts as nearest yet.
# Fewer than are wanted are answered only if there are no more within the radius.
_NEARBY = Script(
    "tracking.nearby",
    """
local lng, lat, radius, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local oldest, prefix, most, look = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local answer, found, told = {}, 0, {}
local all
repeat
  look = math.min(look, radius)
  local near, seen, known = {}, {}, math.huge
  for _, slice in ipairs(KEYS) do
    local members = redis.call('GEOSEARCH', slice, 'FROMLONLAT', lng, lat, 'BYRADIUS', look, 'm',
      'ASC', 'COUNT', most, 'WITHDIST', 'WITHCOORD')
    for _, one in ipairs(members) do
      if not seen[one[1]] then
        seen[one[1]] = true
        near[#near + 1] = {one[1], tonumber(one[2]), tonumber(one[3][1]), tonumber(one[3][2])}
      end
    end
    if #members >= most then known = math.min(known, tonumber(members[#members][2])) end
  end
  table.sort(near, function(a, b) return a[2] < b[2] end)
  for _, one in ipairs(near) do
    if found >= wanted or one[2] > known then break end
    if not told[one[1]] then
      told[one[1]] = true
      local last = redis.call('HMGET', prefix .. one[1], 'at', 'lat', 'lng')
      if last[1] and tonumber(last[1]) >= oldest then
        local here = math.abs(last[2] - one[4]) < 1e-4 and math.abs(last[3] - one[3]) < 1e-4
        if here then found = found + 1 end
        for _, value in ipairs({one[1], last[1], last[2], last[3]}) do answer[#answer + 1] = value end
      end
    end
  end
  all = look >= radius and known == math.huge
  if known == math.huge then look = look * 3 else most = most * 2 end
until all or found >= wanted
return answer
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
        """Judge fixes in order of time and keep the newest; one round trip.

        *area_id* is where the newest is; outside every area nobody finds the driver.
        """
        now, rules = self._clock.city(), self._rules
        touched = [keys.last_position(driver_id)]
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
            args.append("" if fix.heading is None else fix.heading)
        return [_VERDICTS[v] for v in await self._redis.script(_REPORT, touched, args)]

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius (straight line), nearest first."""
        flat: list[str] = await self._redis.script(
            _NEARBY,
            self._slices(area_id),
            (
                point.lng,
                point.lat,
                radius_m,
                limit,
                _micros(self._oldest()),
                keys.last_position(""),
                CANDIDATES_PER_SLICE,
                FIRST_LOOK_M,
            ),
            decode=True,
        )
        found = []
        for driver_id, at_us, lat, lng in zip(*[iter(flat)] * 4, strict=True):
            driver = _seen(driver_id, at_us, lat, lng, point)
            if driver.distance_m <= radius_m:
                found.append(driver)
        return sorted(found, key=lambda d: (d.distance_m, d.driver_id))[:limit]

    async def present(self, area_id: str) -> list[NearbyDriver]:
        """Every driver with a fresh position in the area (distances mean nothing here)."""
        members = await self._redis.batch(
            [("ZRANGE", key, 0, -1) for key in self._slices(area_id)], decode=True
        )
        ids = list(dict.fromkeys(member for slice_ in members for member in slice_))
        replies = await self._redis.batch(
            [("HMGET", keys.last_position(i), "at", "lat", "lng", "heading") for i in ids],
            decode=True,
        )
        origin, oldest = GeoPoint(0, 0), self._oldest()
        seen = [
            _seen(driver_id, at_us, lat, lng, origin, heading)
            for driver_id, (at_us, lat, lng, heading) in zip(ids, replies, strict=True)
            if at_us is not None
        ]
        return [driver for driver in seen if driver.at >= oldest]

    def _slices(self, area_id: str) -> list[str]:
        """The keys of the slices that a fresh position may stand in, the newest first."""
        newest = self._slice(self._clock.city())
        oldest = newest - math.ceil(self._rules.fresh_seconds / self._slice_s)
        return [keys.position_bucket(area_id, n) for n in range(newest, oldest - 1, -1)]

    def _oldest(self) -> datetime:
        """When the oldest position was made that is fresh now."""
        return self._clock.city() - timedelta(seconds=self._rules.fresh_seconds)

    def _slice(self, at: datetime) -> int:
        return int(at.timestamp() // self._slice_s)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _seen(
    driver_id: str, at_us: str, lat: str, lng: str, origin: GeoPoint, heading: str | None = None
) -> NearbyDriver:
    point = GeoPoint(float(lat), float(lng))
    at = _EPOCH + timedelta(microseconds=int(at_us))
    return NearbyDriver(driver_id, point, distance_m(origin, point), at, float(heading) if heading else None)
