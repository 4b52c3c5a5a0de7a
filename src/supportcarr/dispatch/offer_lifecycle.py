"""How an offer ends: two sagas.  Each step is a compare-and-set, and each saga may be run again from
the start by anybody: the offer says how it ends, and ``due_at`` that the rest is not done yet.

``accept``
    1. the offer becomes ``accepted`` (only while it is open)
    2. the driver's current job is claimed; the claim on the open offer goes in the same write
    3. the rescue is assigned (``RescueBook``)
    4. the claim is confirmed, unless the rescue has ended and the consumer of that has dropped it
    5. the offer is settled: ``OfferClosed(accepted)``
    If the rescue waits for nobody any more (3), the claim is released, the offer ends ``withdrawn``,
    and the steps of ``close`` follow.

``close`` (declined, expired, withdrawn)
    1. the offer gets its outcome (only while it is open): ``OfferClosed``
    2. the driver's claim is dropped, and in the same write a missed offer is counted
    3. who missed too many goes offline
    4. the case is free for the next driver, and knows who was asked
    5. the offer is settled

The case of an accepted offer is closed by the consumer of ``RescueAssigned``, as it is when an
operator assigns the driver; that consumer also finishes ``accept``, so that an offer is settled before
the end of its rescue can free the driver.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from supportcarr.contracts import events
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.dispatch.claims import RACES, DriverClaims
from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.errors import OfferNotOpen, UnknownOffer
from supportcarr.dispatch.model import (
    Closing,
    DispatchCase,
    DispatchRules,
    Offer,
    OfferState,
    case_without_offer,
)
from supportcarr.dispatch.ports import DriverAvailability, RescueAssignments
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update


class OfferLifecycle:
    """Accepts and closes offers."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rules: DispatchRules,
        claims: DriverClaims,
        book: RescueAssignments,
        drivers: DriverAvailability,
    ) -> None:
        self._offers = store.collection(OFFERS)
        self._cases = store.collection(CASES)
        self._clock = clock
        self._rules = rules
        self._claims = claims
        self._book = book
        self._drivers = drivers

    # --- the driver's verbs -----------------------------------------------------------------------

    async def accept(self, driver_id: str, offer_id: str) -> Offer:
        """Accept; again: the accepted offer.  Raises ``UnknownOffer``, ``OfferNotOpen``."""
        await self.of_driver(driver_id, offer_id)

        def decide(offer: Offer) -> tuple[Offer, None] | None:
            if offer.state == "accepted":
                return None
            self._must_be_open(offer)
            return replace(offer, state="accepted", due_at=self._after_grace()), None

        offer = await self._change(offer_id, decide)
        offer = await self.finish(offer)
        if offer.state != "accepted":
            raise OfferNotOpen("The rescue waits for nobody any more")
        return offer

    async def decline(self, driver_id: str, offer_id: str) -> Offer:
        """Decline; again: the declined offer.  Raises ``UnknownOffer``, ``OfferNotOpen``."""
        offer = await self.of_driver(driver_id, offer_id)
        if offer.state == "declined":
            return offer
        self._must_be_open(offer)
        offer = await self.close(offer_id, "declined", Actor("driver", driver_id))
        if offer.state != "declined":
            raise OfferNotOpen
        return offer

    async def of_driver(self, driver_id: str, offer_id: str) -> Offer:
        """Raises ``UnknownOffer``."""
        offer = await self._offers.get(offer_id)
        if offer is None or offer.driver_id != driver_id:
            raise UnknownOffer
        return offer

    # --- the sagas --------------------------------------------------------------------------------

    async def close(self, offer_id: str, outcome: Closing, by: Actor = SYSTEM) -> Offer:
        """Close an offer that is open still; answers the offer with whatever outcome it has."""

        def decide(offer: Offer) -> tuple[Offer, PendingEvents] | None:
            if offer.state != "open":
                return None
            return self._closed(offer, outcome, by)

        offer = await self._change(offer_id, decide)
        return offer if offer.state == "accepted" else await self.finish(offer)

    async def finish(self, offer: Offer) -> Offer:
        """Do what is left of an answered offer's saga."""
        if offer.settled or offer.state == "open":
            return offer
        if offer.state == "accepted":
            offer = await self._finish_accepted(offer)
            if offer.state == "accepted":
                return offer
        return await self._finish_closed(offer)

    async def _finish_accepted(self, offer: Offer) -> Offer:
        rescue_id, driver_id = offer.rescue_id, offer.driver_id
        if await self._claims.claim_for_job(offer) and await self._book.assign(
            rescue_id, driver_id=driver_id, offer_id=offer.id, eta_seconds=offer.eta_seconds
        ):
            return await self._settle_accepted(offer)
        await self._claims.release_job_of_offer(offer)
        return await self._change(offer.id, self._withdrawn_after_all)

    async def assigned(self, offer_id: str) -> None:
        """The rescue was assigned by that offer: steps 4 and 5 of ``accept``."""
        offer = await self._offers.get(offer_id)
        if offer is not None and offer.state == "accepted" and not offer.settled:
            await self._settle_accepted(offer)

    async def _settle_accepted(self, offer: Offer) -> Offer:
        await self._claims.confirm_job(offer)
        return await self._change(offer.id, self._settled_accepted)

    def _settled_accepted(self, offer: Offer) -> tuple[Offer, PendingEvents] | None:
        if offer.settled or offer.state != "accepted":
            return None
        by = Actor("driver", offer.driver_id)
        return replace(offer, settled=True, due_at=None), self._fact(offer, "accepted", by)

    def _withdrawn_after_all(self, offer: Offer) -> tuple[Offer, PendingEvents] | None:
        if offer.settled or offer.state != "accepted":
            return None
        return self._closed(offer, "withdrawn", SYSTEM)

    async def _finish_closed(self, offer: Offer) -> Offer:
        missed = {"expired": True, "declined": False}.get(offer.state)
        entry = await self._claims.release_offer(offer.driver_id, offer.id, missed=missed)
        if entry.missed >= self._rules.missed_offers and entry.online:
            await self._drivers.set_offline(offer.driver_id, "missed_offers")
        await self._free_case(offer)
        return await self._change(
            offer.id, lambda o: None if o.settled else (replace(o, settled=True, due_at=None), None)
        )

    async def _free_case(self, offer: Offer) -> None:
        def decide(case: DispatchCase) -> tuple[DispatchCase, None] | None:
            changed = case_without_offer(case, offer, offer.state, self._clock.city(), self._rules)
            return None if changed is None else (changed, None)

        await update(self._cases, offer.rescue_id, decide, attempts=RACES)

    # --- small things -----------------------------------------------------------------------------

    def _must_be_open(self, offer: Offer) -> None:
        if not offer.is_open(self._clock.city()):
            raise OfferNotOpen

    def _after_grace(self) -> datetime:
        return self._clock.city() + timedelta(seconds=self._rules.grace_seconds)

    def _closed(self, offer: Offer, outcome: Closing, by: Actor) -> tuple[Offer, PendingEvents]:
        due = self._after_grace()
        return replace(offer, state=outcome, due_at=due), self._fact(offer, outcome, by)

    def _fact(self, offer: Offer, outcome: OfferState, by: Actor) -> PendingEvents:
        fact = events.OfferClosed(
            offer_id=offer.id,
            rescue_id=offer.rescue_id,
            driver_id=offer.driver_id,
            area_id=offer.area_id,
            outcome=outcome,
        )
        return PendingEvents((fact,), by, self._clock.city())

    async def _change(
        self, offer_id: str, decide: Callable[[Offer], tuple[Offer, PendingEvents | None] | None]
    ) -> Offer:
        return await update(self._offers, offer_id, decide, attempts=RACES)
