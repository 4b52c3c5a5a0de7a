"""Sessions: open, refresh, list and end them.

A session is a family of refresh tokens (``model.Session``); the store is authoritative.  Ended sessions and
accounts are published to every process by ``auth.revocations``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
import structlog

from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.errors import SessionEnded
from supportcarr.auth.model import (
    ENDED_BY_OWNER,
    REUSED,
    Device,
    PresentedToken,
    Session,
    User,
    decide_refresh,
    end_session,
    is_open,
    keep_session,
    rotate,
)
from supportcarr.auth.refresh_tokens import RefreshTokens
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.session_activity import SessionActivity
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.actors import Actor, Role
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound
from supportcarr.contracts.events import OperatorActed
from supportcarr.contracts.ids import SESSION
from supportcarr.contracts.web_apps import AppName
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Collection, Store, VersionConflict
from supportcarr.kit.store.purge import purge_expired
from supportcarr.kit.store.update import update, without_events

_PAGE = 100

log = structlog.get_logger(__name__)


class Grant(msgspec.Struct, frozen=True):
    """A session as it is handed to the client: the account and its tokens."""

    user: User
    session_id: str
    access_token: str
    refresh_token: str
    expires_in: int  # seconds; the access token
    refresh_expires_in: int  # seconds; the refresh token


class OpenSession(msgspec.Struct, frozen=True):
    """A session as its owner sees it; *used_at* is when it was last used, some minutes late at most."""

    session: Session
    used_at: datetime


class SessionService:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: AuthSettings,
        *,
        tokens: AccessTokens,
        revocations: Revocations,
        activity: SessionActivity | None = None,
    ) -> None:
        """Without *activity* (a command on this machine) the last use is known from the store alone."""
        self._users: Collection[User] = store.collection(USERS)
        self._sessions: Collection[Session] = store.collection(SESSIONS)
        self._clock = clock
        self._longest = timedelta(seconds=settings.session_seconds)
        self._lifetime = min(timedelta(seconds=settings.refresh_seconds), self._longest)
        self._tokens = tokens
        self._revocations = revocations
        self._activity = activity
        self._refresh_tokens = RefreshTokens(settings.lookup_secret)

    # --- opening and refreshing ---------------------------------------------------------------

    async def open(self, user: User, device: Device | None = None, *, totp: bool = False) -> Grant:
        """Open a session of that account, as it is in the store; *totp*: a TOTP code was given."""
        now = self._clock.wall()
        session_id = new_id(SESSION)
        token = self._refresh_tokens.issue(session_id, 1)
        device = device or Device()
        session = Session(
            id=session_id,
            user_id=user.id,
            user_version=user.version,
            token_hash=self._refresh_tokens.hash(token),
            created_at=now,
            expires_at=now + self._lifetime,
            app=device.app,
            device=device.device,
            place=device.place,
            totp=totp,
        )
        session = await self._sessions.insert(session, self._audited(user, session, device))
        if self._activity is not None:
            self._activity.opened(session)
        return self._grant(user, session, token)

    def _audited(self, user: User, session: Session, device: Device) -> PendingEvents | None:
        """The event for the audit log, if an operator signs in."""
        operator: tuple[Role, ...] = ("admin", "support")
        roles = [role for role in operator if role in user.roles]
        if not roles:
            return None
        acted = OperatorActed(
            action="auth.sign_in",
            subject=session.id,
            person_id=user.id,
            after={"roles": list(user.roles), "app": device.app},
            origin=msgspec.structs.replace(device.origin, session_id=session.id),
        )
        return PendingEvents((acted,), Actor(roles[0], user.id), self._clock.city())

    def _grant(self, user: User, session: Session, refresh_token: str) -> Grant:
        access_token = self._tokens.issue_for(user, session)
        left = session.expires_at - self._clock.wall()
        seconds, refresh_seconds = self._tokens.lifetime_seconds, max(0, round(left.total_seconds()))
        return Grant(user, session.id, access_token, refresh_token, seconds, refresh_seconds)

    async def refresh(self, token: str, nonce: str | None, device: Device | None = None) -> Grant:
        """The next tokens of a session, by the rule in ``model.decide_refresh``.

        A reused token ends its session.  Raises ``SessionEnded``.
        """
        parsed = self._refresh_tokens.read(token, nonce)
        if parsed is None:
            raise SessionEnded
        session_id, presented = parsed
        place = device.place if device else ""
        for _ in range(3):
            session = await self._sessions.get(session_id)
            if session is None:
                raise SessionEnded
            user = await self._users.get(session.user_id)
            decision = decide_refresh(session, presented, self._clock.wall())
            if decision == "ended":
                raise SessionEnded.reused() if session.ended_because == REUSED else SessionEnded
            if user is None or not is_open(session, user, self._clock.wall()):
                raise SessionEnded
            if decision == "reused":
                log.warning("refresh_token_reused", session_id=session_id, user_id=session.user_id)
                await self.end(session_id, REUSED)
                raise SessionEnded.reused()
            stored_hash = session.token_hash if decision == "repeat" else None
            successor = self._refresh_tokens.successor(
                token, session_id, presented.generation + 1, nonce, stored_hash
            )
            if decision == "repeat":
                return self._grant(user, session, successor)
            rotated = await self._rotate(session, presented, successor, place)
            if rotated is not None:  # else decide again
                return self._grant(user, rotated, successor)
        raise Conflict

    async def _rotate(
        self, session: Session, presented: PresentedToken, successor: str, place: str
    ) -> Session | None:
        """The session with its successor; ``None`` if another request was faster."""
        now = self._clock.wall()
        successor_hash = self._refresh_tokens.hash(successor)
        rotated = rotate(session, presented, successor_hash, now, self._lifetime, self._longest, place)
        try:
            rotated = await self._sessions.save(rotated)
        except VersionConflict:
            return None
        if self._activity is not None:
            self._activity.opened(rotated)
        return rotated

    # --- ending -------------------------------------------------------------------------------

    async def end(self, session_id: str, reason: str = "signed_out") -> None:
        """End a session and revoke its access tokens in every process.  Idempotent."""
        await self._end(session_id, reason)
        await self._revocations.revoke(session_id)

    async def _end(self, session_id: str, reason: str) -> None:
        now = self._clock.wall()
        await update(self._sessions, session_id, without_events(lambda s: end_session(s, reason, now)))
        if self._activity is not None:
            self._activity.ended(session_id)

    async def end_replaced(self, token: str) -> None:
        """End the session of a refresh token whose cookie a new sign-in replaces; nothing if it has none."""
        parsed = self._refresh_tokens.read(token, None)
        if parsed is not None:
            with suppress(NotFound):
                await self.end(parsed[0])

    async def end_own(self, user_id: str, session_id: str) -> None:
        """End a session of that person.  Raises ``NotFound``, for one of another person too."""
        session = await self._sessions.get(session_id)
        user = await self._users.get(user_id)
        if session is None or session.user_id != user_id or not is_open(session, user, self._clock.wall()):
            raise NotFound
        await self.end(session_id, ENDED_BY_OWNER)

    async def end_others(self, user_id: str, session_id: str) -> None:
        """End all sessions of that person but one."""
        ended = []
        cursor: str | None = None
        while True:
            page = await self._sessions.find({"user_id": user_id}, limit=_PAGE, cursor=cursor)
            for session in page.items:
                if session.id != session_id and session.ended_at is None:
                    await self._end(session.id, ENDED_BY_OWNER)
                    ended.append(session.id)
            cursor = page.next_cursor
            if cursor is None:
                break
        await self._revocations.revoke_all(ended)

    async def publish_end_of_tokens(self, user: User) -> None:
        """Refuse the account's older tokens in every process.

        After ``model.end_tokens``, ``end_sessions`` or ``ban``; *user* is as the store has it now.  If this
        process dies before, the others find the account in the store within seconds.
        """
        await self._revocations.revoke_tokens_of(user)

    async def keep(self, session_id: str, user: User) -> str:
        """Let a session survive ``model.end_sessions``; returns a new access token of it.

        *user* is as the store has it now.  Raises ``NotFound``.
        """
        session = await update(self._sessions, session_id, without_events(lambda s: keep_session(s, user)))
        return self._tokens.issue_for(user, session)

    # --- listing ------------------------------------------------------------------------------

    async def list(
        self, user_id: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[OpenSession], str | None]:
        """One page of a person's open sessions, also of those that are not in use, and the next cursor.

        Raises ``BadCursor``.
        """
        now, user = self._clock.wall(), await self._users.get(user_id)
        found: list[Session] = []
        while True:  # ended ones are left out: read on until the page is full
            page = await self._sessions.find(
                {"user_id": user_id}, sort="-id", limit=limit - len(found), cursor=cursor
            )
            found += [session for session in page.items if is_open(session, user, now)]
            cursor = page.next_cursor
            if cursor is None or len(found) >= limit:
                break
        used = {} if self._activity is None else await self._activity.last_uses([s.id for s in found])
        return [OpenSession(session, _last_use(session, used.get(session.id))) for session in found], cursor

    async def open_among(self, session_ids: Sequence[str]) -> dict[str, AppName | None]:
        """Those of the sessions that are open, each with the web app that opened it."""
        now = self._clock.wall()
        sessions = await self._sessions.get_many(session_ids)
        users = await self._users.get_many(sorted({session.user_id for session in sessions.values()}))
        return {
            session.id: session.app
            for session in sessions.values()
            if is_open(session, users.get(session.user_id), now)
        }

    async def purge(self) -> None:
        """Delete sessions that ended, or expired, a day ago or earlier."""
        before = self._clock.wall() - timedelta(days=1)
        await purge_expired(self._sessions, "expires_at", before)
        await purge_expired(self._sessions, "ended_at", before)


def _last_use(session: Session, used_at: datetime | None) -> datetime:
    stored = session.rotated_at or session.created_at
    return stored if used_at is None else max(stored, used_at)
