"""Deletes accounts: after a grace period every part forgets the person, then the data key is destroyed.

1. The person asks for it: the deletion is stored with ``DeletionRequested``, which ends every session.
2. Until the grace period is over, the person may sign in and cancel it.
3. Then the deletion is saved as ``erasing`` with ``PersonErased``, which each part has a consumer for.
4. Each consumer erases what its part holds, then notes that in the deletion.
5. Whoever notes the last part destroys the data key and saves the deletion as ``erased``.

A consumer that is killed runs again; each step is idempotent.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import DeletionCancelled, DeletionRequested, PersonErased
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import DuplicateKey, Page, Store, VersionConflict
from supportcarr.kit.store.update import update, without_events
from supportcarr.privacy import model
from supportcarr.privacy.collections import DELETIONS
from supportcarr.privacy.errors import DeletionBlocked
from supportcarr.privacy.model import Deletion, DeletionState
from supportcarr.privacy.ports import DataKeys, PersonalData, Sessions

REASON = "account_deleted"  # why the sessions ended
ATTEMPTS = 20  # of a compare-and-set: as many parts may note that they are done at the same time

log = structlog.get_logger(__name__)


class DeletionService:
    """The deletions of accounts."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        parts: Sequence[PersonalData],
        sessions: Sessions,
        keys: DataKeys,
        *,
        grace: timedelta,
    ) -> None:
        self._deletions = store.collection(DELETIONS)
        self._clock = clock
        self._parts = {part.part: part for part in parts}
        self._sessions = sessions
        self._keys = keys
        self._grace = grace

    @property
    def parts(self) -> Sequence[PersonalData]:
        """The parts that hold personal data."""
        return tuple(self._parts.values())

    async def request(self, person_id: str, by: Actor) -> Deletion:
        """Begin the grace period; repeated: the deletion that waits.  The event ends the sessions.

        Raises ``DeletionBlocked``.
        """
        if obstacles := await self._obstacles(person_id):
            raise DeletionBlocked.by(obstacles)
        return await self._begin(person_id, by)

    async def end_sessions(self, person_id: str) -> None:
        """End the sessions of before the person asked for the deletion.  Idempotent."""
        deletion = await self._deletions.get(person_id)
        if deletion is not None and deletion.state == "waiting" and deletion.sessions_before is not None:
            await self._sessions.end_sessions(person_id, REASON, before=deletion.sessions_before)

    async def _begin(self, person_id: str, by: Actor) -> Deletion:
        while True:
            before = await self._deletions.get(person_id)
            now = to_milliseconds(self._clock.city())
            wall = self._clock.wall()
            deletion = model.requested(before, person_id, now, wall, self._grace)
            if deletion is None:
                assert before is not None, "there is a deletion"
                return before
            assert deletion.due_at is not None, "it waits"
            event = DeletionRequested(person_id=person_id, erase_at=deletion.due_at)
            pending = PendingEvents((event,), by, now)
            try:
                if before is None:
                    return await self._deletions.insert(deletion, pending)
                return await self._deletions.save(deletion, pending)
            except (DuplicateKey, VersionConflict):
                continue  # asked twice at the same time

    async def waiting(self, person_id: str) -> Deletion:
        """The person's deletion that waits.  Raises ``NotFound`` if there is none."""
        deletion = await self._deletions.get(person_id)
        if deletion is None or deletion.state != "waiting":
            raise NotFound("Your account is not about to be deleted")
        return deletion

    async def cancel(self, person_id: str, by: Actor) -> None:
        """Cancel the deletion: the account stays.  Raises ``NotFound`` if none waits."""
        await self.waiting(person_id)

        def cancelled(deletion: Deletion) -> tuple[Deletion, PendingEvents] | None:
            after = model.cancelled(deletion)
            if after is None:
                return None
            event = DeletionCancelled(person_id=person_id)
            return after, PendingEvents((event,), by, to_milliseconds(self._clock.city()))

        await update(self._deletions, person_id, cancelled)

    async def find(self, state: DeletionState, limit: int, cursor: str | None) -> Page[Deletion]:
        """The deletions in that state, the oldest request first.  Raises ``BadCursor``."""
        return await self._deletions.find({"state": state}, sort="requested_at", limit=limit, cursor=cursor)

    async def erase_at(self, person_id: str) -> datetime | None:
        """City time at which the account will be erased; ``None`` if it is to stay."""
        deletion = await self._deletions.get(person_id)
        return deletion.due_at if deletion else None

    async def get(self, person_id: str) -> Deletion | None:
        """The person's deletion, whatever its state."""
        return await self._deletions.get(person_id)

    async def on_due(self, person_id: str) -> None:
        """Begin the erasure of a person whose grace period is over; postpone it if something is open."""
        deletion = await self._deletions.get(person_id)
        now = to_milliseconds(self._clock.city())
        if deletion is None or not model.due(deletion, now):
            return
        if obstacles := await self._obstacles(person_id):
            log.info("erasure_postponed", person_id=person_id, obstacles=obstacles)
            await update(
                self._deletions, person_id, without_events(lambda d: model.postponed(d, now, obstacles))
            )
            return
        erased = PendingEvents((PersonErased(person_id=person_id),), SYSTEM, now)

        def begun(deletion: Deletion) -> tuple[Deletion, PendingEvents] | None:
            after = model.begun(deletion, now)
            return None if after is None else (after, erased)

        await update(self._deletions, person_id, begun)

    async def forget(self, part: str, person_id: str) -> None:
        """Let one part forget a person; after the last one destroy the data key.  Idempotent.

        Of an account that was never verified nobody asked for the deletion: it begins here.
        """
        await self._parts[part].forget(person_id)
        if await self._deletions.get(person_id) is None:
            with suppress(DuplicateKey):  # another part was first
                await self._deletions.insert(model.unasked(person_id, to_milliseconds(self._clock.city())))
        deletion = await update(
            self._deletions,
            person_id,
            without_events(lambda d: model.forgotten_by(d, part)),
            attempts=ATTEMPTS,
        )
        if deletion.state != "erasing" or not set(self._parts) <= set(deletion.forgotten):
            return
        await self._keys.destroy(person_id)
        now = to_milliseconds(self._clock.city())
        await update(
            self._deletions, person_id, without_events(lambda d: model.erased(d, now)), attempts=ATTEMPTS
        )
        log.info("person_erased", person_id=person_id)

    async def _obstacles(self, person_id: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part in self._parts.values():
            found |= dict.fromkeys(await part.obstacles(person_id))
        return tuple(found)
