"""A simulated rider: asks, waits, is driven home, and sometimes cancels, vanishes or cannot pay."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.client import RequestFailed, RequestRejected, new_idempotency_key
from supportcarr_lab.simulator.demand import RiderPlan, recorded_plan, rider_plan, wait_seconds
from supportcarr_lab.simulator.person import FINAL, Job, Person

if TYPE_CHECKING:
    from supportcarr_lab.simulator.context import SimulationContext

GOOD_CARD = "pm_card_visa"
# Stripe's test cards for a charge that fails: the first is refused when it is kept already (by Stripe
# itself), the second only when it is charged.
FAILING_CARDS = ("pm_card_chargeDeclined", "pm_card_chargeCustomerFail")
DAY_S = 86_400.0


class Rider(Person):
    """See the module."""

    def __init__(self, context: SimulationContext, account: Account) -> None:
        super().__init__(context, account)
        self._cards: dict[bool, str] = {}  # by whether it fails
        self._pins: dict[str, str] = {}
        self._absent = False
        self._asked = 0
        self.unsettled: set[str] = set()  # ended rescues of which the money's end was not heard

    async def prepare(self) -> None:
        """Sign in, have a card, follow the streams."""
        await self.sign_in()
        await self._card(fails=False)
        await self.realtime.start()

    async def run(self) -> None:
        """Ask again and again, until the city closes."""
        while True:
            if self.job:
                await self._follow(self.job, None)  # from an earlier start, or from a lost answer
            plan = await self._next_plan()
            if plan is None:
                return
            try:
                await self._ask(plan)
            except RequestFailed as error:
                self.context.note(f"rider: {error}")
                with contextlib.suppress(RequestFailed):
                    self.apply_loaded(await self.rescues(), None)

    async def _next_plan(self) -> RiderPlan | None:
        """Wait for the next wish; none: the city has closed."""
        context = self.context
        if context.recorded_requests is not None:
            wish = await context.unless_closing(context.recorded_requests.get())
            return recorded_plan(context.options.seed, *wish) if wish else None
        plan = rider_plan(context.options.seed, self.index, self._asked)
        self._asked += 1
        await context.unless_closing(context.time.sleep(wait_seconds(plan, context.time.now())))
        return None if context.closing.is_set() else plan

    # --- one rescue ---------------------------------------------------------------------------

    async def _ask(self, plan: RiderPlan) -> None:
        card = await self._card(fails=plan.behaviour == "card_fails")
        quote = await self.api.post(
            "/quotes",
            {"kind": "rescue", "problem": plan.problem, "pickup": plan.pickup, "dropoff": plan.dropoff},
        )
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
        moods = [asyncio.create_task(mood) for mood in self._moods(job, plan)]
        try:
            while not job.over:
                try:
                    await self.wait_for_change(job, DAY_S)
                except RequestFailed as error:
                    self.context.note(f"rider: {error}")
        finally:
            for mood in moods:
                mood.cancel()
            await asyncio.gather(*moods, return_exceptions=True)
            self.realtime.reconnect()
        self._pins.pop(job.id, None)
        self.job = None

    def _moods(self, job: Job, plan: RiderPlan | None) -> list[Coroutine[Any, Any, None]]:
        if plan is None:
            return []
        moods: list[Coroutine[Any, Any, None]] = []
        if plan.behaviour == "cancels":
            moods.append(self._cancel(job, plan))
        if plan.behaviour == "vanishes":
            moods.append(self._vanish(plan))
        if plan.message:
            moods.append(self._say(job, plan))
        return moods

    async def _cancel(self, job: Job, plan: RiderPlan) -> None:
        """Soon, or once a driver is assigned, or after the free two minutes; never on the truck."""
        time = self.context.time
        if plan.cancel_when != "soon":
            while job.status in ("requested", "matching"):
                await time.sleep(2)
        await time.sleep(plan.cancel_after_s + (130 if plan.cancel_when == "late" else 0))
        if job.status == "in_transit" or job.over:
            return
        with contextlib.suppress(RequestFailed):  # it moved on: nothing to cancel any more
            await self.api.get(f"/rescues/{job.id}/cancellation")
            body = {"reason": "My neighbour has a pump"}
            job.update_from(await self.api.post(f"/rescues/{job.id}/cancellation", body))

    async def _vanish(self, plan: RiderPlan) -> None:
        """The phone loses the net, and is back within five minutes."""
        await self.context.time.sleep(plan.vanish_after_s)
        self.realtime.go_silent()
        await self.context.time.sleep(plan.away_s)
        self.realtime.reconnect()

    async def _say(self, job: Job, plan: RiderPlan) -> None:
        while job.status not in ("assigned", "en_route"):
            await self.context.time.sleep(3)
        with contextlib.suppress(RequestFailed):
            # Not tried again: without a key a repeat would say it twice.
            await self.api.post(f"/rescues/{job.id}/messages", {"text": plan.message}, retry_for_s=0)

    # --- what others ask ----------------------------------------------------------------------

    async def say_pin(self, rescue_id: str) -> str | None:
        """What the rider says to the driver's face; none: nobody is there."""
        if self._absent:
            return None
        if rescue_id not in self._pins:
            self._pins[rescue_id] = (await self.api.get(f"/rescues/{rescue_id}"))["pin"]
        return self._pins[rescue_id]

    async def settled(self) -> bool:
        """True if the money of every rescue that ended has come to its end, as far as the API tells."""
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

    def apply_loaded(self, rescues: list[dict[str, Any]], offers: list[dict[str, Any]] | None) -> None:
        super().apply_loaded(rescues, offers)
        if self.job is None:
            live = [r for r in rescues if r["status"] != "scheduled" and r["status"] not in FINAL]
            self.job = Job(live[0]) if live else None

    async def _card(self, *, fails: bool) -> str:
        """The id of a kept card, which is added when there is none yet."""
        if not self._cards:
            kept = await self.api.get("/me/payment-methods")
            for method in kept["items"]:
                # The failing test card shows other last digits than the good one.
                self._cards.setdefault(method["last4"] != "4242", method["id"])
        if fails not in self._cards:
            self._cards[fails] = await self._add_card(FAILING_CARDS if fails else (GOOD_CARD,))
        return self._cards[fails]

    async def _add_card(self, names: tuple[str, ...]) -> str:
        for name in names[:-1]:
            with contextlib.suppress(RequestRejected):
                return str((await self._attach(name))["id"])
        return str((await self._attach(names[-1]))["id"])

    async def _attach(self, name: str) -> Any:
        return await self.api.post("/me/payment-methods", {"stripe_payment_method": name})
