"""Accounts, sessions, and the rule for refresh tokens.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.documents import Document
from supportcarr.contracts.languages import Language
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.web_apps import AppName

REPEAT_WINDOW = timedelta(seconds=30)


class Preferences(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person prefers; ``push``, ``sms`` and ``email`` are channels of notifications beside the app."""

    units: Literal["metric", "imperial"] = "metric"
    push: bool = True
    sms: bool = True
    email: bool = True


def wanted_channels(preferences: Preferences) -> frozenset[Literal["push", "sms", "email"]]:
    """The channels that are not turned off."""
    channels: tuple[Literal["push", "sms", "email"], ...] = ("push", "sms", "email")
    return frozenset(channel for channel in channels if getattr(preferences, channel))


class AcceptedTerms(msgspec.Struct, frozen=True):
    """The version of the terms that a person accepted, and when (wall time)."""

    version: str
    at: datetime


class User(Document, frozen=True, kw_only=True):
    """A person's account.

    It is provisional until its owner proves that the phone is theirs: then it claims the number, which is
    unique among verified accounts only.
    """

    # E.164; of a provisional account the number that its owner says is theirs
    phone: Annotated[str, Personal("id", neutral="")]
    # Keyed hashes of the phone number, unique; without one the account is provisional.  Two while the
    # look-up key is rotated (``auth.phone_directory``).
    phone_key: str | None = None  # with a key of an even number
    phone_key_odd: str | None = None
    new_phone: Annotated[str | None, Personal("id")] = None  # E.164; asked for, and not verified yet
    old_phones: Annotated[tuple[str, ...] | None, Personal("id")] = None  # which have not been told yet
    phone_verified_at: datetime | None = None  # wall time; not known of older accounts
    provisional_until: datetime | None = None  # wall time at which a provisional account is deleted
    language: Language = "en"  # of texts and screens
    preferences: Preferences = Preferences()
    # What helps the person, in their words: "I use a wheelchair".
    accessibility: Annotated[str | None, Personal("id")] = None
    name: Annotated[str, Personal("id")]
    password_hash: str  # bcrypt
    roles: tuple[str, ...]  # sorted, each once
    created_at: datetime  # city time
    accepted_terms: AcceptedTerms | None = None  # at the sign-up in a web app
    # Which tokens are still good is decided by versions of this document, because clocks differ.
    tokens_from_version: int = 0  # access tokens issued at an older version are refused
    sessions_from_version: int = 0  # sessions opened at an older version have ended
    tokens_not_before: datetime | None = None  # wall time of the last change of one of the two
    banned_at: datetime | None = None  # wall time

    @property
    def verified(self) -> bool:
        return self.phone_key is not None or self.phone_key_odd is not None

    @property
    def banned(self) -> bool:
        return self.banned_at is not None


class AccountChanges(msgspec.Struct, frozen=True):
    """Values of fields of an account, and of its preferences, by name; the others stay."""

    account: dict[str, str | None] = {}
    preferences: dict[str, str | bool] = {}


def with_changes(user: User, changes: AccountChanges) -> User:
    """The account with those values."""
    preferences = msgspec.structs.replace(user.preferences, **changes.preferences)
    return msgspec.structs.replace(user, preferences=preferences, **changes.account)


def end_tokens(user: User, now: datetime) -> User:
    """The account, whose access tokens of before are refused: clients refresh theirs.

    For every change of what a token says, such as the roles.  Save it, then call
    ``SessionService.publish_end_of_tokens``.
    """
    return msgspec.structs.replace(user, tokens_from_version=user.version + 1, tokens_not_before=now)


def end_sessions(user: User, now: datetime) -> User:
    """The account, whose sessions and access tokens of before have all ended: a new password, a ban.

    Save it, then call ``SessionService.publish_end_of_tokens``.
    """
    return msgspec.structs.replace(end_tokens(user, now), sessions_from_version=user.version + 1)


def ban(user: User, now: datetime) -> User | None:
    """The account, banned and signed out everywhere; ``None`` if it is banned."""
    if user.banned:
        return None
    return msgspec.structs.replace(end_sessions(user, now), banned_at=now)


def lift_ban(user: User) -> User | None:
    """The account without its ban; ``None`` if it has none."""
    return msgspec.structs.replace(user, banned_at=None) if user.banned else None


class Session(Document, frozen=True, kw_only=True):
    """A signed-in session: a family of refresh tokens, one of which is current.  Times are wall time.

    ``generation`` counts the tokens from 1.  Tokens and nonces are stored as keyed hashes only.
    """

    user_id: str
    user_version: int = 0  # of the account when the session was opened, or last kept (``keep_session``)
    app: AppName | None = None  # the web app that keeps the refresh token in a cookie
    device: Annotated[str, Personal("user_id", neutral="")] = (
        ""  # what signed in, in words (``auth.devices``)
    )
    # The network that it was last refreshed from (``auth.devices``).
    place: Annotated[str, Personal("user_id", neutral="")] = ""
    generation: int = 1
    token_hash: str
    previous_hash: str | None = None
    previous_nonce: str | None = None
    rotated_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    totp: bool = False  # a TOTP code was given in it
    stepped_up_until: datetime | None = None  # another one was given less than five minutes before
    ended_because: str | None = None  # signed_out | ended_by_owner | token_reused


REUSED = "token_reused"  # of ``Session.ended_because``
ENDED_BY_OWNER = "ended_by_owner"  # from another session


class Device(msgspec.Struct, frozen=True):
    """What a session is opened or refreshed from; the fields but ``origin`` are those of ``Session``."""

    app: AppName | None = None
    device: str = ""
    place: str = ""
    origin: Origin = NOWHERE  # for the audit log


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


def is_open(session: Session, user: User | None, now: datetime) -> bool:
    """Whether a session of that account may be refreshed."""
    return (
        user is not None
        and not user.banned
        and session.ended_at is None
        and session.expires_at > now
        and session.user_version >= user.sessions_from_version
    )


def keep_session(session: Session, user: User) -> Session:
    """The session of which ``end_sessions`` is to be survived: the one in which the password was changed.

    *user* is the account as ``end_sessions`` left it and the store has it.
    """
    return msgspec.structs.replace(session, user_version=user.version)


def rotate(
    session: Session,
    presented: PresentedToken,
    successor_hash: str,
    now: datetime,
    lifetime: timedelta,
    longest: timedelta,
    place: str = "",
) -> Session:
    """The session with its next refresh token; *place* is where it was refreshed from, if known.

    The token ends after the *lifetime*, or with the session: the *longest* time after it was opened.
    """
    return msgspec.structs.replace(
        session,
        generation=session.generation + 1,
        token_hash=successor_hash,
        previous_hash=presented.token_hash,
        previous_nonce=presented.nonce,
        rotated_at=now,
        expires_at=min(now + lifetime, session.created_at + longest),
        place=place or session.place,
    )


def end_session(session: Session, reason: str, now: datetime) -> Session | None:
    """The session, ended; ``None`` if it had already ended."""
    if session.ended_at is not None:
        return None
    return msgspec.structs.replace(session, ended_at=now, ended_because=reason)
