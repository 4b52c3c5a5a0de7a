"""What follows from each change of a driver's profile: dates, hours, the shift, and events.  Pure.

``DriverService`` saves what these functions return; the seeded town keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.events import AnyEvent
from supportcarr.drivers import documents, hours, model
from supportcarr.drivers.applications import commands
from supportcarr.drivers.applications import state_machine as applications
from supportcarr.drivers.hours import HoursRules
from supportcarr.drivers.model import Application, DriverProfile

Decided = tuple[DriverProfile, Sequence[AnyEvent]]  # a profile after a command, and the command's events
Decide = Callable[[DriverProfile], Decided]
# Not the end of a suspension: it says nothing of what has happened since.
_DECISIONS = (commands.Approve, commands.Reject, commands.RequestChanges, commands.Suspend)
MoreEvents = Callable[[DriverProfile, DriverProfile], Sequence[AnyEvent]]  # of the profile before and after


class ProfileRules(NamedTuple):
    """The time zone of the service area, in which papers end with a day; how long one may drive; and the id
    of the area, whose operators are told of what waits for them (``None``: nobody is)."""

    zone: ZoneInfo
    hours: HoursRules
    area_id: str | None


class ProfileChange(NamedTuple):
    """A profile after a change, and the events to publish."""

    profile: DriverProfile
    events: tuple[AnyEvent, ...]


def stated(profile: DriverProfile, form: Application, by: Actor, now: datetime) -> Decided:
    """The profile after the driver filled in the application.  Raises ``IllegalTransition``."""
    event = applications.decide(profile, commands.State(), by)
    after = documents.with_application(profile, form)
    if event is None or documents.same_statement(profile.application, form):
        return after, ()
    return applications.evolve(after, event, now), (event,)


def commanded(profile: DriverProfile, command: commands.Command, by: Actor, now: datetime) -> Decided:
    """The profile after a command to the application.

    Raises ``Forbidden``, ``IllegalTransition``, ``ApplicationIncomplete``.
    """
    event = applications.decide(profile, command, by)
    after: DriverProfile = profile
    events: tuple[AnyEvent, ...] = ()
    if event is not None:
        after = applications.evolve(profile, event, now, getattr(command, "reason", None))
        events = (event,)
    if isinstance(command, commands.Reinstate):  # nobody has looked at what was stated meanwhile
        after = replace(after, application=profile.application, review=profile.review)
    if isinstance(command, _DECISIONS):
        after = model.with_checks_reviewed(after)
    return after, events


def change_profile(
    profile: DriverProfile,
    decide: Decide,
    now: datetime,
    rules: ProfileRules,
    shift_id: str,
    also: MoreEvents | None = None,
) -> ProfileChange | None:
    """The profile as *decide* returns it, with what follows; ``None`` if that is the same.

    A shift that begins gets *shift_id*.  *also* makes more events: for the audit log, for the driver.  Raises
    what *decide* raises, and ``TooManyBreaks``.
    """
    decided, moves = decide(documents.with_dates(profile, rules.zone))
    decided = documents.with_dates(model.with_waiting(decided, now), rules.zone)
    return _followed(profile, decided, now, rules, shift_id, moves, also)


def review_papers(
    profile: DriverProfile, now: datetime, rules: ProfileRules, shift_id: str, *, on_job: bool
) -> ProfileChange | None:
    """The profile after a look at the date of its papers; ``None`` if that changes nothing."""
    reviewed = documents.review_by_date(profile, now, rules.zone, on_job=on_job)
    moves = (reviewed.event,) if reviewed.event else ()
    return _followed(profile, reviewed.profile, now, rules, shift_id, moves)


def _followed(
    before: DriverProfile,
    decided: DriverProfile,
    now: datetime,
    rules: ProfileRules,
    shift_id: str,
    moves: Sequence[AnyEvent],
    also: MoreEvents | None = None,
) -> ProfileChange | None:
    after = hours.follow(before, decided, now, rules.hours, shift_id)
    if after == before:
        return None
    events: list[AnyEvent] = [*model.standing_events(before, after)]
    events += hours.shift_events(before, after, rules.hours)
    events += moves
    events += also(before, after) if also else ()
    if rules.area_id is not None:
        events += model.attention_events(before, after, rules.area_id)
    return ProfileChange(after, tuple(events))
