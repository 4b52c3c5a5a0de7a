"""How many text messages may be requested for one phone number.  Pure.

Requests are counted, not texts: whether a number has an account makes no difference to the count.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class TextRules(msgspec.Struct, frozen=True, kw_only=True):
    """The pause after a text, and how many there are at most (wall time)."""

    pause: timedelta = timedelta(seconds=30)
    per_hour: int = 5
    per_day: int = 10


class RequestedTexts(Document, frozen=True, kw_only=True):
    """When texts were requested for one number in the last day, oldest first.  Wall time.

    The id is the keyed hash of the number; with an address at which its account was used before, of both.
    """

    at: tuple[datetime, ...]
    last: str = ""  # keyed hash of what was counted last: its repeat is not counted again
    expires_at: datetime


def seconds_to_wait(at: tuple[datetime, ...], now: datetime, rules: TextRules) -> float:
    """How long no text may be requested; 0: one may be requested now."""
    free_at = now
    for span, allowed in ((rules.pause, 1), (_HOUR, rules.per_hour), (_DAY, rules.per_day)):
        if len(at) >= allowed:
            free_at = max(free_at, at[-allowed] + span)
    return (free_at - now).total_seconds()


def with_request(texts: RequestedTexts, mark: str, now: datetime) -> RequestedTexts:
    """The count with one more request, the one of that mark."""
    kept = tuple(moment for moment in texts.at if now - moment < _DAY)
    return replace(texts, at=(*kept, now), last=mark, expires_at=now + _DAY)
