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
from supportcarr.kit.store.update import update, without_events

ATTEMPTS = 10  # compare-and-sets lost in a row before giving up; the saga is resumed later


class DriverClaims:
    """Claims and releases drivers.  Every method is idempotent."""

    def __init__(self, store: Store, clock: Clock, rules: DispatchRules) -> None:
        self._roster = store.collection(ROSTER)
        self._clock = clock
        self._grace = timedelta(seconds=rules.grace_seconds)

    async def entries(self, driver_ids: Iterable[str]) -> dict[str, RosterEntry]:
        """The roster entries of those drivers, by id; unknown drivers are left out."""
        return await self._roster.get_many(list(driver_ids))

    async def apply_standing(self, changed: DriverStandingChanged, version: int) -> RosterEntry:
        """Apply a driver's standing as of that version of the profile; returns the entry."""
        if await self._roster.get(changed.driver_id) is None:
            with contextlib.suppress(DuplicateKey):
                await self._roster.insert(RosterEntry(id=changed.driver_id))
        return await self._update(
            changed.driver_id, lambda entry: roster.apply_standing(entry, changed, version)
        )

    async def claim_for_offer(self, driver_id: str, claim: OfferClaim) -> bool:
        """Claim the driver's one open offer; False if the driver is not free."""
        entry = await self._update(driver_id, lambda entry: roster.claim_offer(entry, claim))
        return entry.offer == claim

    async def release_offer(
        self, driver_id: str, offer_id: str, *, missed: bool | None = None
    ) -> RosterEntry:
        """Release the claim of that offer, if it is there; *missed* as in ``roster.release_offer``."""
        return await self._update(
            driver_id, lambda entry: roster.release_offer(entry, offer_id, missed=missed)
        )

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
        entry = await self._update(offer.driver_id, lambda entry: roster.claim_job(entry, job))
        return entry.job is not None and entry.job.offer_id == offer.id

    async def confirm_job(self, offer: Offer) -> None:
        """Keep the claim until the rescue releases the driver: the rescue names the driver now."""
        now = self._clock.city()
        await self._update(offer.driver_id, lambda entry: roster.confirm_job(entry, offer.id, now))

    async def release_job_of_offer(self, offer: Offer) -> None:
        """Release the job that was claimed by that offer, if it is there."""
        await self._release_job(offer.driver_id, lambda job: job.offer_id == offer.id)

    async def release_job(self, driver_id: str, rescue_id: str, *, before_entry: int | None = None) -> None:
        """Release the job of that rescue, if it is there and was claimed before that entry."""
        if await self._roster.get(driver_id) is not None:
            await self._release_job(
                driver_id,
                lambda job: job.rescue_id == rescue_id and (before_entry is None or job.entry < before_entry),
            )

    async def _release_job(self, driver_id: str, applies: Callable[[JobClaim], bool]) -> None:
        await self._update(
            driver_id,
            lambda entry: roster.release_job(entry) if entry.job is not None and applies(entry.job) else None,
        )

    async def _update(
        self, driver_id: str, change: Callable[[RosterEntry], RosterEntry | None]
    ) -> RosterEntry:
        return await update(self._roster, driver_id, without_events(change), attempts=ATTEMPTS)
