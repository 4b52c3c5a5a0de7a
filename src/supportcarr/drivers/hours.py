"""The hours that a driver drives: the limit, the rest after it, breaks, and shifts.  Pure.

Hours count from one long rest to the next, whatever the calendar says, so that midnight and changes of
the clocks do not matter.  All the time online counts as driving, except breaks; so does a job that is
finished after going offline.  A pause of the rest's length, also as a break, starts the count anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from supportcarr.contracts.events import DriverHoursEnding, DriverShiftChanged
from supportcarr.contracts.shifts import Activity, ShiftPeriod, ShiftRecord
from supportcarr.drivers.errors import RestRequired, TooManyBreaks
from supportcarr.drivers.model import DrivenHours, DriverProfile, go_offline
from supportcarr.drivers.settings import ShiftSettings

PERIODS_MAX = 100  # of one shift
ON_JOB_PAUSE = timedelta(minutes=1)  # city time between two checks whether the driver's job is over
# City time after the limit: by then an offer that was accepted just before it is a job.
ACCEPTANCE_TIME = timedelta(seconds=30)


class HoursRules(NamedTuple):
    """How long one may drive before a rest of which length, and when the driver is told before."""

    limit: timedelta = timedelta(hours=12)
    rest: timedelta = timedelta(hours=8)
    notice: timedelta = timedelta(minutes=30)

    @classmethod
    def from_settings(cls, settings: ShiftSettings) -> HoursRules:
        """The rules that the settings declare."""
        return cls(
            timedelta(hours=settings.limit_hours),
            timedelta(hours=settings.rest_hours),
            timedelta(minutes=settings.notice_minutes),
        )


class HoursReview(NamedTuple):
    """A profile after a look at the clock, the event for the driver, and when to look again."""

    profile: DriverProfile
    event: DriverHoursEnding | None = None
    due_at: datetime | None = None


def activity(profile: DriverProfile) -> Activity | None:
    """What the driver does; ``None``: offline."""
    if not profile.online:
        return None
    return "break" if profile.on_break else "online"


def driven(hours: DrivenHours, now: datetime) -> timedelta:
    """How long the driver has driven since the last rest."""
    before = timedelta(seconds=hours.before_seconds)
    return before + (now - hours.since) if hours.since else before


def rest_until(hours: DrivenHours, now: datetime, rules: HoursRules) -> datetime | None:
    """When the rest is over without which the driver may not drive; ``None``: none is needed now."""
    if hours.since is not None or hours.stopped_at is None or driven(hours, now) < rules.limit:
        return None
    ends = hours.stopped_at + rules.rest
    return ends if now < ends else None


def check_rested(profile: DriverProfile, now: datetime, rules: HoursRules) -> None:
    """Raises ``RestRequired`` while the driver has to rest."""
    if (ends := rest_until(profile.hours, now, rules)) is not None:
        raise RestRequired.until(ends)


def follow(
    before: DriverProfile, after: DriverProfile, now: datetime, rules: HoursRules, shift_id: str
) -> DriverProfile:
    """The profile *after* with its hours and its shift; a shift that begins gets that id.

    Raises ``TooManyBreaks``.
    """
    was, does = activity(before), activity(after)
    if was == does:
        return after
    hours = after.hours
    if was == "online":
        hours = _stopped(hours, now)
    if does == "online":
        hours = _started(hours, now, rules)
    return replace(after, hours=hours, shift=_shift(after, was, does, now, shift_id))


def count_job(profile: DriverProfile, now: datetime) -> DriverProfile:
    """The profile with the time since the driver stopped counted as driven: they still were on a job."""
    hours, shift = profile.hours, profile.shift
    if hours.since is not None or hours.stopped_at is None or now <= hours.stopped_at:
        return profile
    more = (now - hours.stopped_at).total_seconds()
    counted = replace(hours, before_seconds=hours.before_seconds + more, stopped_at=now, job_goes_on=True)
    return replace(profile, hours=counted, shift=_prolonged(shift, now) if shift else None)


def review_hours(profile: DriverProfile, now: datetime, rules: HoursRules, *, on_job: bool) -> HoursReview:
    """What the clock changes: a notice, the end of the shift at the limit or of a forgotten break.

    A driver on a job goes offline once it is over; dispatch offers nothing else after the limit.
    """
    hours, does = profile.hours, activity(profile)
    if does == "online" and hours.limit_at is not None:
        if now >= hours.limit_at + ACCEPTANCE_TIME:
            if on_job:
                return HoursReview(profile, due_at=now + ON_JOB_PAUSE)
            return HoursReview(go_offline(profile, "hours_limit"))
        if not hours.warned and now >= hours.limit_at - rules.notice:
            minutes = round((hours.limit_at - now).total_seconds() / 60)
            event = DriverHoursEnding(driver_id=profile.id, limit_at=hours.limit_at, minutes=minutes)
            warned = replace(profile, hours=replace(hours, warned=True))
            return HoursReview(warned, event, hours.limit_at + ACCEPTANCE_TIME)
    elif on_job:
        return HoursReview(count_job(profile, now), due_at=now + ON_JOB_PAUSE)
    elif (ends := _longest_break(profile, rules)) is not None and now >= ends:
        return HoursReview(go_offline(profile, "long_break"))
    return HoursReview(profile, due_at=next_look(profile, rules, checked=True))


def next_look(profile: DriverProfile, rules: HoursRules, *, checked: bool = False) -> datetime | None:
    """When the clock changes something; at once after the driver stopped, unless it was *checked* that no
    job goes on."""
    hours, does = profile.hours, activity(profile)
    if does == "online":
        if hours.limit_at is None:
            return None
        return hours.limit_at + ACCEPTANCE_TIME if hours.warned else hours.limit_at - rules.notice
    if not checked and hours.stopped_at is not None:
        return hours.stopped_at + ON_JOB_PAUSE if hours.job_goes_on else hours.stopped_at
    return _longest_break(profile, rules)


def shift_events(
    before: DriverProfile, after: DriverProfile, rules: HoursRules
) -> tuple[DriverShiftChanged, ...]:
    """The event of a change of the shift."""
    if after.shift is None or (after.shift == before.shift and after.hours == before.hours):
        return ()
    due_at = next_look(after, rules)
    return (DriverShiftChanged(driver_id=after.id, shift=after.shift, due_at=due_at),)


def _longest_break(profile: DriverProfile, rules: HoursRules) -> datetime | None:
    """When the driver's break has lasted as long as a rest, and was forgotten; ``None``: no break."""
    if activity(profile) != "break" or profile.shift is None or not profile.shift.periods:
        return None
    return profile.shift.periods[-1].began_at + rules.rest


def _stopped(hours: DrivenHours, now: datetime) -> DrivenHours:
    return replace(
        hours,
        before_seconds=driven(hours, now).total_seconds(),
        since=None,
        limit_at=None,
        stopped_at=now,
        job_goes_on=False,
    )


def _started(hours: DrivenHours, now: datetime, rules: HoursRules) -> DrivenHours:
    if hours.stopped_at is None or now - hours.stopped_at >= rules.rest:
        hours = DrivenHours()
    left = rules.limit - driven(hours, now)
    return replace(hours, since=now, stopped_at=None, job_goes_on=False, limit_at=now + left)


def _shift(
    profile: DriverProfile, was: Activity | None, does: Activity | None, now: datetime, shift_id: str
) -> ShiftRecord:
    shift = profile.shift
    if was is None or shift is None:
        shift = ShiftRecord(id=shift_id, began_at=now)
    periods = shift.periods
    if periods and periods[-1].ended_at is None:
        periods = (*periods[:-1], replace(periods[-1], ended_at=now))
    if does is None:
        return replace(shift, periods=periods, ended_at=now, end_reason=profile.offline_reason)
    if len(periods) >= PERIODS_MAX and does == "break":
        raise TooManyBreaks
    return replace(shift, periods=(*periods, ShiftPeriod(does, now)))


def _prolonged(shift: ShiftRecord, now: datetime) -> ShiftRecord:
    """The shift with its last time online going on until now."""
    if not shift.periods:
        return shift
    *earlier, last = shift.periods
    if last.activity == "break" and last.ended_at is None and earlier:
        driving = replace(earlier[-1], ended_at=now)
        return replace(shift, periods=(*earlier[:-1], driving, replace(last, began_at=now)))
    if last.activity == "online" and last.ended_at is not None:
        return replace(shift, periods=(*earlier, replace(last, ended_at=now)), ended_at=now)
    return shift
