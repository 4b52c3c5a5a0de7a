"""Positions and the rules by which one is believed; live jobs; trails."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import GeoPoint, distance_m

PositionVerdict = Literal["live", "repeated", "stale", "out_of_order", "inaccurate", "impossible"]


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One position as a phone reported it."""

    lat: float
    lng: float
    at: datetime  # city time, as the phone said
    accuracy: float | None = None  # metres, radius of 68 % confidence
    heading: float | None = None  # degrees clockwise from north
    speed: float | None = None  # metres a second

    @property
    def point(self) -> GeoPoint:
        return GeoPoint(self.lat, self.lng)


class PositionRules(msgspec.Struct, frozen=True, kw_only=True):
    """When a position is believed.  Times are city time."""

    fresh_seconds: float = 30.0  # older is stale; further ahead of the city's clock is nonsense
    max_accuracy_m: float = 200.0
    max_speed_ms: float = 70.0  # faster than any truck, slower than a jump of the GPS


def judge_position(
    last: Position | None, fix: Position, now: datetime, rules: PositionRules
) -> PositionVerdict:
    """Whether *fix* may follow *last*, the newest position that was believed.

    ``stale`` ones passed every other rule: they belong to the trail of a phone that was offline, and
    are not shown as live.  ``repeated`` is the last one once more (a retry), and has no effect.
    Positions of less than a second apart are judged as if a second lay between them, because the
    noise of a standing phone would look like a leap.
    """
    if fix.accuracy is not None and fix.accuracy > rules.max_accuracy_m:
        return "inaccurate"
    if (fix.at - now).total_seconds() > rules.fresh_seconds:
        return "out_of_order"
    if last is not None:
        elapsed = (fix.at - last.at).total_seconds()
        if elapsed == 0 and last.point == fix.point:
            return "repeated"
        if elapsed <= 0:
            return "out_of_order"
        if distance_m(last.point, fix.point) > rules.max_speed_ms * max(elapsed, 1.0):
            return "impossible"
    if (now - fix.at).total_seconds() > rules.fresh_seconds:
        return "stale"
    return "live"


class CurrentJob(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The job a driver has now, or had last (``ended_at``); the id is the driver's.

    ``rescue_version`` and ``since`` are the memory of what was applied: an older event of the same
    rescue, or the assignment of an earlier rescue, changes nothing.
    """

    rescue_id: str
    rescue_version: int
    rider_id: str
    area_id: str
    since: datetime
    pickup: GeoPoint | None = None
    dropoff: GeoPoint | None = None
    loaded: bool = False  # the bike is on the truck: the drop-off is next
    ended_at: datetime | None = None

    @property
    def destination(self) -> GeoPoint | None:
        """Where the driver is heading."""
        return self.dropoff if self.loaded else self.pickup

    def covers(self, at: datetime) -> bool:
        """True if the driver was on this job at that time."""
        return self.since <= at and (self.ended_at is None or at <= self.ended_at)

    def applied_to(self, known: CurrentJob) -> CurrentJob | None:
        """What is known after *known* and this, if this is news."""
        if known.rescue_id != self.rescue_id:
            return replace(self, version=known.version) if self.since > known.since else None
        if self.rescue_version <= known.rescue_version:
            return None
        if self.ended_at is not None:
            return replace(known, rescue_version=self.rescue_version, ended_at=self.ended_at)
        return replace(self, version=known.version)


SEGMENT_POINTS_MAX = 200  # in one document


class HistoryPoint(msgspec.Struct, frozen=True, array_like=True):
    at: datetime
    lat: float
    lng: float


class HistorySegment(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of the way of one job, in order of time."""

    rescue_id: str
    driver_id: str
    began_at: datetime
    points: tuple[HistoryPoint, ...]
