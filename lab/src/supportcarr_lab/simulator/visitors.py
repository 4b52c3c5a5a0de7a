"""The visitor's two phones: accounts of the person who looks at the demo.  Nobody simulates that person.

The simulator signs both up and gives the rider a card, the driver papers and a truck.  Then the city plays
along: the rider's PIN is read in the rider's own session, as if it were said at the door. While the driver
is online without a job, a simulated rider nearby asks for help.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from random import Random
from typing import Any

import structlog

from supportcarr.contracts.geo import GeoPoint, distance_m
from supportcarr_lab.simulator.accounts import Account, PersonRole
from supportcarr_lab.simulator.client import RequestFailed, RequestRejected, new_idempotency_key
from supportcarr_lab.simulator.context import SimulationContext, Visitor
from supportcarr_lab.simulator.demand import PROBLEMS, RiderPlan
from supportcarr_lab.simulator.driver import DRIVER_STATUSES, Driver
from supportcarr_lab.simulator.geography import random_point_near, translate
from supportcarr_lab.simulator.person import Person
from supportcarr_lab.simulator.rider import GOOD_CARD, Rider

AREA = "montreal"
HOME = {"name": "Home", "lat": 45.5300, "lng": -73.5950, "address": "Rue Laurier Est"}
INDEX = 9_999  # of their accounts: above those of simulated people
LOOK_EVERY_S = 1.5  # wall; between two looks at whether the driver waits for a job
PAUSE_S = 20.0  # city; between two riders who are sent to the driver
RETRY_S = 3.0  # wall; after a preparation that failed
NEAREST_M, FARTHEST_M = 40.0, 500.0  # of a pickup from the driver
SHORTEST_TRIP_M, LONGEST_TRIP_M = 900.0, 1_600.0  # the visitor has no hour to spend on one job

log = structlog.get_logger(__name__)


def _account(role: PersonRole, visitor: Visitor) -> Account:
    return Account(role=role, index=INDEX, phone=visitor.phone, password=visitor.password, name=visitor.name)


class VisitingRider(Person):
    """The visitor's account as a rider.

    Implements ``context.RiderAtPickup`` and ``context.VisitingRider``.
    """

    side = "rider"

    def __init__(self, context: SimulationContext, visitor: Visitor) -> None:
        super().__init__(context, _account("rider", visitor))

    async def prepare(self) -> None:
        """Sign up, store a card and a place."""
        await self.sign_in()
        if not (await self.api.get("/me/payment-methods"))["items"]:
            await self.api.post("/me/payment-methods", {"stripe_payment_method": GOOD_CARD})
        if not (await self.api.get("/me/places"))["items"]:
            await self.api.post("/me/places", HOME, key=new_idempotency_key())
        self.context.riders_by_id[self.user_id] = self
        self.context.visiting_rider = self

    async def run(self) -> None:
        """Nothing: the visitor uses the app."""

    async def has(self, rescue_id: str) -> bool:
        """Whether it is the visitor's rescue."""
        try:
            await self.api.get(f"/rescues/{rescue_id}")
        except RequestRejected:
            return False
        return True

    async def say_pin(self, rescue_id: str) -> str | None:
        pin: str = (await self.api.get(f"/rescues/{rescue_id}"))["pin"]
        return pin

    async def confirm_fix(self, rescue_id: str) -> None:
        """Nothing: the visitor is asked in the app."""


class VisitingDriver(Driver):
    """The visitor's account as an approved driver with a truck."""

    def __init__(
        self,
        context: SimulationContext,
        visitor: Visitor,
        riders: Sequence[Rider],
        drivers: Sequence[Driver],
    ) -> None:
        super().__init__(context, _account("driver", visitor))
        self._riders, self._drivers = riders, drivers
        self._rng = Random(f"{context.options.seed} visitor")  # noqa: S311 - a simulation
        self._sent: Rider | None = None

    async def prepare(self) -> None:
        """Sign up, get approved, register a vehicle; the visitor goes online."""
        await self.become_driver()

    async def run(self) -> None:
        """Let a rider nearby ask for help whenever the visitor waits for a job, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                here = await self._waits_at()
                if here is not None and self._send_rider(here):
                    await self.context.time.sleep(PAUSE_S)
            except RequestFailed as error:
                self.context.note(f"visitor: {error}")
                await asyncio.sleep(RETRY_S)

    async def _waits_at(self) -> GeoPoint | None:
        """Where the visitor waits for a job; ``None``: they do not, or nobody knows where."""
        if self._sent is not None and self._sent.waits_for_driver:
            return None
        if (await self.api.get("/me/shifts/today"))["state"] != "online" or await self.open_offers():
            return None
        if any(_is_my_job(rescue, self.user_id) for rescue in await self.rescues()):
            return None
        operator = await self.context.signed_in_operator()
        drivers = (await operator.get("/admin/map", area=AREA))["drivers"]
        return next((GeoPoint(d["lat"], d["lng"]) for d in drivers if d["driver_id"] == self.user_id), None)

    def _send_rider(self, here: GeoPoint) -> bool:
        """Have a free rider ask so near to the visitor that no other driver is nearer."""
        rider = next((rider for rider in self._riders if rider.is_free), None)
        if rider is None:
            return False
        others = [distance_m(here, driver.current_point) for driver in self._drivers if driver.online]
        spread = min(FARTHEST_M, max(NEAREST_M, 0.4 * min(others, default=FARTHEST_M / 0.4)))
        pickup = random_point_near(here, self._rng, spread)
        rider.call(_plan(pickup, self._rng))
        self._sent = rider
        return True


def _is_my_job(rescue: dict[str, Any], user_id: str) -> bool:
    return rescue["status"] in DRIVER_STATUSES and (rescue.get("driver") or {}).get("id") == user_id


def _plan(pickup: GeoPoint, rng: Random) -> RiderPlan:
    """A short trip of a rider who is there and pays."""
    metres, angle = rng.uniform(SHORTEST_TRIP_M, LONGEST_TRIP_M), rng.uniform(0, 2 * math.pi)
    return RiderPlan(
        wait=0.0,
        pickup=pickup,
        dropoff=translate(pickup, metres * math.cos(angle), metres * math.sin(angle)),
        problem=rng.choice(PROBLEMS),
        behaviour="normal",
        think_s=1.0,
        cancel_when="soon",
        cancel_after_s=0.0,
        silent_after_s=0.0,
        silent_for_s=0.0,
        message=None,
    )


async def prepare_until_done(visitor: Person) -> None:
    """Prepare a visitor's account; what fails is tried again."""
    while True:
        with contextlib.suppress(RequestFailed):
            return await visitor.prepare()
        log.warning("visitor_not_prepared", role=visitor.account.role)
        await asyncio.sleep(RETRY_S)
