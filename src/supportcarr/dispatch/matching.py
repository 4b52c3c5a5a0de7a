"""The search for a driver, and the saga that makes an offer.

``make`` (each step is a compare-and-set)
    1. the case reserves the offer: its id, its driver, its end (two dispatchers at once: one goes on)
    2. the driver's one open offer is claimed; a driver who was just taken: 1 with the next
    3. the offer is inserted: ``OfferMade``
    4. case and driver are seen to name it still; if they do not, it is withdrawn
Whoever dies on the way leaves the reservation in the case, whose ``due_at`` comes when the offer
should have been answered: without an offer, the claim is dropped and the search goes on.  The
reservation comes before the claim, so that a rescue never has two offers out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.events import OfferMade
from supportcarr.contracts.ids import OFFER
from supportcarr.contracts.value_objects import Leg, NearbyDriver
from supportcarr.dispatch.claims import DriverClaims
from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.model import (
    DispatchCase,
    DispatchRules,
    Offer,
    Reservation,
    candidates,
    case_after_empty_search,
    new_offer,
    reserve,
    search_pause,
    search_radius,
)
from supportcarr.dispatch.nearest import nearest
from supportcarr.dispatch.offer_lifecycle import OfferLifecycle
from supportcarr.dispatch.ports import NearbyDrivers, RoutePlanner
from supportcarr.dispatch.roster import OfferClaim, RosterEntry
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Store, VersionConflict


class Matching:
    """Finds the nearest eligible driver for a case, and makes the offer."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rules: DispatchRules,
        claims: DriverClaims,
        answers: OfferLifecycle,
        positions: NearbyDrivers,
        router: RoutePlanner,
    ) -> None:
        self._cases = store.collection(CASES)
        self._offers = store.collection(OFFERS)
        self._clock = clock
        self._rules = rules
        self._claims = claims
        self._answers = answers
        self._positions = positions
        self._router = router

    async def search(self, rescue_id: str) -> None:
        """Offer the job to the nearest driver who may be asked; nobody: later, and wider.

        Nothing if the case is closed or has an offer out.
        """
        case = await self._cases.get(rescue_id)
        if case is None or case.state != "open" or case.offer is not None:
            return
        try:
            await self._search(case)
        except VersionConflict:
            return  # somebody else changed the case, and goes on with it

    async def _search(self, case: DispatchCase) -> None:
        now = self._clock.city()
        if now >= case.ends_at:  # the rescue ends it; it must not come up again and again until then
            await self._cases.save(replace(case, due_at=None))
            return
        try:
            askable = await self._askable(case, now)
        except RedisError:
            await self._cases.save(replace(case, due_at=now + search_pause(case, self._rules)))
            return
        for driver in askable:
            leg = await self._router.leg(driver.point, case.pickup)
            case = await self._reserve(case, driver)
            if await self._make(case, leg):
                return
        await self._cases.save(case_after_empty_search(case, now, self._rules))

    async def _askable(self, case: DispatchCase, now: datetime) -> list[NearbyDriver]:
        """Who may be asked, nearest first; who let an offer expire only if there is nobody else in the
        whole circle.  Raises ``RedisError``."""
        nearby: list[NearbyDriver] = []
        roster: dict[str, RosterEntry] = {}
        askable: list[NearbyDriver] = []
        radius = search_radius(case, self._rules)
        async for more in nearest(self._positions, case.area_id, case.pickup, radius):
            nearby += more
            roster |= await self._claims.entries(d.driver_id for d in more)
            askable = candidates(case, nearby, roster, now, self._rules)
            if any(d.driver_id not in case.missed for d in askable):
                break
        return askable

    async def _reserve(self, case: DispatchCase, driver: NearbyDriver) -> DispatchCase:
        ends = self._clock.city() + timedelta(seconds=self._rules.offer_seconds)
        reserved = Reservation(new_id(OFFER), driver.driver_id, ends)
        return await self._cases.save(reserve(case, reserved, self._rules))

    async def _make(self, case: DispatchCase, leg: Leg) -> bool:
        """Make the offer that the case has reserved; False if its driver was just taken."""
        reserved = case.offer
        assert reserved is not None
        assert case.due_at is not None
        claim = OfferClaim(reserved.offer_id, until=case.due_at)
        if not await self._claims.claim_for_offer(reserved.driver_id, claim):
            return False
        now = self._clock.city()
        if now >= reserved.expires_at:
            return True  # too slow: what is due of the case clears it away
        fact = OfferMade(
            offer_id=reserved.offer_id,
            rescue_id=case.id,
            driver_id=reserved.driver_id,
            area_id=case.area_id,
            expires_at=reserved.expires_at,
        )
        offer = await self._offers.insert(
            new_offer(case, reserved, leg, now), PendingEvents((fact,), SYSTEM, now)
        )
        if not await self._is_named(offer):
            await self._answers.close(offer.id, "withdrawn")
        return True

    async def _is_named(self, offer: Offer) -> bool:
        """True if case and driver name the offer, or its saga is on by now."""
        case = await self._cases.get(offer.rescue_id)
        entry = (await self._claims.entries([offer.driver_id])).get(offer.driver_id)
        by_case = case is not None and case.offer is not None and case.offer.offer_id == offer.id
        by_driver = entry is not None and entry.offer is not None and entry.offer.offer_id == offer.id
        return by_case and by_driver

    # --- what falls due -----------------------------------------------------------------------------

    async def offer_due(self, offer_id: str) -> None:
        """An offer's end has come, or its answer was left half-done."""
        offer = await self._offers.get(offer_id)
        if offer is None or offer.due_at is None:
            return
        if offer.state == "open":
            if offer.is_open(self._clock.city()):
                return
            offer = await self._answers.close(offer_id, "expired")
        offer = await self._answers.finish(offer)
        if offer.state != "accepted":
            await self.search(offer.rescue_id)

    async def case_due(self, rescue_id: str) -> None:
        """The next search is due, or the offer that the case has out should have been answered."""
        case = await self._cases.get(rescue_id)
        now = self._clock.city()
        if case is None or case.state != "open" or case.due_at is None or now < case.due_at:
            return
        if case.offer is not None:
            if await self._offers.get(case.offer.offer_id) is None:  # who was making it died
                await self._claims.release_offer(case.offer.driver_id, case.offer.offer_id)
                after = replace(case, offer=None)
            else:
                await self.offer_due(case.offer.offer_id)
                after = replace(case, due_at=now + timedelta(seconds=self._rules.grace_seconds))
            try:
                await self._cases.save(after)
            except VersionConflict:
                return  # it has moved on
        await self.search(rescue_id)
