"""Dispatch: rescues that wait meet drivers who are free."""

from __future__ import annotations

from msgspec.structs import replace

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import (
    DriverStandingChanged,
    MatchingBegan,
    RescueAssigned,
    RescueEnded,
    RescueMoved,
)
from supportcarr.dispatch.claims import RACES, DriverClaims
from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.matching import Matching
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Offer, new_case
from supportcarr.dispatch.offer_lifecycle import OfferLifecycle
from supportcarr.dispatch.ports import DriverAvailability, NearbyDrivers, RescueAssignments, RoutePlanner
from supportcarr.dispatch.reconciler import Reconciler
from supportcarr.dispatch.supply import DriverSupply
from supportcarr.kit.jobs.declarations import RetryLater
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import Dispatch
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update

OFFERS_OF_RESCUE_MAX = 200


class DispatchService:
    """The verbs of dispatch.  Those that events and deadlines call may be repeated."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        book: RescueAssignments,
        positions: NearbyDrivers,
        router: RoutePlanner,
        drivers: DriverAvailability,
        settings: Dispatch,
    ) -> None:
        rules = DispatchRules.at_speed(
            clock.speed,
            offer_seconds=settings.offer_seconds,
            radius_m=settings.radius_m,
            radius_max_m=settings.radius_max_m,
            missed_offers=settings.missed_offers,
        )
        self._clock = clock
        self._book = book
        self._cases = store.collection(CASES)
        self._offers = store.collection(OFFERS)
        self._claims = DriverClaims(store, clock, rules)
        self._answers = OfferLifecycle(store, clock, rules, self._claims, book, drivers)
        self._matching = Matching(store, clock, rules, self._claims, self._answers, positions, router)
        self._reconciler = Reconciler(store, clock, rules, self._matching, book)
        self.supply = DriverSupply(store, rules, self._claims, positions, router)

    # --- drivers' verbs ---------------------------------------------------------------------------

    async def open_offers(self, driver_id: str) -> list[Offer]:
        """What the driver can accept now."""
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

    async def accept_offer(self, driver_id: str, offer_id: str) -> Offer:
        """Take the job; once more: the same answer.  Raises ``UnknownOffer``, ``OfferNotOpen``."""
        return await self._answers.accept(driver_id, offer_id)

    async def decline_offer(self, driver_id: str, offer_id: str) -> Offer:
        """Leave the job to the next driver.  Raises ``UnknownOffer``, ``OfferNotOpen``."""
        before = await self._answers.of_driver(driver_id, offer_id)
        offer = await self._answers.decline(driver_id, offer_id)
        if before.state == "open":  # said once more it is no reason to look further afield
            await self._matching.search(offer.rescue_id)
        return offer

    # --- what falls due ---------------------------------------------------------------------------

    async def offer_due(self, offer_id: str) -> None:
        await self._matching.offer_due(offer_id)

    async def case_due(self, rescue_id: str) -> None:
        await self._matching.case_due(rescue_id)

    async def reconcile(self) -> None:
        """Release claims that were left behind."""
        await self._reconciler.run()

    # --- events -----------------------------------------------------------------------------------

    async def follow_rescue(self, event: EventEnvelope) -> None:
        """A rescue waits for a driver, has one, or is over."""
        match event.event:
            case MatchingBegan() as fact:
                await self._begin(fact, event.document_version)
            case RescueAssigned() as fact:
                await self._end(fact, event.document_version, taken_by=fact.offer_id)
                if fact.offer_id is not None:
                    await self._answers.assigned(fact.offer_id)
                await self._let_go(fact.previous_driver_id, fact.rescue_id)
            case RescueEnded() as fact:
                await self._end(fact, event.document_version)
                if fact.driver_id is not None:
                    await self._claims.release_job(fact.driver_id, fact.rescue_id)
            case _:
                pass

    async def follow_driver(self, event: EventEnvelope) -> None:
        """A driver's standing changed; who may not be offered jobs loses the offer that is open."""
        if not isinstance(event.event, DriverStandingChanged):
            return
        entry = await self._claims.apply_standing(event.event, event.document_version)
        if entry.offer is not None and not entry.may_work:
            await self._withdraw(entry.offer.offer_id)

    async def _begin(self, fact: MatchingBegan, version: int) -> None:
        if fact.given_up_by is not None:
            await self._claims.release_job(fact.given_up_by, fact.rescue_id, before_entry=fact.entry)
        fresh = new_case(fact, version, self._clock.city())

        def decide(case: DispatchCase) -> tuple[DispatchCase, None] | None:
            if version <= case.rescue_version:
                return None
            return replace(fresh, version=case.version), None

        try:
            await self._cases.insert(fresh)
        except DuplicateKey:
            await update(self._cases, fact.rescue_id, decide, attempts=RACES)
            await self._withdraw_stray(fact.rescue_id, entry=fact.entry)
        await self._matching.search(fact.rescue_id)

    async def _end(self, fact: RescueMoved, version: int, taken_by: str | None = None) -> None:
        """Close the case, and withdraw the offer that is out unless it is the one that was taken."""

        def decide(case: DispatchCase) -> tuple[DispatchCase, None] | None:
            if version <= case.rescue_version:
                return None
            closed = replace(case, rescue_version=version, state="closed", offer=None, due_at=None)
            return closed, None

        try:
            case = await update(self._cases, fact.rescue_id, decide, attempts=RACES)
        except NotFound:
            if fact.previous in (None, "scheduled", "requested"):
                return  # it never waited for a driver
            raise RetryLater(0.5, "the case of this rescue is not open yet") from None
        if case.state == "closed":
            await self._withdraw_stray(fact.rescue_id, but=taken_by)

    async def _let_go(self, previous_driver_id: str | None, rescue_id: str) -> None:
        """Free the driver who had the job before an exchange."""
        if previous_driver_id and await self._book.driver_of(rescue_id) != previous_driver_id:
            await self._claims.release_job(previous_driver_id, rescue_id)

    async def _withdraw_stray(
        self, rescue_id: str, *, entry: int | None = None, but: str | None = None
    ) -> None:
        """Withdraw the open offers of a rescue: those of entries before *entry* (``None``: all)."""
        page = await self._offers.find({"rescue_id": rescue_id, "state": "open"})
        for offer in page.items:
            if offer.id != but and (entry is None or offer.entry < entry):
                await self._withdraw(offer.id)

    async def _withdraw(self, offer_id: str) -> None:
        try:
            offer = await self._answers.close(offer_id, "withdrawn")
        except NotFound:
            return  # it is being made; who makes it sees that nobody names it, or it runs out
        await self._matching.search(offer.rescue_id)
