"""What auth holds of a person: the account, its sessions, and where it was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from supportcarr.auth.collections import SECOND_FACTORS, SESSIONS, SIGN_IN_ADDRESSES, USERS
from supportcarr.auth.model import Session, User
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.service import AuthService
from supportcarr.contracts.actors import OPERATOR_ROLES
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document, delete_matching
from supportcarr.kit.store.update import update, without_events

ERASED_NAME = "Deleted account"
ENDED = "account_deleted"
EVER = datetime(9999, 1, 1, tzinfo=UTC)
SESSIONS_READ = 1000  # of one person; those that are over are purged after a day


class AccountData:
    """``privacy.ports.PersonalData`` of auth, and ``privacy.ports.Sessions``.

    Of an erased account its id is left, with a name for the other party of its rescues.
    """

    part = "account"
    slow = False

    def __init__(self, store: Store, auth: AuthService, names: NameIndex) -> None:
        self._users = store.collection(USERS)
        self._sessions = store.collection(SESSIONS)
        self._addresses = store.collection(SIGN_IN_ADDRESSES)
        self._factors = store.collection(SECOND_FACTORS)
        self._auth = auth
        self._names = names

    async def export(self, person_id: str) -> Mapping[str, Any]:
        user = await self._users.get(person_id)
        if user is None:
            return {}
        sessions = [_session(session) for session in await self._sessions_of(person_id)]
        return {"account": _account(user), "sessions": sessions}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        user = await self._users.get(person_id)
        return ("staff_account",) if user and not OPERATOR_ROLES.isdisjoint(user.roles) else ()

    async def end_sessions(self, user_id: str, reason: str, *, before: datetime) -> None:
        """End every session of the person that was opened before that wall time.  Idempotent."""
        for session in await self._sessions_of(user_id):
            if session.ended_at is None and session.created_at <= before:
                await self._auth.end_session(session.id, reason)

    async def forget(self, person_id: str) -> None:
        user = await self._users.get(person_id)
        if user is None:
            return
        for known in (person_id, user.phone_key):  # older versions kept them under the hash of the number
            if known is not None:
                await delete_document(self._addresses, known)
        await delete_document(self._factors, person_id)
        await update(self._users, person_id, without_events(_erased))
        await self._names.forget(person_id)
        await self.end_sessions(person_id, ENDED, before=EVER)
        await delete_matching(self._sessions, {"user_id": person_id})

    async def _sessions_of(self, person_id: str) -> list[Session]:
        return (await self._sessions.find({"user_id": person_id}, limit=SESSIONS_READ)).items


def _erased(user: User) -> User | None:
    """What is left of the account; ``None`` if it is that already.

    A new document rather than a changed one: it has nothing that a later version adds to accounts.
    """
    if user.name == ERASED_NAME and not user.password_hash:
        return None
    return User(
        id=user.id,
        version=user.version,
        phone="",
        name=ERASED_NAME,
        password_hash="",
        roles=(),
        created_at=user.created_at,
        tokens_from_version=user.tokens_from_version,
        sessions_from_version=user.sessions_from_version,
        tokens_not_before=user.tokens_not_before,
    )


def _account(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "phone": user.phone,
        "new_phone": user.new_phone,
        "language": user.language,
        "preferences": user.preferences,
        "accessibility": user.accessibility,
        "name": user.name,
        "roles": user.roles,
        "created_at": user.created_at,
        "accepted_terms": user.accepted_terms,
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "created_at": session.created_at,
        "last_used_at": session.rotated_at,
        "expires_at": session.expires_at,
        "ended_at": session.ended_at,
        "ended_because": session.ended_because,
    }
