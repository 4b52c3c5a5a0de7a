"""A simulated driver: drifts where demand is, takes offers, drives, and sometimes does otherwise."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.city_time import format_time
from supportcarr_lab.simulator.client import RequestFailed, RequestRejected
from supportcarr_lab.simulator.demand import (
    SPEED_MPS,
    JobPlan,
    drift_bend,
    drift_target,
    home_point,
    job_plan,
    offer_plan,
)
from supportcarr_lab.simulator.geography import DrivingRoute, plan_route, stationary
from supportcarr_lab.simulator.person import Job, Person

if TYPE_CHECKING:
    from supportcarr_lab.simulator.context import SimulationContext

DRIFT_SPEED = SPEED_MPS * 0.6  # who looks for work drives slowly
NO_SHOW_WAIT_S = 603.0  # a little over the ten minutes of the rules
RETRY_DELAY_S = 1.0  # wall; after a call that failed for good
MAX_REJECTED_STEPS = 20  # how often a refused step is tried before the job is given up
DRIVER_STATUSES = ("assigned", "en_route", "arrived", "in_transit")  # states in which a driver has the job
VEHICLES = (
    ("pickup", "Ford", "F-150", "blue"),
    ("pickup", "Toyota", "Tacoma", "red"),
    ("pickup", "Ram", "1500", "grey"),
    ("pickup", "Chevrolet", "Colorado", "white"),
)


class Driver(Person):
    """See the module."""

    def __init__(self, context: SimulationContext, account: Account) -> None:
        super().__init__(context, account)
        start = context.accounts.stored.places.get(account.phone) or home_point(
            context.options.seed, self.index
        )
        self.route: DrivingRoute = stationary(start, context.time.now())
        self.online = False
        self._offers: asyncio.Queue[str] = asyncio.Queue()
        self._heard: OrderedDict[str, str | None] = OrderedDict()  # offer → rescue; none: closed
        self._awake = asyncio.Event()
        self._awake.set()
        self._drifts = self._considered = self._jobs = 0
        self._leave_at = 0.0  # city time at which an idle driver moves on
        self._vehicle = ""
        self._sent_home = False  # by the platform, after offers that nobody answered

    # --- where the truck is -------------------------------------------------------------------

    @property
    def current_point(self) -> GeoPoint:
        return self.route.at(self.context.time.now()).point

    @property
    def reports_positions(self) -> bool:
        return self.online and self._awake.is_set()

    def position_report(self, now: float) -> dict[str, Any]:
        """What the phone reports; an idle driver moves on when the wait at the last place is over."""
        if self.job is None and now >= self.route.ends:
            self._drift(now)
        fix = self.route.at(now)
        return {
            "lat": round(fix.point.lat, 6),
            "lng": round(fix.point.lng, 6),
            "accuracy": 8.0,
            "heading": round(fix.heading, 1),
            "speed": round(fix.speed, 2),
            "at": format_time(now),
        }

    def _drift(self, now: float) -> None:
        if not self._leave_at:
            self._leave_at = now  # the first one leaves at once
        if now < self._leave_at:
            return
        place, stay = drift_target(self.context.options.seed, self.index, self._drifts)
        first = drift_bend(self.context.options.seed, self.index, self._drifts)
        self._drifts += 1
        self.route = plan_route(
            self.route.at(now).point, place, now=now, speed=DRIFT_SPEED, first_along=first
        )
        self._leave_at = self.route.ends + stay

    # --- the day ------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Sign in, be approved, have a vehicle, follow the streams, go online."""
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
        self._vehicle = await self._have_vehicle()
        if application["state"] != "approved":
            await self.context.approve(self.user_id)
        await self.realtime.start()
        await self._go_online()

    async def _have_vehicle(self) -> str:
        kept = (await self.api.get("/me/vehicles"))["items"]
        if kept:
            return str(kept[0]["id"])
        type_, make, model, colour = VEHICLES[self.index % len(VEHICLES)]
        plate = f"FL{self.index:05d}"
        body = {"type": type_, "make": make, "model": model, "colour": colour, "plate": plate, "ramp": True}
        return str((await self.api.post("/me/vehicles", body))["id"])

    async def _go_online(self) -> None:
        with contextlib.suppress(RequestRejected):  # a position that is no news is no reason to stay at home
            await self.api.post("/me/positions", self.position_report(self.context.time.now()))
        await self.api.put("/me/availability", {"online": True, "vehicle_id": self._vehicle})
        self.online, self._sent_home = True, False

    async def go_offline(self) -> None:
        with contextlib.suppress(RequestFailed):
            await self.api.put("/me/availability", {"online": False})
        self.online = False

    async def run(self) -> None:
        """Take offers as they come, for ever."""
        while True:
            try:
                if self._sent_home:
                    await self._go_online()
                elif self.job:
                    await self._do(self.job)  # from an earlier start, or from a lost answer
                else:
                    await self._consider(await self._offers.get())
            except RequestFailed as error:
                self.context.note(f"driver: {error}")
                await asyncio.sleep(RETRY_DELAY_S)
                with contextlib.suppress(RequestFailed):
                    self.apply_loaded(await self.rescues(), None)

    # --- offers -------------------------------------------------------------------------------

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        super().on_event(name, data)
        if name == "offer:new":
            self._offered(data["id"], data["rescue_id"])
        elif name == "offer:closed":
            self._heard[data["offer_id"]] = None
        elif name == "notification:new" and data["kind"] == "driver_offline":
            self._sent_home = True
            self._offers.put_nowait("")  # wakes the day's loop

    def _offered(self, offer_id: str, rescue_id: str) -> None:
        if offer_id not in self._heard:
            self._heard[offer_id] = rescue_id
            self._offers.put_nowait(offer_id)
        while len(self._heard) > 200:
            self._heard.popitem(last=False)

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
                self._offers.put_nowait("")  # wakes the day's loop, which looks at the job first
        for offer in offers or ():
            self._offered(offer["id"], offer["rescue_id"])

    async def _consider(self, offer_id: str) -> None:
        rescue_id = self._heard.get(offer_id)
        if rescue_id is None:
            return  # closed before anybody looked
        plan = offer_plan(self.context.options.seed, self.index, self._considered)
        self._considered += 1
        if plan.behaviour == "vanishes":
            await self._vanish(plan.away_s)
            return
        await self.context.time.sleep(plan.think_s)
        await self._awake.wait()
        if self._heard.get(offer_id) is None:
            return
        answer = "decline" if plan.behaviour == "declines" else "acceptance"
        try:
            await self.api.post(f"/offers/{offer_id}/{answer}")
        except RequestRejected as refusal:
            if refusal.code not in ("offer_closed", "not_found"):
                self.context.note(f"driver: {answer}: {refusal}")
            return
        if answer == "acceptance":
            self.job = Job(await self.api.get(f"/rescues/{rescue_id}"))

    async def _vanish(self, away_s: float) -> None:
        """The phone is silent: no connection, no positions, no answers; back within five minutes."""
        self._awake.clear()
        self.realtime.go_silent()
        try:
            await self.context.time.sleep(away_s)
        finally:
            self._awake.set()
            self.realtime.reconnect()
        await self._go_online()

    # --- a job --------------------------------------------------------------------------------

    async def _do(self, job: Job) -> None:
        plan = job_plan(self.context.options.seed, self.index, self._jobs)
        self._jobs += 1
        absence = asyncio.create_task(self._be_absent(plan)) if plan.behaviour == "vanishes" else None
        try:
            rescue = await self.refresh(job)
            if (rescue.get("driver") or {}).get("id") == self.user_id:
                await self._work(job, rescue, plan)
        finally:
            self.job = None
            if absence:
                absence.cancel()
                await asyncio.gather(absence, return_exceptions=True)
            now = self.context.time.now()
            self.route = stationary(self.route.at(now).point, now)
            self._leave_at = now + 20

    async def _be_absent(self, plan: JobPlan) -> None:
        await self.context.time.sleep(plan.vanish_after_s)
        await self._vanish(plan.away_s)

    async def _work(self, job: Job, rescue: dict[str, Any], plan: JobPlan) -> None:
        """One step after the other, as the rescue's status says; others may change it meanwhile."""
        refused = 0
        while job.status in DRIVER_STATUSES and refused < MAX_REJECTED_STEPS and job.reason != "exchanged":
            before = job.version
            try:
                match job.status:
                    case "assigned":
                        if not await self.wait_for_change(job, plan.get_going_s):
                            await self._step(job, "departure")
                    case "en_route":
                        await self._reach_rider(job, rescue, plan)
                    case "arrived":
                        await self._meet(job, rescue, plan)
                    case "in_transit":
                        if not await self._drive(job, rescue["dropoff"], plan, plan.grid_north_first[1]):
                            await self.wait_for_change(job, plan.unload_s)
                            await self._step(job, "completion", {"outcome": "delivered"})
            except RequestRejected as refusal:
                refused += 1
                if refusal.code not in ("illegal_transition", "too_early", "pin_wrong", "conflict"):
                    self.context.note(f"driver: {job.status}: {refusal}")
                await self.refresh(job)
                if job.version == before:
                    await self.wait_for_change(job, 5)

    async def _step(self, job: Job, step: str, body: Any = None) -> None:
        await self._awake.wait()
        job.update_from(await self.api.post(f"/rescues/{job.id}/{step}", body))

    async def _drive(self, job: Job, place: Any, plan: JobPlan, first_along: bool, part: float = 1.0) -> bool:
        """Drive there (or a part of the way); True if the job changed on the way."""
        target = GeoPoint(place["lat"], place["lng"])
        now = self.context.time.now()
        if self.route.corners[-1] != target:
            self.route = plan_route(
                self.current_point, target, now=now, speed=plan.speed, first_along=first_along
            )
        return await self.wait_for_change(job, (self.route.ends - now) * part)

    async def _reach_rider(self, job: Job, rescue: dict[str, Any], plan: JobPlan) -> None:
        gives_up = plan.behaviour == "releases"
        part = plan.give_up_part if gives_up else 1.0
        if await self._drive(job, rescue["pickup"], plan, plan.grid_north_first[0], part):
            return
        if gives_up:
            await self._step(job, "release", {"reason": "My truck makes a noise"})
        else:
            await self._step(job, "arrival")

    async def _meet(self, job: Job, rescue: dict[str, Any], plan: JobPlan) -> None:
        """At the rider: load, or what else may happen there."""
        if await self.wait_for_change(job, plan.load_s):
            return
        rider = self.context.riders_by_id.get(rescue["rider"]["id"])
        pin = await rider.say_pin(job.id) if rider else None
        if pin is None:
            if not await self.wait_for_change(job, NO_SHOW_WAIT_S - plan.load_s):
                await self._step(job, "no-show")
        elif plan.behaviour == "aborts":
            await self._step(job, "abort", {"reason": "The bike is not as described"})
        elif plan.behaviour == "fixes_on_spot":
            price = rescue["quote"]["total_minor"] * plan.spot_percent // 100
            await self._step(job, "completion", {"outcome": "fixed_on_spot", "price_minor": price})
        else:
            if plan.behaviour == "wrong_pin":
                wrong = f"{(int(pin) + 1) % 10_000:04d}"
                with contextlib.suppress(RequestRejected):
                    await self._step(job, "start", {"pin": wrong})
            await self._step(job, "start", {"pin": pin})
