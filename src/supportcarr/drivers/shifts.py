"""Shifts as they are stored, and what a day of work adds up to.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.shifts import Activity, ShiftPeriod, ShiftRecord


class Shift(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's shift, as of that version of the driver's profile; times are city time.

    ``due_at`` is when the hours have to be looked at.
    """

    driver_id: str
    began_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None
    periods: tuple[ShiftPeriod, ...] = ()
    profile_version: int
    due_at: datetime | None = None


class WorkedTime(msgspec.Struct, frozen=True):
    """``online`` includes the breaks."""

    online: timedelta = timedelta()
    on_break: timedelta = timedelta()

    @property
    def driving(self) -> timedelta:
        return self.online - self.on_break


def shift_of(record: ShiftRecord, driver_id: str, version: int, due_at: datetime | None) -> Shift:
    """The shift to store, as of that version of the profile."""
    fields = msgspec.structs.asdict(record)
    return Shift(**fields, driver_id=driver_id, profile_version=version, due_at=due_at)


def newer(stored: Shift, shift: Shift) -> Shift | None:
    """The stored shift replaced by a newer one; ``None`` if the stored one is as new."""
    if shift.profile_version <= stored.profile_version:
        return None
    return replace(shift, version=stored.version)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where a day of the city begins and ends; it has 23 or 25 hours when the clocks change."""
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return begins, ends


def worked(
    periods: Iterable[ShiftPeriod], now: datetime, within: tuple[datetime, datetime] | None = None
) -> WorkedTime:
    """What the periods add up to until now, or what lies *within* those bounds."""
    sums: dict[Activity, timedelta] = {"online": timedelta(), "break": timedelta()}
    for period in periods:
        begins, ends = period.began_at, period.ended_at or now
        if within is not None:
            begins, ends = max(begins, within[0]), min(ends, within[1])
        sums[period.activity] += max(ends - begins, timedelta())
    return WorkedTime(sums["online"] + sums["break"], sums["break"])
