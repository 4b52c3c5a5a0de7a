"""Riders: so far, their one live rescue."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from supportcarr.contracts.envelope import PendingEvents
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Range, Store, StoreUnavailable
from supportcarr.kit.store.update import update
from supportcarr.riders import model
from supportcarr.riders.collections import RIDERS
from supportcarr.riders.model import RiderProfile
from supportcarr.riders.ports import LiveRescues

CLAIM_FOR = timedelta(seconds=60)  # wall time: far longer than a request lasts

log = structlog.get_logger(__name__)


class RiderService:
    """Fills the port ``RiderClaims`` of rescues.  Every step is a compare-and-set and may be repeated."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._riders = store.collection(RIDERS)
        self._clock = clock

    async def claim(self, rider_id: str, rescue_id: str) -> None:
        """Claim the rider for that rescue, for a minute unless it is confirmed.

        Raises ``RiderHasLiveRescue``; ``Conflict`` when three races were lost.
        """
        until = self._clock.wall() + CLAIM_FOR
        await self._change(rider_id, lambda rider: model.claim(rider, rescue_id, until))

    async def confirm(self, rider_id: str, rescue_id: str) -> bool:
        """The rescue exists: keep its claim.  False: another rescue has the rider.

        A claim that had ended meanwhile is made anew, for a minute: if the rescue is over by then
        (this is a repeat that came late), the reconciler takes it away.
        """
        until = self._clock.wall() + CLAIM_FOR

        def step(rider: RiderProfile) -> RiderProfile | None:
            if rider.live_rescue is None:
                return model.claim(rider, rescue_id, until)
            return model.confirm(rider, rescue_id)

        return model.holds_claim(await self._change(rider_id, step), rescue_id)

    async def release(self, rider_id: str, rescue_id: str) -> None:
        """Let the rider go, if that rescue has the claim."""
        await self._change(rider_id, lambda rider: model.release(rider, rescue_id))

    async def reconcile(self, rescues: LiveRescues) -> int:
        """Look into claims past their time: one whose rescue lives is confirmed, any other released.

        Answers how many were looked into.  One that cannot be judged keeps none of the others waiting.
        """
        looked = 0
        cursor: str | None = None
        overdue = {"claim_until": Range(lt=self._clock.wall())}
        while True:
            page = await self._riders.find(overdue, sort="claim_until", cursor=cursor)
            for rider in page.items:
                assert rider.live_rescue is not None, "a claim's time is there with its claim"
                try:
                    await self._settle(rider.id, rider.live_rescue.rescue_id, rescues)
                except StoreUnavailable:
                    raise
                except Exception:
                    log.exception("claim_not_reconciled", rider_id=rider.id)
                else:
                    looked += 1
            cursor = page.next_cursor
            if cursor is None:
                return looked

    async def _settle(self, rider_id: str, rescue_id: str, rescues: LiveRescues) -> None:
        lives = await rescues.rescue_is_live(rescue_id)

        def step(rider: RiderProfile) -> RiderProfile | None:
            if rider.claim_until is None or rider.claim_until > self._clock.wall():
                return None  # confirmed, released or claimed anew meanwhile
            return (model.confirm if lives else model.release)(rider, rescue_id)

        await self._change(rider_id, step)

    async def _change(self, rider_id: str, fn: Callable[[RiderProfile], RiderProfile | None]) -> RiderProfile:
        if await self._riders.get(rider_id) is None:
            with suppress(DuplicateKey):  # made by another at the same moment
                await self._riders.insert(RiderProfile(id=rider_id))

        def step(rider: RiderProfile) -> tuple[RiderProfile, PendingEvents | None] | None:
            changed = fn(rider)
            return None if changed is None else (changed, None)

        return await update(self._riders, rider_id, step)
