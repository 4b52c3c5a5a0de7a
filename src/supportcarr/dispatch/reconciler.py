"""Releases claims that a crash left behind: past its deadline, a claim whose owner does not name it
back is released.

The owner of the claim on the open offer is that offer while it is open.  The owner of the claim on
the current job is the accepted offer until it is settled, then the rescue.
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

PAGE_SIZE = 100

log = structlog.get_logger(__name__)


class Reconciler:
    """Reviews claims whose deadline is past."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rules: DispatchRules,
        matching: Matching,
        rescues: RescueAssignments,
    ) -> None:
        self._roster = store.collection(ROSTER)
        self._offers = store.collection(OFFERS)
        self._clock = clock
        self._grace = timedelta(seconds=rules.grace_seconds)
        self._matching = matching
        self._rescues = rescues

    async def run(self) -> None:
        """Review all overdue claims once; safe in several processes at once.

        A claim whose review fails does not stop the review of the others.
        """
        overdue = {"claim_until": Range(lt=self._clock.city())}
        cursor: str | None = None
        while True:
            page = await self._roster.find(overdue, sort="claim_until", limit=PAGE_SIZE, cursor=cursor)
            for entry in page.items:
                try:
                    await self._review(entry)
                except StoreUnavailable:
                    raise
                except Exception:
                    log.exception("claim_review_failed", driver_id=entry.id)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _review(self, entry: RosterEntry) -> None:
        for offer_id in {claim.offer_id for claim in (entry.offer, entry.job) if claim}:
            await self._matching.on_offer_deadline(offer_id)  # the owner may be late with its own steps
        now = self._clock.city()
        fresh = await self._roster.get(entry.id)
        if fresh is None or fresh.claim_until is None or fresh.claim_until >= now:
            return
        after = fresh
        if fresh.offer and fresh.offer.until < now and not await self._is_open(fresh.offer.offer_id):
            after = roster.release_offer(after, fresh.offer.offer_id) or after
        if fresh.job and fresh.job.until < now and not await self._has_job(fresh.id, fresh.job):
            after = roster.release_job(after) or after
        pause = roster.JOB_REVIEW if after.claims == "confirmed_job" else self._grace
        try:
            await self._roster.save(roster.extend(after, now + pause))
        except VersionConflict:
            return  # another process changes it; the next round reviews what is left

    async def _is_open(self, offer_id: str) -> bool:
        offer = await self._offers.get(offer_id)
        return offer is not None and offer.state == "open"

    async def _has_job(self, driver_id: str, job: JobClaim) -> bool:
        if await self._rescues.driver_of(job.rescue_id) == driver_id:
            return True
        offer = await self._offers.get(job.offer_id)
        return offer is not None and offer.phase == "accepting"
