"""Dispatch: finds drivers for the rescues that wait for one."""

from __future__ import annotations

from supportcarr.contracts.carrying import can_carry
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import (
    DriverStandingChanged,
    MatchingBegan,
    RescueAssigned,
    RescueEnded,
    RescueMoved,
)
from supportcarr.dispatch.cases import close_case, new_case, reopen_case
from supportcarr.dispatch.claims import ATTEMPTS, DriverClaims
from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.matching import Matching
from supportcarr.dispatch.model import DispatchRules, Offer
from supportcarr.dispatch.offer_lifecycle import OfferLifecycle
from supportcarr.dispatch.ports import DriverAvailability, NearbyDrivers, RescueAssignments, RoutePlanner
from supportcarr.dispatch.reconciler import Reconciler
from supportcarr.dispatch.roster import RosterEntry
from supportcarr.dispatch.settings import DispatchSettings
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update, without_events

OFFERS_OF_RESCUE_MAX = 200


class DispatchService:
    """Everything that others ask of dispatch.  What events and deadlines call is idempotent."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rescues: RescueAssignments,
        positions: NearbyDrivers,
        routes: RoutePlanner,
        drivers: DriverAvailability,
        settings: DispatchSettings,
    ) -> None:
        rules = DispatchRules.at_speed(
            clock.speed,
            offer_seconds=settings.offer_seconds,
            radius_m=settings.radius_m,
            radius_max_m=settings.radius_max_m,
            missed_offers=settings.missed_offers,
        )
        self._clock = clock
        self._rescues = rescues
        self._cases = store.collection(CASES)
        self._offers = store.collection(OFFERS)
        self._claims = DriverClaims(store, clock, rules)
        self._lifecycle = OfferLifecycle(store, clock, rules, self._claims, rescues, drivers)
        self._matching = Matching(store, clock, rules, self._claims, self._lifecycle, positions, routes)
        self.searches = self._matching.searches
        self._reconciler = Reconciler(store, clock, rules, self._matching, rescues)

    # --- reading offers ---------------------------------------------------------------------------

    async def open_offers(self, driver_id: str) -> list[Offer]:
        """List the offers that the driver can accept now."""
        page = await self._offers.find({"driver_id": driver_id, "state": "open"})
        now = self._clock.city()
        return [offer for offer in page.items if offer.is_open(now)]

    async def offer(self, offer_id: str) -> Offer | None:
        """Get an offer by its id, or ``None`` if there is none."""
        return await self._offers.get(offer_id)

    async def offers_of(self, rescue_id: str) -> list[Offer]:
        """List the offers of a rescue, oldest first; at most 200."""
        page = await self._offers.find({"rescue_id": rescue_id}, limit=OFFERS_OF_RESCUE_MAX)
        return page.items

    # --- the driver's answer ----------------------------------------------------------------------

    async def accept_offer(self, driver_id: str, offer_id: str) -> Offer:
        """Accept an offer; repeated: the same result.

        Raises ``UnknownOffer``, ``OfferNotOpen``, ``DocumentsExpired``, ``HoursAreOver``.
        """
        return await self._lifecycle.accept(driver_id, offer_id)

    async def decline_offer(self, driver_id: str, offer_id: str) -> Offer:
        """Decline an offer, and offer the job to the next driver.

        Raises ``UnknownOffer``, ``OfferNotOpen``.
        """
        before = await self._lifecycle.offer_of_driver(driver_id, offer_id)
        offer = await self._lifecycle.decline(driver_id, offer_id)
        if before.state == "open":  # a repeat is no reason for a wider search
            await self._matching.search(offer.rescue_id)
        return offer

    # --- deadlines and periodic tasks -------------------------------------------------------------

    async def on_offer_deadline(self, offer_id: str) -> None:
        """Expire or finish an offer whose ``due_at`` has come."""
        await self._matching.on_offer_deadline(offer_id)

    async def on_case_deadline(self, rescue_id: str) -> None:
        """Search again for a case whose ``due_at`` has come."""
        await self._matching.on_case_deadline(rescue_id)

    async def reconcile(self) -> None:
        """Release claims that a crash left behind."""
        await self._reconciler.run()

    # --- events -----------------------------------------------------------------------------------

    async def follow_rescue(self, envelope: EventEnvelope) -> None:
        """Follow a rescue that waits for a driver, has one, or is over."""
        match envelope.event:
            case MatchingBegan() as began:
                await self._open_case(began, envelope.document_version)
            case RescueAssigned() as assigned:
                await self._close_case(assigned, envelope.document_version, accepted=assigned.offer_id)
                if assigned.offer_id is not None:
                    await self._lifecycle.on_rescue_assigned(assigned.offer_id)
                await self._release_previous_driver(assigned.previous_driver_id, assigned.rescue_id)
            case RescueEnded() as ended:
                await self._close_case(ended, envelope.document_version)
                if ended.driver_id is not None:
                    await self._claims.release_job(ended.driver_id, ended.rescue_id)
            case _:
                pass

    async def follow_driver(self, envelope: EventEnvelope) -> None:
        """Apply a driver's standing; withdraw the open offer of one who may not work any more, or whose
        vehicle cannot carry that load."""
        if not isinstance(envelope.event, DriverStandingChanged):
            return
        entry = await self._claims.apply_standing(envelope.event, envelope.document_version)
        if entry.offer is not None and not (entry.may_work and await self._fits(entry)):
            await self._withdraw(entry.offer.offer_id)

    async def _fits(self, entry: RosterEntry) -> bool:
        """True unless the driver's vehicle cannot carry the load of the open offer."""
        offer = await self._offers.get(entry.offer.offer_id) if entry.offer else None
        case = await self._cases.get(offer.rescue_id) if offer else None
        return case is None or can_carry(entry.vehicle, case.needs)

    async def _open_case(self, began: MatchingBegan, version: int) -> None:
        if began.given_up_by is not None:
            await self._claims.release_job(began.given_up_by, began.rescue_id, before_entry=began.entry)
        fresh = new_case(began, version, self._clock.city())
        try:
            await self._cases.insert(fresh)
        except DuplicateKey:
            reopen = without_events(lambda case: reopen_case(case, fresh))
            await update(self._cases, began.rescue_id, reopen, attempts=ATTEMPTS)
            await self._withdraw_offers_of(began.rescue_id, before_entry=began.entry)
        await self._matching.search(began.rescue_id)

    async def _close_case(self, moved: RescueMoved, version: int, accepted: str | None = None) -> None:
        """Close the case, and withdraw its open offers except the accepted one."""
        close = without_events(lambda case: close_case(case, version))
        try:
            case = await update(self._cases, moved.rescue_id, close, attempts=ATTEMPTS)
        except NotFound:
            if moved.previous in (None, "scheduled", "requested"):
                return  # it never waited for a driver
            raise RetryLater(0.5, "the case of this rescue is not open yet") from None
        if case.state == "closed":
            await self._withdraw_offers_of(moved.rescue_id, except_offer=accepted)

    async def _release_previous_driver(self, driver_id: str | None, rescue_id: str) -> None:
        """Free the driver who had the job before an exchange."""
        if driver_id and await self._rescues.driver_of(rescue_id) != driver_id:
            await self._claims.release_job(driver_id, rescue_id)

    async def _withdraw_offers_of(
        self, rescue_id: str, *, before_entry: int | None = None, except_offer: str | None = None
    ) -> None:
        """Withdraw the open offers of a rescue: those of entries before *before_entry* (``None``: all)."""
        page = await self._offers.find({"rescue_id": rescue_id, "state": "open"})
        for offer in page.items:
            if offer.id != except_offer and (before_entry is None or offer.entry < before_entry):
                await self._withdraw(offer.id)

    async def _withdraw(self, offer_id: str) -> None:
        try:
            offer = await self._lifecycle.close(offer_id, "withdraw")
        except NotFound:
            return  # it is being made: its maker finds that nothing names it, or it expires
        await self._matching.search(offer.rescue_id)
