"""Bring rescues to any state over HTTP on a running platform, each with its own people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from support.http.server import Client, Reply
from support.platform.in_process import CheckedClient, Platform
from supportcarr.contracts.rescues import STATUSES, Status

PICKUP = {"lat": 45.5230, "lng": -73.5820, "address": "Parc La Fontaine"}
DROPOFF = {"lat": 45.5340, "lng": -73.6010}
VEHICLE = {"type": "pickup", "make": "Ford", "model": "F-150", "colour": "blue", "plate": "F12 3AB"}
APPLICATION = {
    "licence_class": "5",
    "licence_expires_on": "2099-01-31",
    "insurer": "Promutuel",
    "insurance_expires_on": "2099-01-31",
}
VISA, DECLINES, ASKS = "pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"
STALE_AFTER = 61.0  # city seconds: drivers whose last report is older get no offers


def expect(reply: Reply, status: int) -> Any:
    """The body of the reply, which must have that status."""
    assert reply.status == status, reply
    return reply.body


def quote_body(**changes: Any) -> dict[str, Any]:
    return {"kind": "rescue", "problem": "flat_tire", "pickup": PICKUP, "dropoff": DROPOFF} | changes


@dataclass(slots=True)
class PreparedRescue:
    """One rescue and its people; ``driver`` is set from ``offered`` on."""

    platform: Platform
    rider: CheckedClient
    rescue_id: str
    driver: CheckedClient | None = None
    offer_id: str | None = None

    @property
    def path(self) -> str:
        return f"/rescues/{self.rescue_id}"

    @property
    def assigned_driver(self) -> CheckedClient:
        assert self.driver is not None
        return self.driver

    async def view(self, who: Client | None = None) -> Any:
        """The rescue as the rider (or another client) sees it."""
        await self.platform.settle()
        return expect(await (who or self.rider).get(self.path), 200)

    async def driver_posts(self, step: str, body: Any = None) -> Reply:
        """Send a command of the driver."""
        return await self.assigned_driver.post(f"{self.path}/{step}", body)


class RescueFactory:
    """Creates rescues.  Each advances city time, so that drivers of earlier ones get no offers."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    async def rider(self, card: str = VISA) -> tuple[CheckedClient, str]:
        """Create a rider with a card; return both the client and the card's id."""
        rider = await self.platform.person("rider", name="Rika Roy")
        reply = await rider.post("/me/payment-methods", {"stripe_payment_method": card})
        return rider, expect(reply, 201)["id"]

    async def driver(self, *roles: str, at: Mapping[str, Any] = PICKUP, online: bool = True) -> CheckedClient:
        """Create an approved driver with a vehicle, online at that point unless *online* is false."""
        driver = await self.platform.person("driver", *roles, name="Dominique Dube")
        expect(await driver.put("/me/driver-application", APPLICATION), 200)
        expect(await driver.post("/me/vehicles", VEHICLE), 201)
        admin = await self.platform.person("admin")
        expect(await admin.post(f"/admin/drivers/{driver.user_id}/approval"), 200)
        if online:
            vehicle = expect(await driver.get("/me/vehicles"), 200)["items"][0]["id"]
            expect(await driver.put("/me/availability", {"online": True, "vehicle_id": vehicle}), 200)
            await self.report(driver, at)
        await self.platform.settle()
        return driver

    async def report(self, driver: Client, at: Mapping[str, Any] = PICKUP) -> None:
        """Report the driver's position."""
        position = {"lat": at["lat"], "lng": at["lng"], "at": self.platform.clock.city().isoformat()}
        expect(await driver.post("/me/positions", position), 200)

    async def request(self, rider: Client, card_id: str, **quote: Any) -> str:
        """Request a rescue, wait for the hold, and return its id."""
        quoted = expect(await rider.post("/quotes", quote_body(**quote)), 201)
        asked = {"quote_id": quoted["id"], "payment_method_id": card_id}
        rescue = expect(await rider.create("/rescues", asked), 201)
        await self.platform.settle()
        return str(rescue["id"])

    async def without_driver(self, card: str = VISA, **quote: Any) -> PreparedRescue:
        """A rescue without a driver."""
        self.platform.clock.advance(STALE_AFTER)
        rider, card_id = await self.rider(card)
        return PreparedRescue(self.platform, rider, await self.request(rider, card_id, **quote))

    async def offered(self) -> PreparedRescue:
        """A rescue with an open offer."""
        self.platform.clock.advance(STALE_AFTER)
        driver = await self.driver()
        rider, card_id = await self.rider()
        prepared = PreparedRescue(self.platform, rider, await self.request(rider, card_id), driver)
        [offer] = expect(await driver.get("/me/offers"), 200)["items"]
        assert offer["rescue_id"] == prepared.rescue_id
        prepared.offer_id = offer["id"]
        return prepared

    async def assigned(self) -> PreparedRescue:
        prepared = await self.offered()
        expect(await prepared.assigned_driver.post(f"/offers/{prepared.offer_id}/acceptance"), 200)
        await self.platform.settle()
        return prepared

    async def en_route(self) -> PreparedRescue:
        prepared = await self.assigned()
        expect(await prepared.driver_posts("departure"), 200)
        return prepared

    async def arrived(self) -> PreparedRescue:
        prepared = await self.en_route()
        expect(await prepared.driver_posts("arrival"), 200)
        return prepared

    async def in_transit(self) -> PreparedRescue:
        prepared = await self.arrived()
        expect(await prepared.driver_posts("start", {"pin": (await prepared.view())["pin"]}), 200)
        return prepared

    async def in_state(self, status: Status) -> PreparedRescue:
        """A rescue in that state, with all background work done."""
        prepared = await self._makers()[status]()
        await self.platform.settle()
        assert (await prepared.view())["status"] == status
        return prepared

    def _makers(self) -> Mapping[Status, Callable[[], Awaitable[PreparedRescue]]]:
        makers: dict[Status, Callable[[], Awaitable[PreparedRescue]]] = {
            "scheduled": self._scheduled,
            "requested": lambda: self.without_driver(ASKS),
            "matching": self.without_driver,
            "assigned": self.assigned,
            "en_route": self.en_route,
            "arrived": self.arrived,
            "in_transit": self.in_transit,
            "completed": self._completed,
            "cancelled": self._cancelled,
            "no_show": self._no_show,
            "unserved": self._unserved,
            "rejected": lambda: self.without_driver(DECLINES),
            "aborted": self._aborted,
        }
        assert set(makers) == set(STATUSES)
        return makers

    async def _scheduled(self) -> PreparedRescue:
        tomorrow = self.platform.clock.city() + timedelta(days=1)
        return await self.without_driver(scheduled_for=tomorrow.isoformat())

    async def _completed(self) -> PreparedRescue:
        prepared = await self.in_transit()
        expect(await prepared.driver_posts("completion", {"outcome": "delivered"}), 200)
        return prepared

    async def _cancelled(self) -> PreparedRescue:
        prepared = await self.assigned()
        expect(await prepared.rider.post(f"{prepared.path}/cancellation", {"reason": "fixed_it"}), 200)
        return prepared

    async def _no_show(self) -> PreparedRescue:
        prepared = await self.arrived()
        self.platform.clock.advance(600)
        expect(await prepared.driver_posts("no-show"), 200)
        return prepared

    async def _unserved(self) -> PreparedRescue:
        prepared = await self.without_driver()
        self.platform.clock.advance(481)
        await self.platform.fire_deadline("rescuerequests", prepared.rescue_id)
        return prepared

    async def _aborted(self) -> PreparedRescue:
        prepared = await self.in_transit()
        expect(await prepared.driver_posts("abort", {"reason": "unsafe"}), 200)
        return prepared
