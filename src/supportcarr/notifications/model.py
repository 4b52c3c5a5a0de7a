"""A notification, and its id, which prevents duplicates.  Pure."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.ids import NOTIFICATION
from supportcarr.contracts.personal import Personal

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, as in every id


Side = Literal["rider", "driver", "anyone"]  # in which role its reader is told


class Amount(msgspec.Struct, frozen=True):
    """Money; ``minor``: in minor units."""

    minor: int
    currency: str


# What a text takes: an amount, a day, a number, or papers of a driver (``drivers.model.DocumentKind``).
Value = Amount | date | int | tuple[str, ...]


class Notification(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A notification for one person; times are city time.

    ``text``, ``side`` and ``values`` say it in any language (``notifications.wording``); notifications that
    were stored before had none.  ``title`` and ``body`` are the English words.
    """

    user_id: str
    kind: str
    title: Annotated[str, Personal("user_id")]
    body: Annotated[str, Personal("user_id")]
    text: str | None = None  # the kind, or a narrower one: ``rescue_cancelled_fee``
    side: Side | None = None
    values: Annotated[dict[str, Value] | None, Personal("user_id")] = None
    at: datetime
    rescue_id: str | None = None
    read_at: datetime | None = None


def notification_id(event: str, user_id: str, at: datetime) -> str:
    """The id of a person's notification of an event (its collection and id); always the same.

    It sorts by *at*, the event's time: 48 bits of milliseconds, then 80 bits of a BLAKE2b digest (the
    layout of a ULID).  A consumer that runs again finds the notification already stored.
    """
    digest = hashlib.blake2b(f"{event}\n{user_id}".encode(), digest_size=10).digest()
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(digest)
    chars = [""] * 26
    for i in range(25, -1, -1):
        chars[i] = _ALPHABET[number & 31]
        number >>= 5
    return f"{NOTIFICATION}_{''.join(chars)}"


def mark_read(notification: Notification, now: datetime) -> Notification:
    """The notification, marked as read; unchanged if it already was."""
    if notification.read_at is not None:
        return notification
    return msgspec.structs.replace(notification, read_at=now)
