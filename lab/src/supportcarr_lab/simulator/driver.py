"""A simulated driver: drifts towards demand, accepts offers and drives, with occasional misbehaviour."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.city_time import format_time, parse_time
from supportcarr_lab.simulator.client import RequestFailed, RequestRejected, new_idempotency_key
from supportcarr_lab.simulator.context import RiderAtPickup, SimulationContext
from supportcarr_lab.simulator.demand import (
    SPEED_MPS,
    JobPlan,
    break_plan,
    drift_bend,
    drift_target,
    home_point,
    job_plan,
    offer_plan,
)
from supportcarr_lab.simulator.geography import DrivingRoute, plan_route, stationary
from supportcarr_lab.simulator.person import Job, Person
from supportcarr_lab.simulator.pin_by_chat import ask_for_pin

DRIFT_SPEED = SPEED_MPS * 0.6  # metres per second, without a job
NO_SHOW_WAIT_S = 603.0  # a little over the ten minutes after which a no-show may be reported
RETRY_DELAY_S = 1.0  # wall; after a request that failed for good
VISITOR_LOAD_S = 25.0  # of the visitor's bike: nobody looks at that for two minutes
MAX_REJECTED_STEPS = 20  # after that many rejected steps the driver stops working on the job
STEPS_AT_A_PLACE = ("arrival", "no-show", "completion")  # refused, or noted, if the driver is elsewhere
DRIVER_STATUSES = ("assigned", "en_route", "arrived", "in_transit")  # a driver has the rescue
STOPPED = ("driver_suspended", "documents_expired", "documents_missing")
PUT_OFFLINE = ("driver_offline", "hours_limit", "long_break")  # kinds of notifications
VEHICLES = (
    ("pickup", "Ford", "F-150", "blue"),
    ("pickup", "Toyota", "Tacoma", "red"),
    ("pickup", "Ram", "1500", "grey"),
    ("pickup", "Chevrolet", "Colorado", "white"),
)


class Driver(Person):
    """A person who takes offers; see the module for the behaviour."""

    side = "driver"

    def __init__(self, context: SimulationContext, account: Account) -> None:
        super().__init__(context, account)
        start = context.accounts.stored.places.get(account.phone) or home_point(
            context.options.seed, self.index
        )
        self.route: DrivingRoute = stationary(start, context.time.now())
        self.online = False
        self._offers: asyncio.Queue[str] = asyncio.Queue()
        # By offer id: the id of its rescue, or ``None`` once the offer is closed.
        self._rescue_of_offer: OrderedDict[str, str | None] = OrderedDict()
        self._phone_on = asyncio.Event()
        self._phone_on.set()
        self._drift_count = self._offers_considered = self._job_count = 0
        self._drift_at = 0.0  # city time at which an idle driver moves on; 0: at once
        self._vehicle_id = ""
        self._put_offline = False  # by the platform: unanswered offers, or too many hours
        self.stopped = False  # suspended, or the papers have ended: only the present job is finished

    # --- where the truck is -------------------------------------------------------------------

    @property
    def current_point(self) -> GeoPoint:
        return self.route.at(self.context.time.now()).point

    @property
    def reports_positions(self) -> bool:
        return self.online and self._phone_on.is_set()

    def position_report(self, now: float) -> dict[str, Any]:
        """The body of a position report; an idle driver moves on when the wait at the last point is over."""
        if self.job is None and now >= self.route.ends:
            self._drift(now)
        position = self.route.at(now)
        return {
            "lat": round(position.point.lat, 6),
            "lng": round(position.point.lng, 6),
            "accuracy": 8.0,
            "heading": round(position.heading, 1),
            "speed": round(position.speed, 2),
            "at": format_time(now),
        }

    def _drift(self, now: float) -> None:
        if not self._drift_at:
            self._drift_at = now
        if now < self._drift_at:
            return
        target, stay_s = drift_target(self.context.options.seed, self.index, self._drift_count)
        grid_north_first = drift_bend(self.context.options.seed, self.index, self._drift_count)
        self._drift_count += 1
        self.route = plan_route(
            self.route.at(now).point, target, now=now, speed=DRIFT_SPEED, grid_north_first=grid_north_first
        )
        self._drift_at = self.route.ends + stay_s

    # --- sign-in and shifts -------------------------------------------------------------------

    async def prepare(self) -> None:
        """Sign in, get approved, register a vehicle, follow the streams, go online."""
        await self.become_driver()
        await self.realtime.start()
        await self._go_online()

    async def become_driver(self) -> None:
        """Sign in, get approved, register a vehicle.

        These drivers are known to the company: nothing is submitted, so nobody checks them.
        """
        await self.sign_in()
        application = await self.api.get("/me/driver-application")
        if application["state"] != "approved":
            form = {
                "licence_class": "5",
                "licence_expires_on": "2031-06-30",
                "insurer": "Mutuelle du Plateau",
                "insurance_expires_on": "2030-12-31",
            }
            await self.api.put("/me/driver-application", form)
        self._vehicle_id = await self._ensure_vehicle()
        if application["state"] != "approved":
            await self.context.approve(self.user_id)

    async def _ensure_vehicle(self) -> str:
        vehicles = (await self.api.get("/me/vehicles"))["items"]
        if vehicles:
            return str(vehicles[0]["id"])
        type_, make, model, colour = VEHICLES[self.index % len(VEHICLES)]
        plate = f"FL{self.index:05d}"
        body: dict[str, Any] = {"type": type_, "make": make, "model": model, "colour": colour, "plate": plate}
        body |= {"ramp": True, "tie_downs": 4, "bed_length_cm": 200}
        return str((await self.api.post("/me/vehicles", body, key=new_idempotency_key()))["id"])

    async def _report_position(self) -> None:
        with contextlib.suppress(RequestRejected):  # a stale position does not matter here
            await self.api.post("/me/positions", self.position_report(self.context.time.now()))

    def on_notification(self, kind: str) -> None:
        if kind in STOPPED and not self.stopped:
            self.stopped = True
            self._offers.put_nowait("")  # wakes ``run``
        elif kind in ("application_approved", "driver_reinstated", "statement_approved"):
            self.stopped = False

    async def _go_online(self) -> None:
        if self.stopped:
            return
        await self._report_position()
        await self.api.put("/me/availability", {"online": True, "vehicle_id": self._vehicle_id})
        self.online, self._put_offline = True, False

    async def _return_online(self) -> None:
        """Go online again; after a rest, if the hours that one may drive are over."""
        try:
            await self._go_online()
        except RequestRejected as error:
            if error.code != "rest_required":
                raise
            self.online = False
            rest_until = (await self.api.get("/me/shifts/today"))["rest_until"]
            if rest_until is not None:
                await self.context.time.sleep_until(parse_time(rest_until) + 1)

    async def _take_break(self) -> None:
        """Take a break after the job that was done last, if the driver's plan has one."""
        break_s = break_plan(self.context.options.seed, self.index, self._job_count - 1)
        if not break_s or self._put_offline or self.stopped or self.job:
            return
        body = {"online": True, "vehicle_id": self._vehicle_id, "on_break": True}
        try:
            await self.api.put("/me/availability", body)
        except RequestRejected:
            return  # on another job already, or the hours are over
        await self.context.time.sleep(break_s)
        if not self._put_offline:
            await self._return_online()

    async def go_offline(self) -> None:
        with contextlib.suppress(RequestFailed):
            await self.api.put("/me/availability", {"online": False})
        self.online = False

    async def run(self) -> None:
        """Respond to offers as they arrive, for ever."""
        while True:
            try:
                if self._put_offline and not self.stopped:
                    await self._return_online()
                elif self.job:
                    await self._run_job(self.job)  # from an earlier run, or after a lost response
                    await self._take_break()
                elif self.stopped:
                    self.online = False
                    await self._offers.get()
                else:
                    await self._respond(await self._offers.get())
            except RequestFailed as error:
                self.context.note(f"driver: {error}")
                await asyncio.sleep(RETRY_DELAY_S)
                with contextlib.suppress(RequestFailed):
                    self.apply_loaded(await self.rescues(), None)

    # --- offers -------------------------------------------------------------------------------

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        super().on_event(name, data)
        if name == "offer:new":
            self._add_offer(data["id"], data["rescue_id"])
        elif name == "offer:closed":
            self._rescue_of_offer[data["offer_id"]] = None
        elif name == "notification:new" and data["kind"] in PUT_OFFLINE:
            self._put_offline = True
            self._offers.put_nowait("")  # wakes ``run``

    def _add_offer(self, offer_id: str, rescue_id: str) -> None:
        if offer_id not in self._rescue_of_offer:
            self._rescue_of_offer[offer_id] = rescue_id
            self._offers.put_nowait(offer_id)
        while len(self._rescue_of_offer) > 200:
            self._rescue_of_offer.popitem(last=False)

    async def open_offers(self) -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = (await self.api.get("/me/offers"))["items"]
        return items

    def apply_loaded(self, rescues: list[dict[str, Any]], offers: list[dict[str, Any]] | None) -> None:
        super().apply_loaded(rescues, offers)
        if self.job is None:
            mine = [
                r
                for r in rescues
                if r["status"] in DRIVER_STATUSES and (r.get("driver") or {}).get("id") == self.user_id
            ]
            if mine:
                self.job = Job(mine[0])
                self._offers.put_nowait("")  # wakes ``run``, which looks at the job first
        for offer in offers or ():
            self._add_offer(offer["id"], offer["rescue_id"])

    async def _respond(self, offer_id: str) -> None:
        rescue_id = self._rescue_of_offer.get(offer_id)
        if rescue_id is None:
            return  # closed meanwhile
        plan = offer_plan(self.context.options.seed, self.index, self._offers_considered)
        self._offers_considered += 1
        if plan.behaviour != "accepts" and await self._is_visitors(rescue_id):
            plan = replace(plan, behaviour="accepts")
        if plan.behaviour == "goes_silent":
            await self._go_silent(plan.silent_for_s)
            return
        await self.context.time.sleep(plan.think_s)
        await self._phone_on.wait()
        if self._rescue_of_offer.get(offer_id) is None:
            return
        action = "decline" if plan.behaviour == "declines" else "acceptance"
        try:
            await self.api.post(f"/offers/{offer_id}/{action}")
        except RequestRejected as error:
            if error.code not in ("offer_closed", "not_found"):
                self.context.note(f"driver: {action}: {error}")
            return
        if action == "acceptance":
            self.job = Job(await self.api.get(f"/rescues/{rescue_id}"))

    async def _is_visitors(self, rescue_id: str) -> bool:
        visitor = self.context.visiting_rider
        return visitor is not None and await visitor.has(rescue_id)

    async def _go_silent(self, silent_for_s: float) -> None:
        """The phone is silent for a while: no connection, no positions, no responses to offers."""
        self._phone_on.clear()
        self.realtime.go_silent()
        try:
            await self.context.time.sleep(silent_for_s)
        finally:
            self._phone_on.set()
            self.realtime.reconnect()
        await self._go_online()

    # --- a job --------------------------------------------------------------------------------

    async def _run_job(self, job: Job) -> None:
        plan = job_plan(self.context.options.seed, self.index, self._job_count)
        self._job_count += 1
        rescue = await self.refresh(job)
        visitor = self.context.visiting_rider
        if visitor is not None and rescue["rider"]["id"] == visitor.user_id:
            plan = replace(plan, behaviour="normal", load_s=min(plan.load_s, VISITOR_LOAD_S))
        silence = (
            asyncio.create_task(self._go_silent_later(plan)) if plan.behaviour == "goes_silent" else None
        )
        try:
            if (rescue.get("driver") or {}).get("id") == self.user_id:
                await self._advance_job(job, rescue, plan)
            await self.rate(job)
        finally:
            self.job = None
            if silence:
                silence.cancel()
                await asyncio.gather(silence, return_exceptions=True)
            now = self.context.time.now()
            self.route = stationary(self.route.at(now).point, now)
            self._drift_at = now + 20

    async def _go_silent_later(self, plan: JobPlan) -> None:
        await self.context.time.sleep(plan.silent_after_s)
        await self._go_silent(plan.silent_for_s)

    async def _advance_job(self, job: Job, rescue: dict[str, Any], plan: JobPlan) -> None:
        """Take the step that the rescue's status calls for, until it ends; others may change it meanwhile."""
        rejected = 0
        while job.status in DRIVER_STATUSES and rejected < MAX_REJECTED_STEPS and job.reason != "exchanged":
            before = job.version
            try:
                match job.status:
                    case "assigned":
                        if not await self.wait_for_change(job, plan.get_going_s):
                            await self._step(job, "departure")
                    case "en_route":
                        await self._reach_rider(job, rescue, plan)
                    case "arrived":
                        await self._handle_pickup(job, rescue, plan)
                    case "in_transit":
                        if not await self._drive(job, rescue["dropoff"], plan, plan.grid_north_first[1]):
                            self.photograph(job, "after")
                            await self.wait_for_change(job, plan.unload_s)
                            await self._step(job, "completion", {"outcome": "delivered"})
            except RequestRejected as error:
                rejected += 1
                if error.code not in ("illegal_transition", "too_early", "pin_wrong", "conflict"):
                    self.context.note(f"driver: {job.status}: {error}")
                await self.refresh(job)
                if job.version == before:
                    await self.wait_for_change(job, 5)

    async def _step(self, job: Job, step: str, body: Any = None) -> None:
        await self._phone_on.wait()
        if step in STEPS_AT_A_PLACE:
            await self._report_position()
        job.update_from(await self.api.post(f"/rescues/{job.id}/{step}", body))

    async def _drive(
        self, job: Job, place: Any, plan: JobPlan, grid_north_first: bool, part: float = 1.0
    ) -> bool:
        """Drive to *place*, or only a part of the route.  True if the job's status changed meanwhile."""
        target = GeoPoint(place["lat"], place["lng"])
        now = self.context.time.now()
        if self.route.corners[-1] != target:
            self.route = plan_route(
                self.current_point, target, now=now, speed=plan.speed, grid_north_first=grid_north_first
            )
        return await self.wait_for_change(job, (self.route.ends - now) * part)

    async def _reach_rider(self, job: Job, rescue: dict[str, Any], plan: JobPlan) -> None:
        releases = plan.behaviour == "releases"
        part = plan.release_after_part if releases else 1.0
        if await self._drive(job, rescue["pickup"], plan, plan.grid_north_first[0], part):
            return
        if releases:
            await self._step(job, "release", {"reason": "My truck makes a noise"})
        else:
            await self._step(job, "arrival")

    async def _handle_pickup(self, job: Job, rescue: dict[str, Any], plan: JobPlan) -> None:
        """At the pickup: load the bike, or end the rescue as the driver's plan says."""
        self.photograph(job, "before")
        if await self.wait_for_change(job, plan.load_s):
            return
        rider = self.context.riders_by_id.get(rescue["rider"]["id"])
        left_s = NO_SHOW_WAIT_S - plan.load_s
        if rider is not None:
            pin = await rider.say_pin(job.id)
        else:
            pin, left_s = await ask_for_pin(self, job, left_s), 0.0
        if pin is None:
            if job.status == "arrived" and not await self.wait_for_change(job, left_s):
                await self._step(job, "no-show")
        elif plan.behaviour == "aborts":
            await self._step(job, "abort", {"reason": "The bike is not as described"})
        elif plan.behaviour == "fixes_on_spot":
            price = rescue["quote"]["total_minor"] * plan.spot_percent // 100
            await self._complete_fix(job, rider, pin, price)
        else:
            if plan.behaviour == "wrong_pin":
                wrong = f"{(int(pin) + 1) % 10_000:04d}"
                with contextlib.suppress(RequestRejected):
                    await self._step(job, "start", {"pin": wrong})
            await self._step(job, "start", {"pin": pin})

    async def _complete_fix(self, job: Job, rider: RiderAtPickup | None, pin: str, price: int) -> None:
        """Complete with the rider's PIN, or (every second job) once the rider has confirmed the price."""
        body = {"outcome": "fixed_on_spot", "price_minor": price}
        if rider is None or self._job_count % 2:
            await self._step(job, "completion", body | {"pin": pin})
            return
        with contextlib.suppress(RequestRejected):  # the rider is asked
            await self._step(job, "completion", body)
        await rider.confirm_fix(job.id)
        await self._step(job, "completion", body)
