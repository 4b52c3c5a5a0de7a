"""Push subscriptions: made, listed, and removed with the session in which they were made."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Conflict, FieldChecks, NotFound, ValidationFailed
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.purge import delete_document
from supportcarr.notifications.collections import PUSH_SUBSCRIPTIONS
from supportcarr.notifications.push.errors import EndpointInUse, PushOff
from supportcarr.notifications.push.model import (
    SUBSCRIPTIONS_MAX,
    PushSubscription,
    subscription_id,
    surplus,
)
from supportcarr.notifications.push.ports import BadTarget, PushSender, PushTarget, Sessions

_ATTEMPTS = 5
_PAGE = 200


class NewSubscription(msgspec.Struct, frozen=True):
    """What a browser says of its subscription."""

    target: PushTarget
    expires_at: datetime | None = None  # wall time


class PushSubscriptions:
    """The browsers to which people's notifications are pushed."""

    def __init__(self, store: Store, clock: Clock, sender: PushSender, sessions: Sessions) -> None:
        self._subscriptions = store.collection(PUSH_SUBSCRIPTIONS)
        self._clock = clock
        self._sender = sender
        self._sessions = sessions

    async def subscribe(self, caller: Principal, new: NewSubscription) -> PushSubscription:
        """Store the subscription of the caller's browser; the same endpoint again is the same one.

        A browser in which somebody else signed in before shows the caller's notifications from now on.
        Raises ``PushOff``, ``ValidationFailed``, ``EndpointInUse``.
        """
        server_key = self._sender.public_key
        if server_key is None:
            raise PushOff
        now, checks = self._clock.wall(), FieldChecks()
        checks.run(lambda: self._check_target(new.target))
        checks.run(lambda: _check_end(new.expires_at, now))
        checks.done()
        apps = await self._sessions.open_among([caller.session_id])
        wanted = PushSubscription(
            id=subscription_id(new.target.endpoint),
            user_id=caller.user_id,
            session_id=caller.session_id,
            app=apps.get(caller.session_id),
            endpoint=new.target.endpoint,
            p256dh=new.target.p256dh,
            auth=new.target.auth,
            server_key=server_key,
            created_at=to_milliseconds(now),
            expires_at=new.expires_at,
        )
        stored = await self._store(wanted)
        for oldest in surplus(await self._of(caller.user_id), stored.id):
            await delete_document(self._subscriptions, oldest.id)
        return stored

    def _check_target(self, target: PushTarget) -> None:
        """Raises ``ValidationFailed``."""
        try:
            self._sender.check(target)
        except BadTarget as error:
            raise ValidationFailed.of(error.field, error.code, str(error)) from None

    async def _store(self, wanted: PushSubscription) -> PushSubscription:
        for _ in range(_ATTEMPTS):
            known = await self._subscriptions.get(wanted.id)
            try:
                if known is None:
                    return await self._subscriptions.insert(wanted)
                same_keys = (known.p256dh, known.auth) == (wanted.p256dh, wanted.auth)
                if known.user_id != wanted.user_id and not same_keys:
                    raise EndpointInUse
                changed = replace(wanted, version=known.version, created_at=known.created_at)
                return known if changed == known else await self._subscriptions.save(changed)
            except (DuplicateKey, VersionConflict):
                continue  # the same browser, at the same time
        raise Conflict

    async def listed(self, user_id: str) -> Sequence[PushSubscription]:
        """The person's subscriptions, oldest first."""
        kept = await self._without_ended(await self._of(user_id))
        return sorted(kept, key=lambda one: (one.created_at, one.id))

    async def _of(self, user_id: str) -> list[PushSubscription]:
        return (await self._subscriptions.find({"user_id": user_id}, limit=2 * SUBSCRIPTIONS_MAX)).items

    async def remove(self, user_id: str, id: str) -> None:
        """Raises ``NotFound``, for one of another person too."""
        known = await self._subscriptions.get(id)
        if known is None or known.user_id != user_id:
            raise NotFound
        await delete_document(self._subscriptions, id)

    async def remove_endpoint(self, user_id: str, endpoint: str) -> None:
        """Remove the subscription with that endpoint.  Raises ``NotFound``."""
        await self.remove(user_id, subscription_id(endpoint))

    async def purge(self) -> None:
        """Delete the subscriptions of sessions that have ended, and those that have expired.  Idempotent."""
        some: list[PushSubscription] = []
        async for one in self._subscriptions.scan():
            some.append(one)
            if len(some) == _PAGE:
                await self._without_ended(some)
                some = []
        await self._without_ended(some)

    async def _without_ended(self, found: Sequence[PushSubscription]) -> list[PushSubscription]:
        """Those that are in use; the others are deleted."""
        if not found:
            return []
        now = self._clock.wall()
        opened = await self._sessions.open_among(sorted({one.session_id for one in found}))
        kept = [
            one
            for one in found
            if one.session_id in opened and (one.expires_at is None or one.expires_at > now)
        ]
        for one in found:
            if one not in kept:
                with suppress(VersionConflict):  # it was made again, in another session
                    await self._subscriptions.delete(one.id, one.version)
        return kept


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    """Raises ``ValidationFailed``."""
    if expires_at is not None and expires_at <= now:
        raise ValidationFailed.of("expirationTime", "expired", "The subscription has expired")
