"""The search for a driver, and the saga that makes an offer.

``_make_offer`` and ``_reserve`` (each step is a compare-and-set)
    1. the case reserves the offer: its id, its driver, its end (of two processes at once, one goes on)
    2. the driver's one open offer is claimed; if the driver was just taken: 1 with the next driver
    3. the offer is inserted: ``OfferMade``
    4. case and driver are read again; if they do not name the offer any more, it is withdrawn
A process that dies in between leaves the reservation in the case, whose ``due_at`` comes when the
offer should have been answered: if there is no offer then, the claim is released and the search goes
on.  The reservation comes before the claim, so that a rescue never has two offers out.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.events import OfferMade
from supportcarr.contracts.ids import OFFER
from supportcarr.contracts.value_objects import Leg, NearbyDriver
from supportcarr.dispatch.cases import (
    candidates,
    case_after_empty_search,
    new_offer,
    reserve,
    search_pause,
    search_radius,
)
from supportcarr.dispatch.claims import DriverClaims
from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Offer, Reservation
from supportcarr.dispatch.nearest import nearest
from supportcarr.dispatch.offer_lifecycle import OfferLifecycle
from supportcarr.dispatch.ports import NearbyDrivers, RoutePlanner
from supportcarr.dispatch.roster import OfferClaim, RosterEntry
from supportcarr.kit.observability.timings import Timings
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
        lifecycle: OfferLifecycle,
        positions: NearbyDrivers,
        routes: RoutePlanner,
    ) -> None:
        self._cases = store.collection(CASES)
        self._offers = store.collection(OFFERS)
        self._clock = clock
        self._rules = rules
        self._claims = claims
        self._lifecycle = lifecycle
        self._positions = positions
        self._routes = routes
        self.searches = Timings()

    async def search(self, rescue_id: str) -> None:
        """Offer the job to the nearest eligible driver; if there is none, schedule a wider search.

        Does nothing if the case is closed or has an offer out.
        """
        case = await self._cases.get(rescue_id)
        if case is None or case.state != "open" or case.offer is not None:
            return
        started = time.perf_counter()
        try:
            await self._search(case)
        except VersionConflict:
            return  # another process changed the case, and continues with it
        finally:
            self.searches.observe(time.perf_counter() - started)

    async def _search(self, case: DispatchCase) -> None:
        now = self._clock.city()
        if now >= case.ends_at:  # the rescue's own deadline ends the case; it must not be due until then
            await self._cases.save(replace(case, due_at=None))
            return
        try:
            eligible = await self._eligible_drivers(case, now)
        except RedisError:
            await self._cases.save(replace(case, due_at=now + search_pause(case, self._rules)))
            return
        for driver in eligible:
            leg = await self._routes.leg(driver.point, case.pickup)
            case = await self._reserve(case, driver)
            if await self._make_offer(case, leg):
                return
        await self._cases.save(case_after_empty_search(case, now, self._rules))

    async def _eligible_drivers(self, case: DispatchCase, now: datetime) -> list[NearbyDriver]:
        """The drivers who may be asked, nearest first; those who let an offer expire only if there is no
        other driver within the radius.  Raises ``RedisError``."""
        nearby: list[NearbyDriver] = []
        roster: dict[str, RosterEntry] = {}
        eligible: list[NearbyDriver] = []
        radius = search_radius(case, self._rules)
        async for more in nearest(self._positions, case.area_id, case.pickup, radius):
            nearby += more
            roster |= await self._claims.entries(d.driver_id for d in more)
            eligible = candidates(case, nearby, roster, now, self._rules)
            if any(d.driver_id not in case.missed for d in eligible):
                break
        return eligible

    async def _reserve(self, case: DispatchCase, driver: NearbyDriver) -> DispatchCase:
        ends = self._clock.city() + timedelta(seconds=self._rules.offer_seconds)
        reserved = Reservation(new_id(OFFER), driver.driver_id, ends)
        return await self._cases.save(reserve(case, reserved, self._rules))

    async def _make_offer(self, case: DispatchCase, leg: Leg) -> bool:
        """Make the offer that the case has reserved; False if its driver was just taken."""
        reserved = case.offer
        assert reserved is not None
        assert case.due_at is not None
        claim = OfferClaim(reserved.offer_id, until=case.due_at)
        if not await self._claims.claim_for_offer(reserved.driver_id, claim):
            return False
        now = self._clock.city()
        if now >= reserved.expires_at:
            return True  # too slow: the case's deadline releases the claim
        offer = await self._offers.insert(
            new_offer(case, reserved, leg, now), PendingEvents((_offer_made(case, reserved),), SYSTEM, now)
        )
        if not await self._is_current(offer):
            await self._lifecycle.close(offer.id, "withdraw")
        return True

    async def _is_current(self, offer: Offer) -> bool:
        """True if both the case and the driver's roster entry name the offer."""
        case = await self._cases.get(offer.rescue_id)
        entry = (await self._claims.entries([offer.driver_id])).get(offer.driver_id)
        by_case = case is not None and case.offer is not None and case.offer.offer_id == offer.id
        by_driver = entry is not None and entry.offer is not None and entry.offer.offer_id == offer.id
        return by_case and by_driver

    # --- deadlines --------------------------------------------------------------------------------

    async def on_offer_deadline(self, offer_id: str) -> None:
        """Expire an offer whose end has come, or finish an answer that was left incomplete."""
        offer = await self._offers.get(offer_id)
        if offer is None or offer.due_at is None:
            return
        if offer.state == "open":
            if offer.is_open(self._clock.city()):
                return
            offer = await self._lifecycle.close(offer_id, "expire")
        offer = await self._lifecycle.finish(offer)
        if offer.state != "accepted":
            await self.search(offer.rescue_id)

    async def on_case_deadline(self, rescue_id: str) -> None:
        """Search again, or check on the offer that should have been answered by now."""
        case = await self._cases.get(rescue_id)
        now = self._clock.city()
        if case is None or case.state != "open" or case.due_at is None or now < case.due_at:
            return
        if case.offer is not None:
            if await self._offers.get(case.offer.offer_id) is None:  # the process that made it died
                await self._claims.release_offer(case.offer.driver_id, case.offer.offer_id)
                after = replace(case, offer=None)
            else:
                await self.on_offer_deadline(case.offer.offer_id)
                after = replace(case, due_at=now + timedelta(seconds=self._rules.grace_seconds))
            try:
                await self._cases.save(after)
            except VersionConflict:
                return  # it has moved on
        await self.search(rescue_id)


def _offer_made(case: DispatchCase, reserved: Reservation) -> OfferMade:
    return OfferMade(
        offer_id=reserved.offer_id,
        rescue_id=case.id,
        driver_id=reserved.driver_id,
        area_id=case.area_id,
        expires_at=reserved.expires_at,
    )
