"""Live positions in Redis: one script that judges and writes, and the search for who is near.

A driver's newest position is one value for all areas, so that a leap is seen wherever it leads.  Who
reported lately stands in geo sets, one for each slice of city time, that expire, and only in that of the
last report, so that a search looks at nobody twice.  The set finds the candidates, the value says where
they really are.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

from supportcarr.contracts.geo import EARTH_RADIUS_M, GeoPoint, distance_m
from supportcarr.contracts.value_objects import NearbyDriver
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, Script
from supportcarr.kit.runtime.clock import Clock
from supportcarr.tracking.model import Position, PositionRules, PositionVerdict

LAST_KEPT_MS = 600_000  # wall time
SPARE = 1.5  # candidates a slice for each who is wanted, at first; twice as many are looked at next
FIRST_LOOK_M = 1_500  # in a busy city whoever is wanted is near, and a small circle costs little

_VERDICTS: tuple[PositionVerdict, ...] = get_args(PositionVerdict)

# A fix, and the beginning of what is kept of a driver: microseconds of city time, latitude, longitude,
# heading; then the accuracy, or the key of the slice that has the driver.  -1 stands for what was not said.
# Doubles hold microseconds exactly until the year 2255.
_FIX = struct.Struct("<5d")
_KEPT = struct.Struct("<4d")

# Says of each fix what ``model.judge`` would (a test holds both to the same answers), and keeps the
# newest believed one.  Two more Redis trips, or a race between two reports, would come of doing it
# in Python.  It costs what its commands, its arguments and texts of numbers cost, so it has few of each.
#
# A slice is looked at for as long as a position is fresh and a slice lasts, from its beginning on, and kept
# for longer than that from whenever somebody enters it: nobody who is in it already need prolong that.
_REPORT = """
local last = redis.call('GET', KEYS[1])
local at, lat, lng, before
if last then
  at, lat, lng = struct.unpack('<ddd', last)
  before = string.sub(last, 33)
end
local now, newest, live = tonumber(ARGV[2]), nil, false
local verdicts = {}

for i = 3, #ARGV do
  local f_at, f_lat, f_lng, _, accuracy = struct.unpack('<ddddd', ARGV[i])
  local verdict = 0
  if accuracy > accuracy_max then
    verdict = 4
  elseif f_at - now > fresh then
    verdict = 3
  elseif f_at == at and f_lat == lat and f_lng == lng then
    verdict = 1
  elseif at and f_at <= at then
    verdict = 3
  else
    if at and (f_lat ~= lat or f_lng ~= lng) then
      local dlat, dlng = math.rad(f_lat - lat), math.rad(f_lng - lng)
      local h = math.sin(dlat / 2) ^ 2
        + math.cos(math.rad(lat)) * math.cos(math.rad(f_lat)) * math.sin(dlng / 2) ^ 2
      local metres = 2 * radius * math.asin(math.min(1, math.sqrt(h)))
      if metres > speed_max * math.max((f_at - at) / 1e6, 1) then verdict = 5 end
    end
    if verdict == 0 and now - f_at > fresh then verdict = 2 end
  end
  verdicts[#verdicts + 1] = verdict
  if verdict == 0 or verdict == 2 then
    at, lat, lng, newest, live = f_at, f_lat, f_lng, ARGV[i], verdict == 0
  end
end
if newest then
  local slice = before or ''
  if live then
    slice = KEYS[2] or ''
    if before and before ~= '' and before ~= slice then redis.call('ZREM', before, ARGV[1]) end
    if slice ~= '' and redis.call('GEOADD', slice, lng, lat, ARGV[1]) == 1 then
      redis.call('PEXPIRE', slice, slice_kept)
    end
  end
  redis.call('SET', KEYS[1], string.sub(newest, 1, 32) .. slice, 'PX', last_kept)
end
return verdicts
"""

# KEYS: the slices, the newest first.  ARGV: longitude, latitude, radius, how many are wanted, the oldest
# time that is fresh, what the keys of last positions begin with, members a slice, radius of the first
# look.  Answers driver, at, lat and lng of each: at least those wanted, in no order.
#
# Everyone who is fresh stands where they are in the slice that is kept of them, so the nearest are found,
# and who is met in another one is answered as well, and not counted.  Of a slice that was cut short only
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
  local near, seen, known, slices = {}, {}, math.huge, 0
  for _, slice in ipairs(KEYS) do
    local members = redis.call('GEOSEARCH', slice, 'FROMLONLAT', lng, lat, 'BYRADIUS', look, 'm',
      'ASC', 'COUNT', most, 'WITHDIST')
    for _, one in ipairs(members) do
      if not seen[one[1]] then
        seen[one[1]] = true
        near[#near + 1] = {one[1], tonumber(one[2]), slice}
      end
    end
    if #members > 0 then slices = slices + 1 end
    if #members >= most then known = math.min(known, tonumber(members[#members][2])) end
  end
  if slices > 1 then table.sort(near, function(a, b) return a[2] < b[2] end) end
  for _, one in ipairs(near) do
    if found >= wanted or one[2] > known then break end
    if not told[one[1]] then
      told[one[1]] = true
      local last = redis.call('GET', prefix .. one[1])
      if last and struct.unpack('<d', last) >= oldest then
        if string.sub(last, 33) == one[3] then found = found + 1 end
        answer[#answer + 1] = one[1]
        answer[#answer + 1] = last
      end
    end
  end
  all = look >= radius and known == math.huge
  if known == math.huge then look = look * 3 else most = most * 2 end
until all or found >= wanted
return answer
""",
)


class PositionStore:
    """The newest position of every driver."""

    def __init__(self, redis: RedisClient, clock: Clock, rules: PositionRules) -> None:
        self._redis = redis
        self._clock = clock
        self._rules = rules
        self._slice_s = rules.fresh_seconds / 3
        slice_kept_ms = round(1000 * ((rules.fresh_seconds + self._slice_s) / clock.speed + 2))
        known = f"""
local fresh, accuracy_max = {round(rules.fresh_seconds * 1e6)}, {rules.max_accuracy_m}
local speed_max, radius = {rules.max_speed_ms}, {EARTH_RADIUS_M}
local last_kept, slice_kept = {LAST_KEPT_MS}, {slice_kept_ms}
"""
        self._report = Script("tracking.report", known + _REPORT)

    async def record(
        self, driver_id: str, area_id: str | None, fixes: Sequence[Position]
    ) -> list[PositionVerdict]:
        """Judge fixes in order of time and keep the newest; one round trip.

        *area_id* is where the newest is; outside every area nobody finds the driver.
        """
        now = self._clock.city_seconds()
        touched = [keys.last_position(driver_id)]
        if area_id is not None:
            touched.append(keys.position_bucket(area_id, int(now // self._slice_s)))
        packed = [
            _FIX.pack(
                _micros(fix.at),
                fix.lat,
                fix.lng,
                -1.0 if fix.heading is None else fix.heading,
                -1.0 if fix.accuracy is None else fix.accuracy,
            )
            for fix in fixes
        ]
        said = await self._redis.script(self._report, touched, (driver_id, round(now * 1e6), *packed))
        return [_VERDICTS[v] for v in said]

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius (straight line), nearest first."""
        flat: list[bytes] = await self._redis.script(
            _NEARBY,
            self._slices(area_id),
            (
                point.lng,
                point.lat,
                radius_m,
                limit,
                _micros(self._oldest()),
                keys.last_position(""),
                math.ceil(limit * SPARE),
                FIRST_LOOK_M,
            ),
        )
        found = []
        for driver_id, kept in zip(*[iter(flat)] * 2, strict=True):
            driver = _seen(driver_id, kept, point)
            if driver.distance_m <= radius_m:
                found.append(driver)
        return sorted(found, key=lambda d: (d.distance_m, d.driver_id))[:limit]

    async def all_in_area(self, area_id: str) -> list[NearbyDriver]:
        """Every driver with a fresh position in the area (distances mean nothing here)."""
        members = await self._redis.batch([("ZRANGE", key, 0, -1) for key in self._slices(area_id)])
        ids: list[bytes] = list(dict.fromkeys(member for slice_ in members for member in slice_))
        replies = await self._redis.batch([("GET", keys.last_position(i.decode())) for i in ids])
        origin, oldest = GeoPoint(0, 0), self._oldest()
        seen = [
            _seen(driver_id, kept, origin)
            for driver_id, kept in zip(ids, replies, strict=True)
            if kept is not None
        ]
        return [driver for driver in seen if driver.at >= oldest]

    def _slices(self, area_id: str) -> list[str]:
        """The keys of the slices that a fresh position may stand in, the newest first."""
        newest = int(self._clock.city_seconds() // self._slice_s)
        oldest = newest - math.ceil(self._rules.fresh_seconds / self._slice_s)
        return [keys.position_bucket(area_id, n) for n in range(newest, oldest - 1, -1)]

    def _oldest(self) -> datetime:
        """When the oldest position was made that is fresh now."""
        return self._clock.city() - timedelta(seconds=self._rules.fresh_seconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _seen(driver_id: bytes, kept: bytes, origin: GeoPoint) -> NearbyDriver:
    at_us, lat, lng, heading = _KEPT.unpack_from(kept)
    point = GeoPoint(lat, lng)
    at = _EPOCH + timedelta(microseconds=at_us)
    distance = distance_m(origin, point)
    return NearbyDriver(driver_id.decode(), point, distance, at, None if heading < 0 else heading)
