"""The demand and every person's behaviour, drawn from a seed and independent of timing.

Each plan has its own random generator, seeded by seed, person and count.  The same seed therefore gives
the same demand and the same choices, however fast or slow the machine is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.simulator.city_time import parse_time
from supportcarr_lab.simulator.geography import random_demand_point, random_destination

MEAN_WAIT_S = 600.0  # between two requests of a rider, on average, at the reference hour
REFERENCE_HOUR = 16  # the hour at which the demo's city starts
TIME_ZONE = ZoneInfo("America/Toronto")
SPEED_MPS = 30 / 3.6
MAX_ABSENCE_S = 290.0  # longest silence of a phone: less than 5 minutes of city time

RiderBehaviour = Literal["normal", "cancels", "goes_silent", "card_fails", "absent"]
OfferBehaviour = Literal["accepts", "declines", "goes_silent"]
JobBehaviour = Literal["normal", "releases", "fixes_on_spot", "aborts", "goes_silent", "wrong_pin"]
CancelWhen = Literal["soon", "assigned", "late"]

PROBLEMS = ("flat_tire", "dead_battery", "mechanical", "stranded", "other")
PROBLEM_WEIGHTS = (38, 27, 20, 10, 5)


class DemandError(Exception):
    """The demand file is invalid; the message is a sentence that names the line."""


@dataclass(frozen=True, slots=True)
class RiderPlan:
    """One request of one rider.  Seconds are city time."""

    wait: float  # in units of the mean: 1.0 is MEAN_WAIT_S at the reference hour
    pickup: GeoPoint
    dropoff: GeoPoint
    problem: str
    behaviour: RiderBehaviour
    think_s: float  # between the quote and the request
    cancel_when: CancelWhen
    cancel_after_s: float
    silent_after_s: float
    silent_for_s: float
    message: str | None


@dataclass(frozen=True, slots=True)
class OfferPlan:
    """How a driver responds to one offer."""

    think_s: float
    behaviour: OfferBehaviour
    silent_for_s: float


@dataclass(frozen=True, slots=True)
class JobPlan:
    """How a driver does one job."""

    behaviour: JobBehaviour
    get_going_s: float
    release_after_part: float  # part of the route to the rider that is driven before a release
    load_s: float
    unload_s: float
    speed: float  # metres per second
    grid_north_first: tuple[bool, bool]  # to the pickup, to the dropoff; see ``plan_route``
    silent_after_s: float
    silent_for_s: float
    spot_percent: int  # of the quote: the price agreed when the bike is fixed on the spot


def _rng(seed: int, *names: object) -> Random:
    return Random(":".join(map(str, (seed, *names))))  # noqa: S311 - not used for secrets


MESSAGES = (
    "I am by the bakery at the corner",
    "Blue coat, grey helmet",
    "The bike is folded, it fits anywhere",
    "Je suis devant le dépanneur",
    "Please ring when you turn into the street",
)


RATED_SHARE = 0.7  # of rescues, by each side
STARS, STAR_WEIGHTS = (5, 4, 3, 2, 1), (68, 19, 7, 3, 3)
PRAISE = {"rider": "careful", "driver": "ready"}
COMPLAINT = {"rider": "late", "driver": "kept_waiting"}


def rating_plan(seed: int, rescue_id: str, side: Literal["rider", "driver"]) -> dict[str, Any] | None:
    """What that side says of a rescue: the body of its rating; ``None``: nothing."""
    rng = Random(f"{seed} rating {side} {rescue_id}")  # noqa: S311 - a simulation
    if rng.random() >= RATED_SHARE:
        return None
    stars = rng.choices(STARS, weights=STAR_WEIGHTS)[0]
    return {"stars": stars, "reasons": [(PRAISE if stars > 3 else COMPLAINT)[side]]}


def rider_plan(seed: int, rider: int, cycle: int) -> RiderPlan:
    """The *cycle*-th request of a rider (both counted from 0)."""
    rng = _rng(seed, "rider", rider, cycle)
    wait = rng.expovariate(1.0)
    pickup = random_demand_point(rng)
    roll = rng.random()
    habit: RiderBehaviour = (
        "cancels"
        if roll < 0.10
        else "goes_silent"
        if roll < 0.20
        else "card_fails"
        if roll < 0.30
        else "absent"
        if roll < 0.33
        else "normal"
    )
    return RiderPlan(
        wait=wait,
        pickup=pickup,
        dropoff=random_destination(pickup, rng),
        problem=rng.choices(PROBLEMS, weights=PROBLEM_WEIGHTS)[0],
        behaviour=habit,
        think_s=rng.uniform(4, 20),
        cancel_when=rng.choices(("soon", "assigned", "late"), weights=(3, 4, 3))[0],
        cancel_after_s=rng.uniform(5, 60),
        silent_after_s=rng.uniform(5, 300),
        silent_for_s=rng.uniform(40, MAX_ABSENCE_S),
        message=rng.choice(MESSAGES) if rng.random() < 0.25 else None,
    )


def offer_plan(seed: int, driver: int, count: int) -> OfferPlan:
    """How a driver responds to the *count*-th offer (counted from 0)."""
    rng = _rng(seed, "offer", driver, count)
    think, roll = rng.uniform(1, 6), rng.random()
    habit: OfferBehaviour = "declines" if roll < 0.10 else "goes_silent" if roll < 0.20 else "accepts"
    return OfferPlan(think, habit, rng.uniform(40, MAX_ABSENCE_S))


def job_plan(seed: int, driver: int, count: int) -> JobPlan:
    """How a driver does the *count*-th job (counted from 0)."""
    rng = _rng(seed, "job", driver, count)
    roll = rng.random()
    habit: JobBehaviour = (
        "releases"
        if roll < 0.03
        else "aborts"
        if roll < 0.05
        else "fixes_on_spot"
        if roll < 0.12
        else "wrong_pin"
        if roll < 0.18
        else "goes_silent"
        if roll < 0.28
        else "normal"
    )
    return JobPlan(
        behaviour=habit,
        get_going_s=rng.uniform(5, 25),
        release_after_part=rng.uniform(0.1, 0.8),
        load_s=rng.uniform(40, 120),
        unload_s=rng.uniform(30, 90),
        speed=SPEED_MPS * rng.uniform(0.9, 1.1),
        grid_north_first=(rng.random() < 0.5, rng.random() < 0.5),
        silent_after_s=rng.uniform(20, 240),
        silent_for_s=rng.uniform(40, MAX_ABSENCE_S),
        spot_percent=rng.choice((50, 60, 75)),
    )


PHOTO_NOTES = (
    "Scratch on the frame",
    "The rear wheel is bent",
    "The display is broken",
    "The fender hangs loose",
)


@dataclass(frozen=True, slots=True)
class PhotoPlan:
    """A photo of the bike that one side takes of a rescue, before or after."""

    variant: int
    note: str | None  # about the damage that it shows


def photo_plan(
    seed: int, rescue_id: str, side: Literal["rider", "driver"], stage: str, share: float
) -> PhotoPlan | None:
    """The photo that this side takes; ``None``: none.  *share*: of rescues that are photographed at all."""
    rescue, side_s = _rng(seed, "photos", rescue_id), _rng(seed, "photo", rescue_id, side, stage)
    if rescue.random() >= share or side_s.random() >= (0.9 if side == "driver" else 0.5):
        return None
    damaged = side_s.random() < 0.25
    return PhotoPlan(side_s.randrange(16), side_s.choice(PHOTO_NOTES) if damaged else None)


ApplicantBehaviour = Literal["normal", "expires", "suspended"]
APPLICANT_BEHAVIOURS: tuple[ApplicantBehaviour, ...] = ("suspended", "expires", "normal", "normal")


@dataclass(frozen=True, slots=True)
class ApplicantPlan:
    """How an application goes.  Seconds are city time."""

    behaviour: ApplicantBehaviour
    arrives_after_s: float
    review_after_s: float  # between the submission and the operator's look at it
    suspended_after_s: float  # online without a job


def applicant_plan(seed: int, applicant: int) -> ApplicantPlan:
    """The plan of an applicant (counted from 0): each behaviour in turn."""
    rng = _rng(seed, "applicant", applicant)
    return ApplicantPlan(
        behaviour=APPLICANT_BEHAVIOURS[applicant % len(APPLICANT_BEHAVIOURS)],
        arrives_after_s=rng.uniform(5, 90) + 20 * (applicant % 20),
        review_after_s=rng.uniform(60, 240),
        suspended_after_s=rng.uniform(600, 1200),
    )


def break_plan(seed: int, driver: int, count: int) -> float:
    """City seconds of a driver's break after the *count*-th job (counted from 0); 0: no break."""
    rng = _rng(seed, "break", driver, count)
    return rng.uniform(300, 1200) if rng.random() < 0.15 else 0.0


def drift_target(seed: int, driver: int, count: int) -> tuple[GeoPoint, float]:
    """Where an idle driver goes next, by demand, and how long they wait there (city seconds)."""
    rng = _rng(seed, "drift", driver, count)
    return random_demand_point(rng), rng.uniform(20, 240)


def home_point(seed: int, driver: int) -> GeoPoint:
    """Where a driver starts."""
    return random_demand_point(_rng(seed, "home", driver))


# --- by hour ----------------------------------------------------------------------------------


@cache
def _hours() -> tuple[float, ...]:
    text = files("supportcarr_lab.simulator").joinpath("data/working-day-hours.csv").read_text("utf-8")
    return tuple(float(row["mean_bikers"]) for row in csv.DictReader(text.splitlines()))


def demand_factor(city: float) -> float:
    """Demand at that city time relative to the reference hour (at most 2)."""
    hour = datetime.fromtimestamp(city, UTC).astimezone(TIME_ZONE).hour
    return min(2.0, _hours()[hour] / _hours()[REFERENCE_HOUR])


def wait_seconds(plan: RiderPlan, city: float) -> float:
    """City seconds until the rider requests a rescue, by the hour at which the wait begins."""
    return plan.wait * MEAN_WAIT_S / demand_factor(city)


# --- recorded demand --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One row of recorded demand: city seconds after the start, and the pickup."""

    after: float
    pickup: GeoPoint


def read_recorded_demand(path: Path) -> list[RecordedRequest]:
    """Read a CSV with the columns ``at,lat,lng``, and sort it by time.

    ``at`` is seconds after the start, or an RFC 3339 time, counted from the earliest one.
    Raises ``DemandError``.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _requests(csv.DictReader(file), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise DemandError(f"{path.name} cannot be read: {error}.") from None


def _requests(rows: csv.DictReader[str], name: str) -> list[RecordedRequest]:
    if rows.fieldnames is None or not {"at", "lat", "lng"} <= set(rows.fieldnames):
        raise DemandError(f"{name} must have the columns at, lat and lng.")
    for column in ("at", "lat", "lng"):
        if rows.fieldnames.count(column) > 1:
            raise DemandError(f"{name} has more than one column {column}.")
    in_seconds: list[RecordedRequest] = []
    dated: list[RecordedRequest] = []
    for row in rows:
        try:
            place = GeoPoint(_within(row["lat"], 90), _within(row["lng"], 180))
            after, is_date = _parse_at(row["at"])
        except (TypeError, ValueError):
            raise DemandError(f"{name}, line {rows.line_num}: this is not a time and a point.") from None
        (dated if is_date else in_seconds).append(RecordedRequest(after, place))
    if in_seconds and dated:
        raise DemandError(f"{name} mixes seconds and dates in the column at.")
    return sorted(in_seconds or _from_earliest(dated), key=lambda request: request.after)


def _within(text: str, most: float) -> float:
    value = float(text)
    if not abs(value) <= most:  # also refuses NaN
        raise ValueError(text)
    return value


def _parse_at(text: str) -> tuple[float, bool]:
    try:
        after = float(text)
    except ValueError:
        return parse_time(text), True
    if not 0 <= after < float("inf"):
        raise ValueError(text)
    return after, False


def _from_earliest(requests: Iterable[RecordedRequest]) -> list[RecordedRequest]:
    rows = list(requests)
    first = min((row.after for row in rows), default=0.0)
    return [RecordedRequest(row.after - first, row.pickup) for row in rows]


def recorded_plan(seed: int, count: int, request: RecordedRequest) -> RiderPlan:
    """What a rider does with the *count*-th row of recorded demand (counted from 0)."""
    rng = _rng(seed, "recorded", count)
    plan = rider_plan(seed, -1, count)
    return replace(plan, pickup=request.pickup, dropoff=random_destination(request.pickup, rng))


def drift_bend(seed: int, driver: int, count: int) -> bool:
    """Whether the *count*-th drift takes the grid's north street first (``plan_route``)."""
    return _rng(seed, "bend", driver, count).random() < 0.5
