"""A driver's shift as parts exchange it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

Activity = Literal["online", "break"]


class ShiftPeriod(msgspec.Struct, frozen=True, omit_defaults=True):
    """A time in which a driver did one thing; without ``ended_at`` it goes on.  City time."""

    activity: Activity
    began_at: datetime
    ended_at: datetime | None = None

    def length(self, now: datetime) -> timedelta:
        """How long it lasted, or has lasted until now."""
        return max((self.ended_at or now) - self.began_at, timedelta())


class ShiftRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From going online to going offline; periods follow each other without a gap.  City time."""

    id: str
    began_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None  # if the driver did not ask for the end: hours_limit, missed_offers, …
    periods: tuple[ShiftPeriod, ...] = ()
