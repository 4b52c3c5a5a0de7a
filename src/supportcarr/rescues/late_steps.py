"""Steps and photos that a phone without a connection reports later, with the time of each.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.rescues import Status
from supportcarr.kit.runtime.clock import to_milliseconds
from supportcarr.rescues.model import Rescue

AHEAD_SECONDS = 30.0  # a phone's clock may be ahead of ours by as much, as with positions

FIELD = "happened_at"


def time_of_step(rescue: Rescue, happened_at: datetime, now: datetime, limit_s: float) -> datetime:
    """When the step happened (city time): as the phone says, if that is possible.

    Raises ``ValidationFailed``: it is in the future, more than *limit_s* seconds ago, or before the step that
    led to the present status.
    """
    at = time_within(happened_at, now, limit_s)
    before = rescue.timeline[-1].at
    if at < before:
        raise ValidationFailed.of(
            FIELD, "before_previous_step", f"The step before happened at {before.isoformat()}."
        )
    return at


def time_of_photo(rescue: Rescue, happened_at: datetime, now: datetime, limit_s: float) -> datetime:
    """When the photo was taken (city time): as the phone says, if that is possible.

    Raises ``ValidationFailed``: it is in the future, more than *limit_s* seconds ago, or before the rescue.
    """
    at = time_within(happened_at, now, limit_s)
    if at < rescue.created_at:
        raise ValidationFailed.of(
            FIELD, "before_previous_step", f"The rescue was requested at {rescue.created_at.isoformat()}."
        )
    return at


def status_at(rescue: Rescue, at: datetime) -> Status:
    """The status that the rescue had at that time; before the first entry of its timeline, that one."""
    entries = [entry for entry in rescue.timeline if entry.at <= at] or rescue.timeline[:1]
    return entries[-1].to


def time_within(happened_at: datetime, now: datetime, limit_s: float) -> datetime:
    """The time, if it is neither in the future nor more than *limit_s* seconds ago.

    Raises ``ValidationFailed``.
    """
    ahead = (happened_at - now).total_seconds()
    if ahead > AHEAD_SECONDS:
        raise ValidationFailed.of(FIELD, "in_the_future", f"The city's time is {now.isoformat()}.")
    if -ahead > limit_s:
        oldest = now - timedelta(seconds=limit_s)
        raise ValidationFailed.of(
            FIELD, "too_old", f"What happened before {oldest.isoformat()} is not accepted any more."
        )
    return min(to_milliseconds(happened_at), now)
