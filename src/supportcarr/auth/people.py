"""What operators do with accounts: find them, change their roles, ban them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from supportcarr.auth import phones
from supportcarr.auth.collections import USERS
from supportcarr.auth.errors import OperatorNotBanned, OwnRoles
from supportcarr.auth.model import User, ban, end_tokens, lift_ban
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.service import AuthService
from supportcarr.contracts.actors import OPERATOR_ROLES, Actor
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.events import AnyEvent, OperatorActed, UserBanned, UserSignedUp
from supportcarr.contracts.ids import USER, looks_like
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update

FOUND_MAX = 20  # by words of names


class PeopleService:
    def __init__(self, store: Store, clock: Clock, auth: AuthService, names: NameIndex) -> None:
        self._users = store.collection(USERS)
        self._clock = clock
        self._auth = auth
        self._names = names

    # --- finding ------------------------------------------------------------------------------

    async def find(self, text: str | None) -> Sequence[User]:
        """The account with that phone number or id, or those whose names have these words, newest first.

        Without *text* the operators.  Raises ``ValidationFailed`` for what looks like a number and is none.
        """
        if text is None:
            staff = await self._auth.staff.read()
            found = await self._users.get_many(staff.people)
            return [found[one] for one in staff.people if one in found]
        text = text.strip()
        if looks_like(USER, text):
            user = await self._users.get(text)
        elif not any(character.isalpha() for character in text):
            user = await self._auth.by_phone(phones.parse(text, "q"))
        else:
            return await self._names.find(text, FOUND_MAX)
        return [user] if user is not None else []

    # --- roles --------------------------------------------------------------------------------

    async def set_roles(
        self, by: Actor, user_id: str, roles: Sequence[str], reason: str, origin: Origin
    ) -> User:
        """Give an account exactly those roles; its tokens say so within a second.

        Raises ``NotFound``, ``OwnRoles``, ``LastAdmin``.
        """
        if by.id == user_id:
            raise OwnRoles
        wanted = tuple(sorted(set(roles)))
        user = await self._auth.user(user_id)
        if OPERATOR_ROLES & set(user.roles) or OPERATOR_ROLES & set(wanted):
            await self._auth.staff.note(user_id, wanted)
        now = self._clock.wall()

        def changed(current: User) -> tuple[User, PendingEvents] | None:
            if current.roles == wanted:
                return None
            acted = OperatorActed(
                action="users.change_roles",
                subject=user_id,
                person_id=user_id,
                before={"roles": list(current.roles)},
                after={"roles": list(wanted)},
                reason=reason,
                origin=origin,
            )
            new = sorted(set(wanted) - set(current.roles) - OPERATOR_ROLES)
            events: list[AnyEvent] = [UserSignedUp(user_id=user_id, role=role) for role in new]
            after = end_tokens(msgspec.structs.replace(current, roles=wanted), now)
            return after, self._pending(by, *events, acted)

        user = await update(self._users, user_id, changed)
        await self._auth.sessions.publish_end_of_tokens(user)
        return user

    # --- bans ---------------------------------------------------------------------------------

    async def ban(self, by: Actor, user_id: str, reason: str, origin: Origin) -> User:
        """Ban a person and end their sessions and tokens in every process within a second.

        Raises ``NotFound``; ``OperatorNotBanned``: take the role away first.
        """
        now = self._clock.wall()

        def banned(user: User) -> tuple[User, PendingEvents] | None:
            if OPERATOR_ROLES & set(user.roles):
                raise OperatorNotBanned
            acted = self._acted("users.ban", user, reason, origin, banned=True)
            return self._with(ban(user, now), by, UserBanned(user_id=user_id), acted)

        user = await update(self._users, user_id, banned)
        await self._auth.sessions.publish_end_of_tokens(user)
        return user

    async def lift_ban(self, by: Actor, user_id: str, origin: Origin) -> User:
        """Let a person sign in again.  Raises ``NotFound``."""

        def lifted(user: User) -> tuple[User, PendingEvents] | None:
            return self._with(
                lift_ban(user), by, self._acted("users.lift_ban", user, None, origin, banned=False)
            )

        return await update(self._users, user_id, lifted)

    def _with(self, user: User | None, by: Actor, *events: AnyEvent) -> tuple[User, PendingEvents] | None:
        return None if user is None else (user, self._pending(by, *events))

    def _acted(
        self, action: str, user: User, reason: str | None, origin: Origin, *, banned: bool
    ) -> OperatorActed:
        return OperatorActed(
            action=action,
            subject=user.id,
            person_id=user.id,
            before={"banned": not banned},
            after={"banned": banned},
            reason=reason,
            origin=origin,
        )

    def _pending(self, by: Actor, *events: AnyEvent) -> PendingEvents:
        return PendingEvents(events, by, self._clock.city())
