"""The newest position of each driver in Redis: a script that checks and writes, and a search.

A driver's newest position is one value for all areas, so that an impossible speed is noticed wherever it
leads.  Drivers who reported lately are members of geo sets, one for each bucket of city time, which
expire.  A driver is a member of the bucket of the last report only, so a search reads no driver twice.
The set finds the candidates; the value has their exact position.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import get_args

from supportcarr.contracts.geo import EARTH_RADIUS_M, GeoPoint, distance_m
from supportcarr.contracts.value_objects import DriverSighting, NearbyDriver
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, Script
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.clock import Clock
from supportcarr.tracking.model import Position, PositionRules, PositionVerdict

RETENTION_MS = 600_000  # of a driver's newest position, wall time
CANDIDATES_PER_RESULT = 1.5  # members of a bucket read at first; doubled while too few are found
FIRST_RADIUS_M = 1_500  # in a busy city drivers are near, and a small radius is cheap to search

_VERDICTS: tuple[PositionVerdict, ...] = get_args(PositionVerdict)  # the script answers with indexes

# Times are microseconds of city time; -1 stands for an absent value.  Doubles hold microseconds exactly
# until the year 2255.  A reported position: time, latitude, longitude, heading, accuracy, and the number
# of its bucket among the script's keys (0: outside every area).
_POSITION = struct.Struct("<6d")
# A stored value is a ``model.Track`` followed by the key of the driver's bucket.  The track: time,
# latitude, longitude, heading, ahead, since, jumped_at, in_area; then the contender: time, latitude,
# longitude, ahead, since, count (0: there is none).
_STORED = struct.Struct("<4d")
_TRACK = struct.Struct("<8d")
BUCKET_OFFSET = 113  # of the bucket's key in a stored value, from 1

# Judges each position as ``model.judge_position`` does (a test holds both to the same verdicts), and
# stores the newest accepted one.  Doing it in Python would take two more round trips and a race between
# two reports.  The script's cost is that of its commands, arguments and number formatting, so it uses
# few of each.
#
# A bucket is searched while it can contain a fresh position: from its beginning, for as long as a
# position is fresh plus the length of a bucket.  It expires later than that, counted from the last
# driver who entered it; reports of drivers who are members already need not extend it.
_REPORT = """
local stored, now = redis.call('GET', KEYS[1]), tonumber(ARGV[2])
local at, lat, lng, heading, ahead, since, jumped_at, in_area, previous_bucket
local c_at, c_lat, c_lng, c_ahead, c_since, c_count = 0, 0, 0, 0, 0, 0
if stored then
  at, lat, lng, heading, ahead, since, jumped_at, in_area,
    c_at, c_lat, c_lng, c_ahead, c_since, c_count = struct.unpack('<dddddddddddddd', stored)
  previous_bucket = string.sub(stored, bucket_offset)
end

local function elapsed(from_at, from_ahead, p_at, received)
  if from_ahead > 0 and p_at > now then return math.max(received - from_at, p_at - from_at - from_ahead) end
  return received - from_at
end

local function reachable(from_lat, from_lng, p_lat, p_lng, micros)
  if from_lat == p_lat and from_lng == p_lng then return true end
  local dlat, dlng = math.rad(p_lat - from_lat), math.rad(p_lng - from_lng)
  local h = math.sin(dlat / 2) ^ 2
    + math.cos(math.rad(from_lat)) * math.cos(math.rad(p_lat)) * math.sin(dlng / 2) ^ 2
  return 2 * radius * math.asin(math.min(1, math.sqrt(h))) <= max_speed * math.max(micros / 1e6, 1)
end

local accepted, contended, live = false, false, nil
local verdicts = {}
for i = 3, #ARGV do
  local p_at, p_lat, p_lng, p_heading, accuracy, bucket = struct.unpack('<dddddd', ARGV[i])
  local received = math.min(p_at, now)
  local verdict = 0
  if accuracy > max_accuracy then
    verdict = 4
  elseif p_at - now > fresh then
    verdict = 3
  elseif at and p_at == at + ahead and p_lat == lat and p_lng == lng then
    verdict = 1
  else
    local new_since, new_jumped_at = received, -1
    if at then
      new_jumped_at = jumped_at
      if p_at <= at + ahead and received <= at then
        verdict = 3
      elseif reachable(lat, lng, p_lat, p_lng, elapsed(at, ahead, p_at, received)) then
        if in_area == 1 and received - at <= fresh then new_since = since end
      else
        new_jumped_at = received
        if in_area == 1 then
          if c_count == 0 or received > c_at then
            if c_count > 0
              and reachable(c_lat, c_lng, p_lat, p_lng, elapsed(c_at, c_ahead, p_at, received)) then
              c_count = c_count + 1
            else
              c_count, c_since = 1, received
            end
            c_at, c_lat, c_lng, c_ahead = received, p_lat, p_lng, p_at - received
            contended = true
          end
          new_since = c_since
          if c_count < outvote_points or c_at - c_since < math.min(math.max(outvote, at - since), fresh) then
            verdict = 5
          end
        end
      end
    end
    if verdict == 0 then
      if now - p_at > fresh then verdict = 2 else live = bucket end
      at, lat, lng, heading, ahead = received, p_lat, p_lng, p_heading, p_at - received
      since, jumped_at, in_area = new_since, new_jumped_at, bucket > 0 and 1 or 0
      c_count, accepted = 0, true
    end
  end
  verdicts[#verdicts + 1] = verdict
end

if accepted or contended then
  local bucket = previous_bucket or ''
  if live then
    bucket = live > 0 and KEYS[1 + live] or ''
    if previous_bucket and previous_bucket ~= '' and previous_bucket ~= bucket then
      redis.call('ZREM', previous_bucket, ARGV[1])
    end
    if bucket ~= '' and redis.call('GEOADD', bucket, lng, lat, ARGV[1]) == 1 then
      redis.call('PEXPIRE', bucket, bucket_ttl)
    end
  end
  local value = struct.pack('<dddddddddddddd', at, lat, lng, heading, ahead, since, jumped_at, in_area,
    c_at, c_lat, c_lng, c_ahead, c_since, c_count) .. bucket
  if accepted then
    redis.call('SET', KEYS[1], value, 'PX', retention)
  else
    redis.call('SET', KEYS[1], value, 'KEEPTTL')
  end
end
return verdicts
"""

# KEYS: the buckets, the newest first.  ARGV: longitude, latitude, radius, number of drivers wanted, the
# oldest time that is fresh, the prefix of the keys of newest positions, members to read of each bucket,
# the first radius.  Returns driver and stored value of each driver found: at least those wanted if there
# are so many within the radius, in no order.
#
# A driver counts as found only in the bucket that the stored value names.  A driver met in another bucket
# is returned as well and not counted.  If a bucket was not read to its end, other drivers may be just
# beyond the distance of the last member read, so drivers beyond that distance do not count yet.
_NEARBY = Script(
    "tracking.nearby",
    """
local lng, lat, radius, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local oldest, prefix, limit, search = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local result, found, returned = {}, 0, {}
local complete
repeat
  search = math.min(search, radius)
  local near, seen, certain, buckets = {}, {}, math.huge, 0
  for _, bucket in ipairs(KEYS) do
    local members = redis.call('GEOSEARCH', bucket, 'FROMLONLAT', lng, lat, 'BYRADIUS', search, 'm',
      'ASC', 'COUNT', limit, 'WITHDIST')
    for _, member in ipairs(members) do
      if not seen[member[1]] then
        seen[member[1]] = true
        near[#near + 1] = {member[1], tonumber(member[2]), bucket}
      end
    end
    if #members > 0 then buckets = buckets + 1 end
    if #members >= limit then certain = math.min(certain, tonumber(members[#members][2])) end
  end
  if buckets > 1 then table.sort(near, function(a, b) return a[2] < b[2] end) end
  for _, member in ipairs(near) do
    if found >= wanted or member[2] > certain then break end
    if not returned[member[1]] then
      returned[member[1]] = true
      local last = redis.call('GET', prefix .. member[1])
      if last and struct.unpack('<d', last) >= oldest then
        if string.sub(last, 113) == member[3] then found = found + 1 end
        result[#result + 1] = member[1]
        result[#result + 1] = last
      end
    end
  end
  complete = search >= radius and certain == math.huge
  if certain == math.huge then search = search * 3 else limit = limit * 2 end
until complete or found >= wanted
return result
""",
)


class PositionStore:
    """The newest position of every driver."""

    def __init__(self, redis: RedisClient, clock: Clock, rules: PositionRules) -> None:
        self._redis = redis
        self._clock = clock
        self._rules = rules
        self._bucket_s = rules.fresh_seconds / 3
        self._hits = self._misses = 0  # of readers
        bucket_ttl_ms = round(1000 * ((rules.fresh_seconds + self._bucket_s) / clock.speed + 2))
        constants = f"""
local fresh, max_accuracy = {round(rules.fresh_seconds * 1e6)}, {rules.max_accuracy_m}
local max_speed, radius = {rules.max_speed_ms}, {EARTH_RADIUS_M}
local outvote_points, outvote = {rules.outvote_points}, {round(rules.outvote_seconds * 1e6)}
local retention, bucket_ttl, bucket_offset = {RETENTION_MS}, {bucket_ttl_ms}, {BUCKET_OFFSET}
"""
        self._report = Script("tracking.report", constants + _REPORT)

    async def record(
        self, driver_id: str, area_ids: Sequence[str | None], positions: Sequence[Position]
    ) -> list[PositionVerdict]:
        """Judge positions in order of time and store the newest accepted one; one round trip.

        *area_ids* are those of the positions; outside every area no search finds the driver.
        """
        now = self._clock.city_seconds()
        bucket = int(now // self._bucket_s)
        numbers: dict[str | None, int] = {None: 0}
        touched = [keys.last_position(driver_id)]
        packed = []
        for position, area_id in zip(positions, area_ids, strict=True):
            number = numbers.get(area_id)
            if number is None:
                number = numbers[area_id] = len(touched)
                touched.append(keys.position_bucket(str(area_id), bucket))
            packed.append(
                _POSITION.pack(
                    _micros(position.at),
                    position.lat,
                    position.lng,
                    -1.0 if position.heading is None else position.heading,
                    -1.0 if position.accuracy is None else position.accuracy,
                    number,
                )
            )
        indexes = await self._redis.script(self._report, touched, (driver_id, round(now * 1e6), *packed))
        return [_VERDICTS[index] for index in indexes]

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius (straight line), nearest first."""
        flat: list[bytes] = await self._redis.script(
            _NEARBY,
            self._buckets(area_id),
            (
                point.lng,
                point.lat,
                radius_m,
                limit,
                _micros(self._oldest_fresh()),
                keys.last_position(""),
                math.ceil(limit * CANDIDATES_PER_RESULT),
                FIRST_RADIUS_M,
            ),
        )
        found = []
        for driver_id, stored in zip(*[iter(flat)] * 2, strict=True):
            driver = _decode(driver_id, stored, point)
            if driver.distance_m <= radius_m:
                found.append(driver)
        self._count(bool(found))
        return sorted(found, key=lambda d: (d.distance_m, d.driver_id))[:limit]

    async def all_in_area(self, area_id: str) -> list[NearbyDriver]:
        """Every driver with a fresh position in the area; their distances have no meaning here."""
        members = await self._redis.batch([("ZRANGE", key, 0, -1) for key in self._buckets(area_id)])
        ids: list[bytes] = list(dict.fromkeys(member for bucket in members for member in bucket))
        replies = await self._redis.batch([("GET", keys.last_position(i.decode())) for i in ids])
        origin, oldest = GeoPoint(0, 0), self._oldest_fresh()
        drivers = [
            _decode(driver_id, stored, origin)
            for driver_id, stored in zip(ids, replies, strict=True)
            if stored is not None
        ]
        return [driver for driver in drivers if driver.at >= oldest]

    async def latest(self, driver_id: str) -> NearbyDriver | None:
        """The driver's position, if it is fresh; its distance has no meaning here."""
        stored: bytes | None = await self._redis.call("GET", keys.last_position(driver_id))
        driver = _decode(driver_id.encode(), stored, GeoPoint(0, 0)) if stored is not None else None
        is_fresh = driver is not None and driver.at >= self._oldest_fresh()
        self._count(is_fresh)
        return driver if is_fresh else None

    async def sighting(self, driver_id: str) -> DriverSighting | None:
        """Where the driver is, if the position is fresh."""
        stored: bytes | None = await self._redis.call("GET", keys.last_position(driver_id))
        if stored is None:
            self._count(False)
            return None
        at, lat, lng, _, _, _, jumped_at, _ = _TRACK.unpack_from(stored)
        now = round(self._clock.city_seconds() * 1e6)
        self._count(is_fresh := at >= now - self._rules.fresh_seconds * 1e6)
        if not is_fresh:
            return None
        jumped = jumped_at >= 0 and now - jumped_at <= self._rules.doubt_seconds * 1e6
        return DriverSighting(GeoPoint(lat, lng), jumped)

    def _count(self, found: bool) -> None:
        if found:
            self._hits += 1
        else:
            self._misses += 1

    def stats(self) -> dict[str, int]:
        """Figures for the metrics: searches and look-ups that found a fresh position, and that did not."""
        return {"hits_total": self._hits, "misses_total": self._misses}

    def _buckets(self, area_id: str) -> list[str]:
        """The keys of the buckets that may contain a fresh position, the newest first."""
        newest = int(self._clock.city_seconds() // self._bucket_s)
        oldest = newest - math.ceil(self._rules.fresh_seconds / self._bucket_s)
        return [keys.position_bucket(area_id, n) for n in range(newest, oldest - 1, -1)]

    def _oldest_fresh(self) -> datetime:
        """Positions from before this time are not fresh."""
        return self._clock.city() - timedelta(seconds=self._rules.fresh_seconds)


async def forget_position(redis: RedisClient, driver_id: str) -> None:
    """Remove the driver's newest position; nothing without Redis: it expires within minutes."""
    with suppress(RedisError):
        await redis.call("DEL", keys.last_position(driver_id))


_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _micros(at: datetime) -> int:
    return (at - _UNIX_EPOCH) // _MICROSECOND


def _decode(driver_id: bytes, stored: bytes, origin: GeoPoint) -> NearbyDriver:
    at_us, lat, lng, heading = _STORED.unpack_from(stored)
    point = GeoPoint(lat, lng)
    at = _UNIX_EPOCH + timedelta(microseconds=at_us)
    distance = distance_m(origin, point)
    return NearbyDriver(driver_id.decode(), point, distance, at, None if heading < 0 else heading)
