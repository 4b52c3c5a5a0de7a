"""Claims on drivers, each one compare-and-set on the driver's roster entry."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import timedelta

from supportcarr.contracts.events import DriverStandingChanged
from supportcarr.dispatch import roster
from supportcarr.dispatch.collections import ROSTER
from supportcarr.dispatch.model import DispatchRules, Offer
from supportcarr.dispatch.roster import JobClaim, OfferClaim, RosterEntry
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update

RACES = 10  # lost in a row before an attempt is given up; what it belongs to is taken up again later


class DriverClaims:
    """Takes and releases drivers.  Every verb may be repeated."""

    def __init__(self, store: Store, clock: Clock, rules: DispatchRules) -> None:
        self._roster = store.collection(ROSTER)
        self._clock = clock
        self._grace = timedelta(seconds=rules.grace_seconds)

    async def entries(self, driver_ids: Iterable[str]) -> dict[str, RosterEntry]:
        """What is known of those drivers."""
        return await self._roster.get_many(list(driver_ids))

    async def apply_standing(self, fact: DriverStandingChanged, version: int) -> RosterEntry:
        """Apply a driver's standing, as of that version of the profile; answers the entry."""
        if await self._roster.get(fact.driver_id) is None:
            with contextlib.suppress(DuplicateKey):
                await self._roster.insert(RosterEntry(id=fact.driver_id))
        return await self._change(fact.driver_id, lambda e: roster.apply_standing(e, fact, version))

    async def claim_for_offer(self, driver_id: str, claim: OfferClaim) -> bool:
        """Claim the driver's one open offer; False if the driver is not free."""
        entry = await self._change(driver_id, lambda e: roster.claim_offer(e, claim))
        return entry.offer == claim

    async def release_offer(
        self, driver_id: str, offer_id: str, *, missed: bool | None = None
    ) -> RosterEntry:
        """Drop the claim of that offer, if it is there; *missed* as in ``roster.drop_offer``."""
        return await self._change(driver_id, lambda e: roster.drop_offer(e, offer_id, missed=missed))

    async def claim_for_job(self, offer: Offer) -> bool:
        """Claim the driver's current job for that accepted offer; False if there is another job."""
        job = JobClaim(
            rescue_id=offer.rescue_id,
            entry=offer.entry,
            offer_id=offer.id,
            area_id=offer.area_id,
            confirmed=False,
            until=self._clock.city() + self._grace,
        )
        entry = await self._change(offer.driver_id, lambda e: roster.claim_job(e, job))
        return entry.job is not None and entry.job.offer_id == offer.id

    async def confirm_job(self, offer: Offer) -> None:
        """The rescue names the driver: the claim stays until the rescue lets go."""
        now = self._clock.city()
        await self._change(offer.driver_id, lambda e: roster.confirm_job(e, offer.id, now))

    async def release_job_of_offer(self, offer: Offer) -> None:
        """Drop the job that was claimed by that offer, if it is there."""
        await self._drop_job(offer.driver_id, lambda job: job.offer_id == offer.id)

    async def release_job(self, driver_id: str, rescue_id: str, *, before_entry: int | None = None) -> None:
        """Drop the job of that rescue, if it is there, and was taken before that entry."""
        if await self._roster.get(driver_id) is not None:
            await self._drop_job(
                driver_id,
                lambda job: job.rescue_id == rescue_id and (before_entry is None or job.entry < before_entry),
            )

    async def _drop_job(self, driver_id: str, applies: Callable[[JobClaim], bool]) -> None:
        await self._change(
            driver_id, lambda e: roster.drop_job(e) if e.job is not None and applies(e.job) else None
        )

    async def _change(self, driver_id: str, to: Callable[[RosterEntry], RosterEntry | None]) -> RosterEntry:
        def decide(entry: RosterEntry) -> tuple[RosterEntry, None] | None:
            changed = to(entry)
            return None if changed is None else (changed, None)

        return await update(self._roster, driver_id, decide, attempts=RACES)
