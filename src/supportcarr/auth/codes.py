"""Codes that are sent by SMS: what is stored of one, and the rules for it.  Pure.

A code itself is stored nowhere: it is derived from a secret of the platform and the fields ``id`` and
``request`` of its document, when it is sent and when it is checked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.languages import Language
from supportcarr.kit.runtime.crypto import keyed_hash

# What the code is for: to verify a phone, to reset a password, to change the number of an account.
Purpose = Literal["phone", "password", "new_phone"]

LIFETIME = timedelta(minutes=10)
TRIES_MAX = 5
DIGITS = 6


class SmsCode(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The code that was requested last for one purpose and one holder.  Wall time.

    ``holder`` is a user id.  If the code resets a password, such a document exists for numbers without an
    account too: then it is the keyed hash of the number.  Of a new number it is both, so that a code is good
    only for the number that it was sent to.
    """

    purpose: Purpose
    holder: str
    language: Language = "en"  # of the client that requested it
    request: str  # random; each request has a code of its own, and the one before it ends
    tries: int = 0
    used: bool = False
    expires_at: datetime


def id_of(purpose: Purpose, holder: str) -> str:
    """The id of that holder's code."""
    return f"{purpose}:{holder}"


def new_phone_holder(secret: str, user_id: str, number: str) -> str:
    """The holder of the code with which that account proves that number (E.164)."""
    return f"{user_id}.{keyed_hash(secret, 'new phone', number)}"


def new_code(
    purpose: Purpose, holder: str, language: Language, request: str, now: datetime, version: int = 0
) -> SmsCode:
    """A code in place of the one before it, of which *version* is stored."""
    return SmsCode(
        id=id_of(purpose, holder),
        version=version,
        purpose=purpose,
        holder=holder,
        language=language,
        request=request,
        expires_at=now + LIFETIME,
    )


def is_open(code: SmsCode, now: datetime) -> bool:
    """True if the code may be tried."""
    return not code.used and code.tries < TRIES_MAX and now < code.expires_at


def with_try(code: SmsCode, now: datetime) -> SmsCode | None:
    """The code with one more try, to be stored before the try is judged; ``None`` if it may not be tried."""
    return replace(code, tries=code.tries + 1) if is_open(code, now) else None


def digits_of(digest: bytes) -> str:
    """Six digits from a keyed digest."""
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}d}"
