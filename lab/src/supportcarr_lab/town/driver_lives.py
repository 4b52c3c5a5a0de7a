"""What becomes of each driver: in which state of the application they are, and when they work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.carrying import VehicleType
from supportcarr.drivers.applications import commands
from supportcarr.drivers.commands import AddVehicle, Apply
from supportcarr_lab.town import papers
from supportcarr_lab.town.drivers import DriverRecord
from supportcarr_lab.town.options import TownOptions, seconds_after

Fate = Literal[
    "online",
    "on_break",
    "works",
    "expiring",
    "expired",
    "suspended",
    "reinstated",
    "new_papers",
    "draft",
    "submitted",
    "in_review",
    "changes_requested",
    "rejected",
]
FATES: tuple[Fate, ...] = get_args(Fate)  # each occurs once; the others are drawn
_WEIGHTS = (0, 0, 78, 4, 3, 3, 1, 2, 2, 3, 1, 1.5, 1.5)
APPLYING: frozenset[Fate] = frozenset({"draft", "submitted", "in_review", "changes_requested", "rejected"})

_VEHICLES: tuple[tuple[VehicleType, str, str, int, int, int], ...] = (
    ("pickup", "Ford", "F-150", 168, 2, 4),
    ("pickup", "Toyota", "Tacoma", 155, 2, 4),
    ("pickup", "Ram", "1500", 193, 3, 4),
    ("van", "Ford", "Transit", 260, 4, 6),
    ("van", "Mercedes-Benz", "Sprinter", 300, 5, 8),
    ("trailer", "Honda", "Civic with a trailer", 240, 2, 4),
)
_COLOURS = ("white", "black", "grey", "blue", "red", "green")
_INSURERS = ("Intact", "Desjardins", "Belair Direct", "La Capitale", "Allstate")
_SUSPENSIONS = ("Two riders reported unsafe driving.", "The phone number cannot be reached.")
_HABITS = ((6, 10), (9, 13), (13, 17), (20, 23))  # between which hours a shift begins
_HABIT_WEIGHTS = (30, 35, 27, 8)

UPLOADED_AGAIN_PART = 0.08  # of those approved: their first licence was refused

Segment = tuple[datetime, datetime]  # online, without a break


class DriverLife(msgspec.Struct):
    """A driver's record, and when rescues can be given to them."""

    record: DriverRecord
    fate: Fate
    segments: list[Segment]


def fate_of(index: int, rng: Random) -> Fate:
    return FATES[index] if index < len(FATES) else rng.choices(FATES, _WEIGHTS)[0]


def live(record: DriverRecord, fate: Fate, operator: Actor, options: TownOptions, rng: Random) -> DriverLife:
    """Let the driver apply, be decided on and work until the town's end."""
    at = seconds_after(record.profile.created_at, rng, 600, 7_200)
    if fate in APPLYING:
        at = max(at, options.ends_at - timedelta(days=rng.uniform(1.5, 12)))
        at = at.replace(microsecond=0)
    for _ in range(2 if rng.random() < 0.1 else 1):
        record.add_vehicle(_vehicle(rng), at, papers.vehicle_photos(rng))
        at = seconds_after(at, rng, 60, 600)
    expires = _expiry(fate, options, rng)
    if fate == "expired":
        expires = max(expires, at + timedelta(days=5))
    form = Apply(
        licence_class="5",
        licence_expires_on=(options.ends_at + timedelta(days=rng.randint(40, 1_500))).date(),
        insurer=rng.choice(_INSURERS),
        insurance_expires_on=expires.date(),
    )
    record.state(form, at)
    at = papers.upload_all(record, form, seconds_after(at, rng, 60, 600), rng, some=fate == "draft")
    segments: list[Segment] = []
    if fate != "draft":
        at = seconds_after(at, rng, 60, 3_600)
        record.submit(at)
        segments = _after_submission(record, fate, form, operator, at, options, rng)
    record.finish(options.ends_at)
    return DriverLife(record, fate, segments)


def _after_submission(
    record: DriverRecord,
    fate: Fate,
    form: Apply,
    operator: Actor,
    at: datetime,
    options: TownOptions,
    rng: Random,
) -> list[Segment]:
    if fate == "submitted":
        return []
    at = seconds_after(at, rng, 1_800, 80_000)
    record.command(commands.TakeUp(), operator, at)
    at = seconds_after(at, rng, 120, 900)
    if fate == "in_review":
        return []
    if fate == "changes_requested":
        at = papers.review_all(record, operator, at, rng, reject="insurance")
        changes = commands.RequestChanges(
            reason="The date of the insurance is not the one on the certificate.",
            fields=("insurance_expires_on",),
        )
        record.command(changes, operator, at)
        return []
    if fate == "rejected":
        at = papers.review_all(record, operator, at, rng, reject="licence")
        record.command(commands.Reject(reason="We cannot accept this licence class."), operator, at)
        return []
    if rng.random() < UPLOADED_AGAIN_PART:
        at = papers.replace_licence(record, form, operator, at, rng)
    at = papers.review_all(record, operator, at, rng)
    record.command(commands.Approve(), operator, at)
    return _work(record, fate, form, operator, at + timedelta(hours=6), options, rng)


def _work(
    record: DriverRecord,
    fate: Fate,
    form: Apply,
    operator: Actor,
    begins: datetime,
    options: TownOptions,
    rng: Random,
) -> list[Segment]:
    begins, ends = max(begins, options.begins_at), options.ends_at
    pause: tuple[datetime, datetime] | None = None
    if fate == "expired":
        until = record.profile.documents_until
        assert until is not None, "the papers are stated"
        ends = min(ends, until)
    if fate in ("suspended", "reinstated"):
        pause_from = seconds_after(begins, rng, 0, max(1.0, 0.8 * (ends - begins).total_seconds()))
        pause = pause_from, min(ends, pause_from + timedelta(days=3)) if fate == "reinstated" else ends
    actions, segments = _shifts(record, fate, begins, ends, pause, options, rng)
    if pause is not None:
        suspend = commands.Suspend(reason=rng.choice(_SUSPENSIONS))
        actions.append((pause[0], lambda at: record.command(suspend, operator, at)))
        if fate == "reinstated":
            reinstate = commands.Reinstate(reason="It was a misunderstanding.")
            actions.append((pause[1], lambda at: record.command(reinstate, operator, at)))
    if fate == "new_papers":
        renewed = msgspec.structs.replace(
            form, insurance_expires_on=form.insurance_expires_on + timedelta(days=365)
        )
        stated = seconds_after(max(begins, options.ends_at - timedelta(days=2)), rng, 60, 3_600)
        actions.append((stated, lambda at: record.state(renewed, at)))
        uploaded = seconds_after(stated, rng, 60, 600)
        actions.append((uploaded, lambda at: papers.upload_insurance(record, renewed, at, rng)))
    for at, action in sorted(actions, key=lambda one: one[0]):
        if at < options.ends_at:
            action(at)
    return segments


Action = tuple[datetime, Callable[[datetime], None]]


def _shifts(
    record: DriverRecord,
    fate: Fate,
    begins: datetime,
    ends: datetime,
    pause: Segment | None,
    options: TownOptions,
    rng: Random,
) -> tuple[list[Action], list[Segment]]:
    """A shift on some days of each week, at the driver's usual hour, with a break in the middle."""
    zone = ZoneInfo(options.timezone)
    first, last = rng.choices(_HABITS, _HABIT_WEIGHTS)[0]
    days_of_week = rng.uniform(3, 6)
    actions: list[Action] = []
    segments: list[Segment] = []
    day = begins.astimezone(zone).date()
    while day <= ends.astimezone(zone).date():
        is_last = day == options.until
        works = rng.random() < days_of_week / 7
        start = datetime.combine(day, time(first), zone).astimezone(begins.tzinfo)
        start = seconds_after(start, rng, 0, (last - first) * 3_600 / 3)
        before = timedelta(seconds=round(rng.uniform(2.0, 4.5) * 3_600))
        rest = timedelta(seconds=round(rng.uniform(1_200, 2_700)))
        after = timedelta(seconds=round(rng.uniform(1.5, 4.0) * 3_600))
        day += timedelta(days=1)
        if fate in ("online", "on_break") and is_last:
            works, before = True, timedelta(hours=4 if fate == "online" else 3)
            start = options.ends_at - timedelta(hours=3, minutes=10 if fate == "on_break" else 0)
        elif fate in ("online", "on_break") and day == options.until:
            continue  # rested before the last shift
        if not works or start < begins:
            continue
        back = start + before + rest
        done = back + after
        if done > ends and ends < options.ends_at:  # the papers end before
            continue
        if pause is not None and start < pause[1] and done > pause[0]:
            continue
        actions += [
            (start, record.go_online),
            (start + before, lambda at: record.go_online(at, on_break=True)),
            (back, record.go_online),
            (done, record.go_offline),
        ]
        segments += [(start, start + before), (back, done)]
    return actions, segments


def _vehicle(rng: Random) -> AddVehicle:
    kind, make, name, bed, capacity, tie_downs = rng.choice(_VEHICLES)
    letters = "".join(rng.choices("ABCDEFGHJKLMNPRSTVWXYZ", k=3))
    return AddVehicle(
        type=kind,
        make=make,
        model=name,
        colour=rng.choice(_COLOURS),
        plate=f"{letters} {rng.randint(100, 999)}",
        bed_length_cm=bed,
        capacity=capacity,
        ramp=rng.random() < 0.6,
        tie_downs=tie_downs,
        seats=rng.choice((1, 1, 2)),
    )


def _expiry(fate: Fate, options: TownOptions, rng: Random) -> datetime:
    match fate:
        case "expiring":
            return options.ends_at + timedelta(days=rng.randint(1, 28))
        case "expired":
            length = max(3, int((options.ends_at - options.begins_at).days * 0.6))
            return options.ends_at - timedelta(days=rng.randint(2, length))
        case _:
            return options.ends_at + timedelta(days=rng.randint(40, 400))
