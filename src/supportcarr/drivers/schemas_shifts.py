"""Response bodies of the routes of shifts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.contracts.shifts import Activity
from supportcarr.drivers.shifts import Shift, worked


class ShiftPeriodOut(msgspec.Struct, frozen=True):
    activity: Activity
    began_at: datetime
    ended_at: datetime | None


class ShiftOut(msgspec.Struct, frozen=True):
    """From going online to going offline, in city time; seconds until now if it goes on."""

    id: str
    began_at: datetime
    ended_at: datetime | None
    end_reason: Annotated[
        str | None, Meta(description="if the driver did not ask for the end: hours_limit, long_break, …")
    ]
    online_seconds: int
    break_seconds: int
    driving_seconds: int
    periods: list[ShiftPeriodOut]

    @classmethod
    def of(cls, shift: Shift, now: datetime) -> ShiftOut:
        time = worked(shift.periods, now)
        return cls(
            shift.id,
            shift.began_at,
            shift.ended_at,
            shift.end_reason,
            round(time.online.total_seconds()),
            round(time.on_break.total_seconds()),
            round(time.driving.total_seconds()),
            [ShiftPeriodOut(p.activity, p.began_at, p.ended_at) for p in shift.periods],
        )


class DaySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A driver's day in the city, until now; ``online_seconds`` includes the breaks."""

    date: date
    timezone: str
    state: Literal["online", "break", "offline"]
    online_seconds: int
    break_seconds: int
    driving_seconds: Annotated[int, Meta(description="online without the breaks")]
    hours_until: Annotated[
        datetime | None, Meta(description="city time at which the hours before a rest are over, while online")
    ]
    rest_until: Annotated[
        datetime | None, Meta(description="city time until which the driver has to rest before going online")
    ]
    jobs: Annotated[int, Meta(description="jobs of the day that were paid, by fare or fee")]
    earned_minor: int
    currency: str | None
