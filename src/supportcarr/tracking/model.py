"""Positions and the rules by which one is accepted; current jobs; location history.  Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import GeoPoint, distance_m

PositionVerdict = Literal["live", "repeated", "stale", "out_of_order", "inaccurate", "impossible"]


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's position as the phone reported it."""

    lat: float
    lng: float
    at: datetime  # city time, as the phone reported it
    accuracy: float | None = None  # metres, radius of 68 % confidence
    heading: float | None = None  # degrees clockwise from north
    speed: float | None = None  # metres per second

    @property
    def point(self) -> GeoPoint:
        return GeoPoint(self.lat, self.lng)


class PositionRules(msgspec.Struct, frozen=True, kw_only=True):
    """When a position is accepted.  Times are city time."""

    fresh_seconds: float = 30.0  # older positions are stale; further in the future they are rejected
    max_accuracy_m: float = 200.0
    max_speed_ms: float = 70.0  # metres per second; a truck is slower, a GPS jump is faster


def judge_position(
    last: Position | None, position: Position, now: datetime, rules: PositionRules
) -> PositionVerdict:
    """Whether *position* may follow *last*, the newest accepted position.

    ``stale`` positions pass every other rule: they belong to the location history of a phone that was
    offline, and are not shown as live.  ``repeated`` is the last position again (a retry) and has no
    effect.  Positions less than a second apart are treated as if they were a second apart: the noise of a
    phone that stands still would look like an impossible speed.
    """
    if position.accuracy is not None and position.accuracy > rules.max_accuracy_m:
        return "inaccurate"
    if (position.at - now).total_seconds() > rules.fresh_seconds:
        return "out_of_order"
    if last is not None:
        elapsed = (position.at - last.at).total_seconds()
        if elapsed == 0 and last.point == position.point:
            return "repeated"
        if elapsed <= 0:
            return "out_of_order"
        if distance_m(last.point, position.point) > rules.max_speed_ms * max(elapsed, 1.0):
            return "impossible"
    if (now - position.at).total_seconds() > rules.fresh_seconds:
        return "stale"
    return "live"


class CurrentJob(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The job a driver is on, or was on last (``ended_at``); the id is the driver's.

    ``rescue_version`` and ``since`` tell which event was applied last: an older event of the same
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
        """The driver's next stop."""
        return self.dropoff if self.loaded else self.pickup

    def covers(self, at: datetime) -> bool:
        """True if the driver was on this job at that time."""
        return self.since <= at and (self.ended_at is None or at <= self.ended_at)

    def applied_to(self, stored: CurrentJob) -> CurrentJob | None:
        """*stored* with this change applied; ``None`` if *stored* is as new or newer."""
        if stored.rescue_id != self.rescue_id:
            return replace(self, version=stored.version) if self.since > stored.since else None
        if self.rescue_version <= stored.rescue_version:
            return None
        if self.ended_at is not None:
            return replace(stored, rescue_version=self.rescue_version, ended_at=self.ended_at)
        return replace(self, version=stored.version)


SEGMENT_POINTS_MAX = 200  # points in one document


class HistoryPoint(msgspec.Struct, frozen=True, array_like=True):
    """A point of a job's location history; ``at`` is city time."""

    at: datetime
    lat: float
    lng: float


class HistorySegment(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the location history of one job, in order of time."""

    rescue_id: str
    driver_id: str
    began_at: datetime
    points: tuple[HistoryPoint, ...]
