"""Accounts, sessions, and the rule for refresh tokens.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from supportcarr.contracts.documents import Document

REPEAT_WINDOW = timedelta(seconds=30)


class User(Document, frozen=True, kw_only=True):
    """A person's account."""

    phone: str  # E.164
    phone_key: str | None = None  # keyed hash of the phone number, unique; accounts are looked up by it
    name: str
    password_hash: str  # bcrypt
    roles: tuple[str, ...]  # sorted, each once
    created_at: datetime  # city time


class Session(Document, frozen=True, kw_only=True):
    """A signed-in session: a family of refresh tokens, one of which is current.  Times are wall time.

    ``generation`` counts the tokens from 1.  Tokens and nonces are stored as keyed hashes only.
    """

    user_id: str
    generation: int = 1
    token_hash: str
    previous_hash: str | None = None
    previous_nonce: str | None = None
    rotated_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_because: str | None = None  # signed_out | token_reused


REUSED = "token_reused"  # of ``Session.ended_because``


class PresentedToken(msgspec.Struct, frozen=True):
    """A genuine refresh token as a client presented it: its generation, its hash and that of the nonce."""

    generation: int
    token_hash: str
    nonce: str | None = None


RefreshDecision = Literal["rotate", "repeat", "reused", "ended"]


def decide_refresh(session: Session, presented: PresentedToken, now: datetime) -> RefreshDecision:
    """What to do with a refresh token.

    ``rotate``: it is the current one.  ``repeat``: the client did not get the response and repeats the
    request within 30 s with the same nonce, and the successor is unused: return the same successor.
    ``reused``: two parties hold the token, so end the session.  ``ended``: the session has ended.
    """
    if session.ended_at is not None or session.expires_at <= now:
        return "ended"
    if presented.generation == session.generation and presented.token_hash == session.token_hash:
        return "rotate"
    if (
        presented.generation == session.generation - 1
        and presented.token_hash == session.previous_hash
        and presented.nonce is not None
        and presented.nonce == session.previous_nonce
        and session.rotated_at is not None
        and now - session.rotated_at <= REPEAT_WINDOW
    ):
        return "repeat"
    return "reused"


def rotate(
    session: Session, presented: PresentedToken, successor_hash: str, now: datetime, lifetime: timedelta
) -> Session:
    """The session with its next refresh token."""
    return msgspec.structs.replace(
        session,
        generation=session.generation + 1,
        token_hash=successor_hash,
        previous_hash=presented.token_hash,
        previous_nonce=presented.nonce,
        rotated_at=now,
        expires_at=now + lifetime,
    )


def end_session(session: Session, reason: str, now: datetime) -> Session | None:
    """The session, ended; ``None`` if it had already ended."""
    if session.ended_at is not None:
        return None
    return msgspec.structs.replace(session, ended_at=now, ended_because=reason)
