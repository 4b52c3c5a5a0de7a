"""Positions and the rules by which one is accepted; current jobs; location history.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import COARSE_POINT, GeoPoint, distance_m
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.value_objects import DriverSighting

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
    outvote_points: int = 3  # rejected positions that agree, ...
    outvote_seconds: float = 5.0  # ... over at least this time, are believed instead
    doubt_seconds: float = 600.0  # for that long, a position reached at an impossible speed is doubted


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """Rejected positions that agree with each other: the latest, and how many there are since when."""

    at: datetime
    lat: float
    lng: float
    ahead_s: float
    since: datetime
    count: int


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed of a driver: the newest accepted position, and what supports or contradicts it.

    A position whose time is ahead of ours (by ``ahead_s``) counts as of when it was received; otherwise
    later positions with the right time would seem to be older.
    """

    at: datetime
    lat: float
    lng: float
    ahead_s: float
    since: datetime  # of the earliest accepted position from which there is no gap until now
    in_area: bool  # in a service area; outside, a position is no reason to reject others
    jumped_at: datetime | None = None  # when an impossible speed was last believed
    contender: Contender | None = None


class Judgement(NamedTuple):
    """The verdict on a position, and what is believed after it."""

    verdict: PositionVerdict
    track: Track | None


def judge_position(
    track: Track | None, position: Position, now: datetime, rules: PositionRules, *, in_area: bool = True
) -> Judgement:
    """Whether *position*, which is *in_area* or outside every service area, may follow *track*.

    ``stale`` positions pass every other rule: they belong to the location history of a phone that was
    offline, and are not shown as live.  ``repeated`` is the last position again (a retry) and has no
    effect.  Positions less than a second apart are treated as if they were a second apart: the noise of a
    phone that stands still would look like an impossible speed.

    ``impossible`` positions are remembered.  The believed position may be the wrong one, so positions
    that agree with each other are believed after ``outvote_seconds``, or after as long as the believed
    ones had been reported without a gap; at most after ``fresh_seconds``, because then the believed one
    is not live any more.  A position that agrees with the believed one discards them.
    """
    ahead = (position.at - now).total_seconds()
    if position.accuracy is not None and position.accuracy > rules.max_accuracy_m:
        return Judgement("inaccurate", track)
    if ahead > rules.fresh_seconds:
        return Judgement("out_of_order", track)
    received = min(position.at, now)
    verdict: PositionVerdict = "stale" if -ahead > rules.fresh_seconds else "live"
    if track is None:
        return Judgement(verdict, _track(position, now, since=received, in_area=in_area))
    reported_at = track.at + timedelta(seconds=track.ahead_s)
    if position.at == reported_at and (position.lat, position.lng) == (track.lat, track.lng):
        return Judgement("repeated", track)
    if position.at <= reported_at and received <= track.at:
        return Judgement("out_of_order", track)
    jumped = not _reachable(track, position, now, rules)
    if jumped and track.in_area:
        contender = _contend(track.contender, position, now, rules)
        if not _outvotes(contender, track, rules):
            return Judgement("impossible", replace(track, contender=contender))
        since = contender.since
    elif track.in_area and (received - track.at).total_seconds() <= rules.fresh_seconds:
        since = track.since
    else:
        since = received
    after = _track(position, now, since=since, in_area=in_area)
    return Judgement(verdict, replace(after, jumped_at=received if jumped else track.jumped_at))


def _track(position: Position, now: datetime, *, since: datetime, in_area: bool) -> Track:
    received = min(position.at, now)
    return Track(
        at=received,
        lat=position.lat,
        lng=position.lng,
        ahead_s=(position.at - received).total_seconds(),
        since=since,
        in_area=in_area,
    )


def _elapsed(before: Track | Contender, position: Position, now: datetime) -> float:
    """Seconds from *before* to *position*; a clock that is ahead both times measures them itself."""
    elapsed = (min(position.at, now) - before.at).total_seconds()
    if before.ahead_s > 0 and position.at > now:
        return max(elapsed, (position.at - before.at).total_seconds() - before.ahead_s)
    return elapsed


def _reachable(before: Track | Contender, position: Position, now: datetime, rules: PositionRules) -> bool:
    metres = distance_m(GeoPoint(before.lat, before.lng), position.point)
    return metres <= rules.max_speed_ms * max(_elapsed(before, position, now), 1.0)


def _contend(
    contender: Contender | None, position: Position, now: datetime, rules: PositionRules
) -> Contender:
    """The rejected positions with another one: it continues them, or it is the first of others."""
    received = min(position.at, now)
    since, count = received, 1
    if contender is not None:
        if received <= contender.at:
            return contender
        if _reachable(contender, position, now, rules):
            since, count = contender.since, contender.count + 1
    return Contender(
        at=received,
        lat=position.lat,
        lng=position.lng,
        ahead_s=(position.at - received).total_seconds(),
        since=since,
        count=count,
    )


def _outvotes(contender: Contender, track: Track, rules: PositionRules) -> bool:
    support = max(rules.outvote_seconds, (track.at - track.since).total_seconds())
    needed = min(support, rules.fresh_seconds)
    return (
        contender.count >= rules.outvote_points and (contender.at - contender.since).total_seconds() >= needed
    )


def sighting_in(points: Sequence[HistoryPoint], at: datetime, rules: PositionRules) -> DriverSighting | None:
    """Where the driver was at that time, by a trail in order of time; ``None`` if it has nothing near it.

    ``jumped``: shortly before, the trail led to another place faster than anybody drives.
    """
    nearest = min(points, key=lambda point: abs((point.at - at).total_seconds()), default=None)
    if nearest is None or abs((nearest.at - at).total_seconds()) > rules.fresh_seconds:
        return None
    since = at - timedelta(seconds=rules.doubt_seconds)
    before = [point for point in points if since <= point.at <= max(at, nearest.at)]
    return DriverSighting(nearest.point, any(_jumped(a, b, rules) for a, b in pairwise(before)))


def _jumped(a: HistoryPoint, b: HistoryPoint, rules: PositionRules) -> bool:
    seconds = max((b.at - a.at).total_seconds(), 1.0)
    return distance_m(a.point, b.point) > rules.max_speed_ms * seconds


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
    pickup: Annotated[GeoPoint | None, Personal("rider_id", clear=COARSE_POINT)] = None
    dropoff: Annotated[GeoPoint | None, Personal("rider_id", clear=COARSE_POINT)] = None
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

    @property
    def point(self) -> GeoPoint:
        return GeoPoint(self.lat, self.lng)


class HistorySegment(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the location history of one job, in order of time."""

    rescue_id: str
    driver_id: str
    began_at: datetime
    points: Annotated[tuple[HistoryPoint, ...], Personal("driver_id", neutral=())]
