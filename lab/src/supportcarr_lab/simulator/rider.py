"""A simulated rider: requests rescues, and sometimes cancels, goes silent or cannot pay."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.client import RequestFailed, RequestRejected, new_idempotency_key
from supportcarr_lab.simulator.context import SimulationContext
from supportcarr_lab.simulator.demand import RiderPlan, recorded_plan, rider_plan, wait_seconds
from supportcarr_lab.simulator.images import VARIANTS, bike_photo
from supportcarr_lab.simulator.person import FINAL, Job, Person
from supportcarr_lab.simulator.pin_by_chat import ANSWER, write
from supportcarr_lab.simulator.uploads import upload

GOOD_CARD = "pm_card_visa"
# Stripe's test cards for a charge that fails.  Stripe declines the first already when it is attached to a
# customer, the second only when it is charged.
FAILING_CARDS = ("pm_card_chargeDeclined", "pm_card_chargeCustomerFail")
DAY_S = 86_400.0
LOOK_EVERY_S = 2.0  # city; between two looks at whether a driver has arrived
BIKES_EVERY = 3  # every third rider has described a bike
BIKES = (
    {"name": "City bike", "type": "city", "weight_kg": 24, "battery_wh": 500, "battery_removable": True},
    {"name": "Cargo bike", "type": "cargo", "weight_kg": 48, "battery_wh": 545, "battery_removable": True},
    {"name": "Folding bike", "type": "folding", "weight_kg": 17, "battery_removable": False},
    {"name": "Mountain bike", "type": "mountain", "weight_kg": 23, "battery_wh": 625},
)


class Rider(Person):
    """A person who requests rescues; see the module for the behaviour."""

    side = "rider"

    def __init__(self, context: SimulationContext, account: Account) -> None:
        super().__init__(context, account)
        self._cards: dict[bool, str] = {}  # id of the stored card, by whether its charges fail
        self._pins: dict[str, str] = {}
        self._absent = False
        self._bike_id: str | None = None
        self._request_count = 0
        self._called: asyncio.Future[RiderPlan] | None = None  # while the next request is not due
        self.unsettled: set[str] = set()  # rescues whose payment has not ended, as far as the rider knows

    async def prepare(self) -> None:
        """Sign in, store a card, follow the streams."""
        await self.sign_in()
        await self._card(fails=False)
        if self.index % BIKES_EVERY == 0:
            await self._describe_bike()
        await self.realtime.start()

    async def run(self) -> None:
        """Request one rescue after the other, until the city closes."""
        while True:
            if self.job:
                await self._follow(self.job, None)  # from an earlier run, or after a lost response
            plan = await self._next_plan()
            if plan is None:
                return
            try:
                await self._request_rescue(plan)
            except RequestFailed as error:
                self.context.note(f"rider: {error}")
                with contextlib.suppress(RequestFailed):
                    self.apply_loaded(await self.rescues(), None)

    @property
    def is_free(self) -> bool:
        """Whether ``call`` may be used: nothing is asked for at present."""
        return self._called is not None and not self._called.done()

    @property
    def waits_for_driver(self) -> bool:
        """Whether a request is on its way, or no driver has been found for it yet."""
        if self.job is None:
            return self._called is None or self._called.done()
        return self.job.status in ("requested", "matching")

    def call(self, plan: RiderPlan) -> None:
        """Have a free rider ask for help now."""
        assert self._called is not None
        self._called.set_result(plan)

    async def _next_plan(self) -> RiderPlan | None:
        """Wait until the next request is due, or is called for; ``None``: the city has closed."""
        self._called = asyncio.get_running_loop().create_future()
        own = asyncio.create_task(self._own_plan())
        try:
            await asyncio.wait((own, self._called), return_when=asyncio.FIRST_COMPLETED)
            return own.result() if own.done() else self._called.result()
        finally:
            self._called = None
            own.cancel()

    async def _own_plan(self) -> RiderPlan | None:
        context = self.context
        if context.recorded_requests is not None:
            recorded = await context.unless_closing(context.recorded_requests.get())
            return recorded_plan(context.options.seed, *recorded) if recorded else None
        plan = rider_plan(context.options.seed, self.index, self._request_count)
        self._request_count += 1
        await context.unless_closing(context.time.sleep(wait_seconds(plan, context.time.now())))
        return None if context.closing.is_set() else plan

    # --- one rescue ---------------------------------------------------------------------------

    async def _request_rescue(self, plan: RiderPlan) -> None:
        card = await self._card(fails=plan.behaviour == "card_fails")
        asked = {
            "kind": "rescue",
            "problem": plan.problem,
            "pickup": plan.pickup,
            "dropoff": plan.dropoff,
            "bike_id": self._bike_id,
        }
        quote = await self.api.post("/quotes", asked)
        await self.context.time.sleep(plan.think_s)
        if self.context.closing.is_set():
            return
        body = {"quote_id": quote["id"], "payment_method_id": card}
        rescue = await self.api.post("/rescues", body, key=new_idempotency_key())
        self.journal.record_accepted_rescue(rescue["id"])
        self.context.requested += 1
        if rescue.get("pin"):
            self._pins[rescue["id"]] = rescue["pin"]
        await self._follow(Job(rescue), plan)

    async def _follow(self, job: Job, plan: RiderPlan | None) -> None:
        self.job = job
        self._absent = plan is not None and plan.behaviour == "absent"
        self.unsettled.add(job.id)
        tasks = [asyncio.create_task(behaviour) for behaviour in self._behaviours(job, plan)]
        try:
            while not job.over:
                try:
                    await self.wait_for_change(job, DAY_S)
                except RequestFailed as error:
                    self.context.note(f"rider: {error}")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.realtime.reconnect()
        self._pins.pop(job.id, None)
        self.job = None
        if job.status == "completed":
            self.photograph(job, "after")
        await self.rate(job)

    def _behaviours(self, job: Job, plan: RiderPlan | None) -> list[Coroutine[Any, Any, None]]:
        behaviours: list[Coroutine[Any, Any, None]] = [self._write_pin(job)]
        if plan is None:
            return behaviours
        if plan.behaviour == "cancels":
            behaviours.append(self._cancel(job, plan))
        if plan.behaviour == "goes_silent":
            behaviours.append(self._go_silent(plan))
        behaviours.append(self._photograph_before(job))
        if plan.message:
            behaviours.append(self._send_message(job, plan))
        return behaviours

    async def _cancel(self, job: Job, plan: RiderPlan) -> None:
        """Cancel early, after the assignment, or after the two free minutes; never in transit."""
        time = self.context.time
        if plan.cancel_when != "soon":
            while job.status in ("requested", "matching"):
                await time.sleep(2)
        await time.sleep(plan.cancel_after_s + (130 if plan.cancel_when == "late" else 0))
        if job.status == "in_transit" or job.over:
            return
        with contextlib.suppress(RequestFailed):  # the rescue has moved on and cannot be cancelled any more
            await self.api.get(f"/rescues/{job.id}/cancellation")
            body = {"reason": "My neighbour has a pump"}
            job.update_from(await self.api.post(f"/rescues/{job.id}/cancellation", body))

    async def _go_silent(self, plan: RiderPlan) -> None:
        """The phone loses its connection for less than five minutes of city time."""
        await self.context.time.sleep(plan.silent_after_s)
        self.realtime.go_silent()
        await self.context.time.sleep(plan.silent_for_s)
        self.realtime.reconnect()

    async def _photograph_before(self, job: Job) -> None:
        while job.status not in ("en_route", "arrived"):
            await self.context.time.sleep(5)
        self.photograph(job, "before")

    async def _send_message(self, job: Job, plan: RiderPlan) -> None:
        while job.status not in ("assigned", "en_route"):
            await self.context.time.sleep(3)
        with contextlib.suppress(RequestFailed):
            body = {"text": plan.message}
            await self.api.post(f"/rescues/{job.id}/messages", body, key=new_idempotency_key())

    async def _write_pin(self, job: Job) -> None:
        """Write the PIN to each driver who has come and cannot hear it, because nobody simulates them."""
        told: set[str] = set()
        while True:
            await self.context.time.sleep(LOOK_EVERY_S)
            if job.status != "arrived" or self._absent:
                continue
            with contextlib.suppress(RequestFailed):
                driver = (await self.api.get(f"/rescues/{job.id}")).get("driver") or {}
                driver_id = driver.get("id", "")
                if driver_id in self.context.simulated_drivers or driver_id in told:
                    continue
                told.add(driver_id)
                await write(self, job, ANSWER.format(pin=await self.say_pin(job.id)))

    async def _confirm_to_stranger(self, job: Job) -> None:
        """Agree to the price of a driver whom nobody simulates; the others ask by ``confirm_fix``."""
        with contextlib.suppress(RequestFailed):
            rescue = await self.api.get(f"/rescues/{job.id}")
            driver_id = (rescue.get("driver") or {}).get("id")
            if rescue.get("fix") and driver_id not in self.context.simulated_drivers:
                await self.confirm_fix(job.id)

    # --- answers to others --------------------------------------------------------------------

    async def say_pin(self, rescue_id: str) -> str | None:
        """The PIN that the rider tells the driver; ``None``: the rider is not there."""
        if self._absent:
            return None
        if rescue_id not in self._pins:
            self._pins[rescue_id] = (await self.api.get(f"/rescues/{rescue_id}"))["pin"]
        return self._pins[rescue_id]

    async def confirm_fix(self, rescue_id: str) -> None:
        """Agree to the price for which the driver says that the bike is fixed."""
        rescue = await self.api.get(f"/rescues/{rescue_id}")
        price = {"price_minor": rescue["fix"]["price_minor"]}
        await self.api.post(f"/rescues/{rescue_id}/fix-confirmation", price)

    async def settled(self) -> bool:
        """Whether every payment has ended, according to the API."""
        for rescue_id in list(self.unsettled):
            rescue = await self.api.get(f"/rescues/{rescue_id}")
            if rescue["payment"]["status"] in ("captured", "released", "failed", "refunded"):
                self.unsettled.discard(rescue_id)
        return not self.unsettled

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        super().on_event(name, data)
        if name == "payment:processed" and (
            data["kind"] in ("capture", "fee", "release") or data["status"] == "failed"
        ):
            self.unsettled.discard(data["rescue_id"])

    def on_notification(self, kind: str) -> None:
        if kind == "fix_proposed" and self.job and self.job.status == "arrived":
            self.context.start_errand(self._confirm_to_stranger(self.job))

    def apply_loaded(self, rescues: list[dict[str, Any]], offers: list[dict[str, Any]] | None) -> None:
        super().apply_loaded(rescues, offers)
        if self.job is None:
            live = [r for r in rescues if r["status"] != "scheduled" and r["status"] not in FINAL]
            self.job = Job(live[0]) if live else None

    async def _card(self, *, fails: bool) -> str:
        """The id of a stored card, which is added if there is none yet."""
        if not self._cards:
            methods = await self.api.get("/me/payment-methods")
            for method in methods["items"]:
                # The test cards that fail have other last digits.
                self._cards.setdefault(method["last4"] != "4242", method["id"])
        if fails not in self._cards:
            self._cards[fails] = await self._add_card(FAILING_CARDS if fails else (GOOD_CARD,))
        return self._cards[fails]

    async def _add_card(self, names: tuple[str, ...]) -> str:
        for name in names[:-1]:
            with contextlib.suppress(RequestRejected):
                return str((await self._attach(name))["id"])
        return str((await self._attach(names[-1]))["id"])

    async def _describe_bike(self) -> None:
        """Add a bike and a place, unless an earlier run did; the bike is named in each quote."""
        bikes = (await self.api.get("/me/bikes"))["items"]
        if not bikes:
            home = {"name": "Home", "lat": 45.5266, "lng": -73.5806, "address": "Rue Rachel Est"}
            await self.api.post("/me/places", home, key=new_idempotency_key())
            bike: dict[str, Any] = {**BIKES[self.index % len(BIKES)]}
            if self.context.options.photo_share:
                photo = bike_photo(self.index % VARIANTS)
                bike["photo_id"] = await upload(self.api, self.context.http, "bike_photo", photo)
            bikes = [await self.api.post("/me/bikes", bike, key=new_idempotency_key())]
        self._bike_id = bikes[0]["id"]

    async def _attach(self, name: str) -> Any:
        return await self.api.post("/me/payment-methods", {"stripe_payment_method": name})
