"""The one rule for claims that were left behind: past its deadline, a claim whose owner does not name
it back is released.

The owner of a claim on the open offer is the offer while it is open; that of a claim on the current
job the accepted offer until it is settled, then the rescue.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from supportcarr.dispatch import roster
from supportcarr.dispatch.collections import OFFERS, ROSTER
from supportcarr.dispatch.matching import Matching
from supportcarr.dispatch.model import DispatchRules
from supportcarr.dispatch.ports import RescueAssignments
from supportcarr.dispatch.roster import JobClaim, RosterEntry
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Range, Store, StoreUnavailable, VersionConflict

AT_ONCE = 100

log = structlog.get_logger(__name__)


class Reconciler:
    """Looks at claims whose deadline is past."""

    def __init__(
        self, store: Store, clock: Clock, rules: DispatchRules, matching: Matching, book: RescueAssignments
    ) -> None:
        self._roster = store.collection(ROSTER)
        self._offers = store.collection(OFFERS)
        self._clock = clock
        self._grace = timedelta(seconds=rules.grace_seconds)
        self._matching = matching
        self._book = book

    async def run(self) -> None:
        """One round; safe in several processes at once.  A claim that cannot be judged keeps none of the
        others waiting."""
        past = {"claim_until": Range(lt=self._clock.city())}
        cursor: str | None = None
        while True:
            page = await self._roster.find(past, sort="claim_until", limit=AT_ONCE, cursor=cursor)
            for entry in page.items:
                try:
                    await self._review(entry)
                except StoreUnavailable:
                    raise
                except Exception:
                    log.exception("claim_not_reconciled", driver_id=entry.id)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _review(self, entry: RosterEntry) -> None:
        for offer_id in {claim.offer_id for claim in (entry.offer, entry.job) if claim}:
            await self._matching.offer_due(offer_id)  # an owner that is late with its own steps
        now = self._clock.city()
        fresh = await self._roster.get(entry.id)
        if fresh is None or fresh.claim_until is None or fresh.claim_until >= now:
            return
        after = fresh
        if fresh.offer and fresh.offer.until < now and not await self._is_open(fresh.offer.offer_id):
            after = roster.drop_offer(after, fresh.offer.offer_id) or after
        if fresh.job and fresh.job.until < now and not await self._has_job(fresh.id, fresh.job):
            after = roster.drop_job(after)
        pause = (
            roster.JOB_REVIEW if after.offer is None and after.job and after.job.confirmed else self._grace
        )
        try:
            await self._roster.save(roster.extend(after, now + pause))
        except VersionConflict:
            return  # somebody is at work on it; the next round sees what is left

    async def _is_open(self, offer_id: str) -> bool:
        offer = await self._offers.get(offer_id)
        return offer is not None and offer.state == "open"

    async def _has_job(self, driver_id: str, job: JobClaim) -> bool:
        if await self._book.driver_of(job.rescue_id) == driver_id:
            return True
        offer = await self._offers.get(job.offer_id)
        return offer is not None and offer.state == "accepted" and not offer.settled
