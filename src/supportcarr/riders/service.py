"""Claims on riders: each has at most one live rescue."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Range, Store, StoreUnavailable
from supportcarr.kit.store.update import update, without_events
from supportcarr.riders import model
from supportcarr.riders.collections import RIDERS
from supportcarr.riders.model import RiderProfile
from supportcarr.riders.ports import LiveRescues

CLAIM_DURATION = timedelta(seconds=60)  # wall time: far longer than a request lasts

log = structlog.get_logger(__name__)


class RiderService:
    """Implements the port ``RiderClaims`` of rescues.

    Every step is a compare-and-set and idempotent.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._riders = store.collection(RIDERS)
        self._clock = clock

    async def claim(self, rider_id: str, rescue_id: str) -> None:
        """Claim the rider for that rescue, for a minute unless it is confirmed.

        Raises ``RiderHasLiveRescue``; ``Conflict`` when three races were lost.
        """
        until = self._clock.wall() + CLAIM_DURATION
        await self._update(rider_id, lambda rider: model.claim(rider, rescue_id, until))

    async def confirm(self, rider_id: str, rescue_id: str) -> bool:
        """Confirm the claim of a rescue that exists now.  False if another rescue has the rider.

        A claim that has expired meanwhile is made again, for a minute: if the rescue is over by then
        (this call is a late repeat), the reconciler releases it.
        """
        until = self._clock.wall() + CLAIM_DURATION

        def confirmed(rider: RiderProfile) -> RiderProfile | None:
            if rider.live_rescue is None:
                return model.claim(rider, rescue_id, until)
            return model.confirm(rider, rescue_id)

        return model.holds_claim(await self._update(rider_id, confirmed), rescue_id)

    async def claimed_by(self, rider_id: str) -> str | None:
        """The rescue that has the rider."""
        rider = await self._riders.get(rider_id)
        return rider.live_rescue.rescue_id if rider and rider.live_rescue else None

    async def release(self, rider_id: str, rescue_id: str) -> None:
        """Release the rider, if that rescue has the claim."""
        await self._update(rider_id, lambda rider: model.release(rider, rescue_id))

    async def reconcile(self, rescues: LiveRescues) -> int:
        """Review overdue claims: one whose rescue is live is confirmed, any other released.

        Returns how many were reviewed.  A claim whose review fails does not stop the others.
        """
        reviewed = 0
        cursor: str | None = None
        overdue = {"claim_until": Range(lt=self._clock.wall())}
        while True:
            page = await self._riders.find(overdue, sort="claim_until", cursor=cursor)
            for rider in page.items:
                assert rider.live_rescue is not None, "claim_until is set only with a claim"
                try:
                    await self._review(rider.id, rider.live_rescue.rescue_id, rescues)
                except StoreUnavailable:
                    raise
                except Exception:
                    log.exception("claim_review_failed", rider_id=rider.id)
                else:
                    reviewed += 1
            cursor = page.next_cursor
            if cursor is None:
                return reviewed

    async def _review(self, rider_id: str, rescue_id: str, rescues: LiveRescues) -> None:
        is_live = await rescues.rescue_is_live(rescue_id)

        def reviewed(rider: RiderProfile) -> RiderProfile | None:
            if rider.claim_until is None or rider.claim_until > self._clock.wall():
                return None  # confirmed, released or claimed again meanwhile
            return model.confirm(rider, rescue_id) if is_live else model.release(rider, rescue_id)

        await self._update(rider_id, reviewed)

    async def _update(
        self, rider_id: str, change: Callable[[RiderProfile], RiderProfile | None]
    ) -> RiderProfile:
        if await self._riders.get(rider_id) is None:
            with suppress(DuplicateKey):  # another process created it at the same time
                await self._riders.insert(RiderProfile(id=rider_id))
        return await update(self._riders, rider_id, without_events(change))
