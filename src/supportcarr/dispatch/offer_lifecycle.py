"""The two sagas that end an offer.  Each step is a compare-and-set, and any process may run a saga
again from its start: the offer's state says how it ends, and ``due_at`` when it must be finished.

``accept``
    1. ``accept``: the offer becomes ``accepted`` (only while it is open)
    2. the driver's current job is claimed; the same write releases the claim of the open offer
    3. the rescue is assigned (``RescueAssignments``), unless the driver may not take a job any more
    4. the job claim is confirmed, unless the rescue has ended and the consumer of that released it
    5. ``confirm``: the offer is settled, and ``OfferClosed(accepted)`` published
    The profile says who may take a job, and it is read after the first step: a driver who is suspended before
    that read never has the job, and one who is suspended after it has a job, which is finished.
    If the rescue no longer waits for a driver, or the driver may not take it (3), the job claim is released,
    ``revoke`` makes the offer ``withdrawn``, and the steps of ``close`` follow.

``close``
    1. ``decline``, ``expire`` or ``withdraw``: only while the offer is open; publishes ``OfferClosed``
    2. the driver's claim is released, and the same write counts a missed offer
    3. a driver who missed too many goes offline
    4. the case is free for the next driver, and remembers who was asked
    5. ``settle``: the offer is settled

The case of an accepted offer is closed by the consumer of ``RescueAssigned``, as it is when an
operator assigns the driver.  That consumer also finishes ``accept``, so that an offer is settled before
the end of its rescue can free the driver.
"""

from __future__ import annotations

from datetime import timedelta

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict
from supportcarr.dispatch.cases import case_without_offer
from supportcarr.dispatch.claims import ATTEMPTS, DriverClaims
from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.decide import change_offer
from supportcarr.dispatch.errors import DocumentsExpired, HoursAreOver, OfferNotOpen, UnknownOffer
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Offer
from supportcarr.dispatch.ports import DriverAvailability, RescueAssignments
from supportcarr.dispatch.roster import RosterEntry
from supportcarr.dispatch.state_machine import Closing, OfferCommand
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update, without_events


class OfferLifecycle:
    """Accepts and closes offers."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rules: DispatchRules,
        claims: DriverClaims,
        rescues: RescueAssignments,
        drivers: DriverAvailability,
    ) -> None:
        self._offers = store.collection(OFFERS)
        self._cases = store.collection(CASES)
        self._clock = clock
        self._rules = rules
        self._claims = claims
        self._rescues = rescues
        self._drivers = drivers

    # --- the driver's answer ----------------------------------------------------------------------

    async def accept(self, driver_id: str, offer_id: str) -> Offer:
        """Accept; repeated: the accepted offer.

        Raises ``UnknownOffer``, ``OfferNotOpen``, ``DocumentsExpired``, ``HoursAreOver``.
        """
        offer = await self.offer_of_driver(driver_id, offer_id)
        if offer.state == "open":
            entry = (await self._claims.entries([driver_id])).get(driver_id)
            now = self._clock.city()
            if entry is not None and not entry.has_valid_documents(now):
                raise DocumentsExpired
            if entry is not None and not entry.has_hours_left(now):
                raise HoursAreOver
        offer = await self.finish(await self._change_offer(offer_id, "accept"))
        if offer.state != "accepted":
            raise _refusal(await self._drivers.job_obstacle(driver_id))
        return offer

    async def decline(self, driver_id: str, offer_id: str) -> Offer:
        """Decline; repeated: the declined offer.  Raises ``UnknownOffer``, ``OfferNotOpen``."""
        offer = await self.offer_of_driver(driver_id, offer_id)
        if offer.state == "declined":
            return offer
        return await self.finish(await self._change_offer(offer_id, "decline", Actor("driver", driver_id)))

    async def offer_of_driver(self, driver_id: str, offer_id: str) -> Offer:
        """Raises ``UnknownOffer``."""
        offer = await self._offers.get(offer_id)
        if offer is None or offer.driver_id != driver_id:
            raise UnknownOffer
        return offer

    # --- the sagas --------------------------------------------------------------------------------

    async def close(self, offer_id: str, command: Closing) -> Offer:
        """Close an offer if it is still open; returns the offer with whatever outcome it has."""
        offer = await self._change_offer(offer_id, command)
        return offer if offer.state == "accepted" else await self.finish(offer)

    async def finish(self, offer: Offer) -> Offer:
        """Do the remaining steps of an answered offer's saga."""
        if offer.phase == "accepting":
            offer = await self._finish_accepting(offer)
        if offer.phase == "closing":
            offer = await self._finish_closing(offer)
        return offer

    async def on_rescue_assigned(self, offer_id: str) -> None:
        """Do steps 4 and 5 of ``accept``: the rescue was assigned by that offer."""
        offer = await self._offers.get(offer_id)
        if offer is not None and offer.phase == "accepting":
            await self._confirm(offer)

    async def _finish_accepting(self, offer: Offer) -> Offer:
        claimed = await self._claims.claim_for_job(offer) and await self._may_take(offer)
        if claimed and await self._assign_rescue(offer):
            return await self._confirm(offer)
        return await self._revoke(offer)

    async def _may_take(self, offer: Offer) -> bool:
        """True if the driver may take a job, or has that one already: an earlier run assigned it."""
        if await self._drivers.job_obstacle(offer.driver_id) is None:
            return True
        return await self._rescues.driver_of(offer.rescue_id) == offer.driver_id

    async def _assign_rescue(self, offer: Offer) -> bool:
        return await self._rescues.assign(
            offer.rescue_id, driver_id=offer.driver_id, offer_id=offer.id, eta_seconds=offer.eta_seconds
        )

    async def _confirm(self, offer: Offer) -> Offer:
        await self._claims.confirm_job(offer)
        return await self._change_offer(offer.id, "confirm", Actor("driver", offer.driver_id))

    async def _revoke(self, offer: Offer) -> Offer:
        await self._claims.release_job_of_offer(offer)
        return await self._change_offer(offer.id, "revoke")

    async def _finish_closing(self, offer: Offer) -> Offer:
        entry = await self._release_driver(offer)
        if entry.missed >= self._rules.missed_offers and entry.online:
            await self._drivers.set_offline(offer.driver_id, "missed_offers")
        await self._free_case(offer)
        return await self._change_offer(offer.id, "settle")

    async def _release_driver(self, offer: Offer) -> RosterEntry:
        missed = {"expired": True, "declined": False}.get(offer.state)
        return await self._claims.release_offer(offer.driver_id, offer.id, missed=missed)

    async def _free_case(self, offer: Offer) -> None:
        def freed(case: DispatchCase) -> DispatchCase | None:
            return case_without_offer(case, offer, self._clock.city(), self._rules)

        await update(self._cases, offer.rescue_id, without_events(freed), attempts=ATTEMPTS)

    async def _change_offer(self, offer_id: str, command: OfferCommand, by: Actor = SYSTEM) -> Offer:
        """Apply a command of ``state_machine.OFFER_TABLE``; returns the offer as it is stored then."""

        def changed(offer: Offer) -> tuple[Offer, PendingEvents | None] | None:
            return change_offer(offer, command, by=by, now=self._clock.city(), grace=self._grace)

        return await update(self._offers, offer_id, changed, attempts=ATTEMPTS)

    @property
    def _grace(self) -> timedelta:
        return timedelta(seconds=self._rules.grace_seconds)


def _refusal(obstacle: str | None) -> Conflict:
    """Why an acceptance was refused."""
    match obstacle:
        case "documents":
            return DocumentsExpired()
        case "hours":
            return HoursAreOver()
        case "stopped":
            return OfferNotOpen("You cannot take jobs at present")
        case _:
            return OfferNotOpen("The rescue no longer waits for a driver")
