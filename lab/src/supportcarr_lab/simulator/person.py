"""The base class of riders and drivers: account, session, streams, and the rescue being followed."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.client import (
    ApiClient,
    RequestFailed,
    RequestRejected,
    SessionTokens,
    new_idempotency_key,
)
from supportcarr_lab.simulator.context import SimulationContext
from supportcarr_lab.simulator.demand import PhotoPlan, photo_plan, rating_plan
from supportcarr_lab.simulator.images import JPEG, bike_photo
from supportcarr_lab.simulator.journal import Journal, LoadedState
from supportcarr_lab.simulator.realtime_client import RealtimeClient
from supportcarr_lab.simulator.sign_up import sign_up
from supportcarr_lab.simulator.uploads import post_form

FINAL = frozenset(("completed", "cancelled", "no_show", "unserved", "rejected", "aborted"))
WITH_PHOTOS = 3  # latest rescues of which a reconnected app loads the photos
MAX_PAGES = 5  # of 100 rescues; a simulated person has fewer
REFRESH_AFTER_S = 300.0  # city seconds without an event after which the app loads the rescue again
MIN_REFRESH_AFTER_S = 10.0  # wall; the least of the same


class Job:
    """A rescue as its rider or driver knows it, from events and responses; the latest version wins."""

    def __init__(self, rescue: Mapping[str, Any]) -> None:
        self.id: str = rescue["id"]
        self.status: str = rescue["status"]
        self.version: int = rescue["version"]
        self.reason: str | None = rescue.get("reason")
        self.tried_pins: set[str] = set()  # that the rider wrote
        self._changed = asyncio.Event()

    @property
    def over(self) -> bool:
        return self.status in FINAL

    def update(self, status: str, version: int, reason: str | None = None) -> None:
        """Take a new status, unless its version is not newer."""
        if version <= self.version:
            return
        changed = status != self.status or reason == "exchanged"
        self.status, self.version, self.reason = status, version, reason
        if changed:
            self._changed.set()

    def update_from(self, rescue: Any) -> None:
        """Update from a rescue in a response of the API."""
        if isinstance(rescue, Mapping) and rescue.get("id") == self.id and "status" in rescue:
            self.update(rescue["status"], rescue["version"], rescue.get("reason"))

    async def wait_for_change(self, within_s: float) -> bool:
        """Wait for a change of status for at most *within_s* (wall).  True if there was one."""
        try:
            async with asyncio.timeout(max(0.0, within_s)):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Person(ABC):
    """One simulated person.  Implemented by ``rider.Rider`` and ``driver.Driver``."""

    side: Literal["rider", "driver"]  # of a rescue

    def __init__(self, context: SimulationContext, account: Account) -> None:
        self.context, self.account = context, account
        self.index = account.index
        self.api = ApiClient(
            context.http,
            context.options.base_url,
            address=account.address,
            stats=context.http_stats,
            on_tokens=lambda tokens: context.accounts.store_tokens(account.phone, tokens),
            sign_in=self._sign_in,
        )
        self.journal = Journal(account.role, keep=context.keep_journals)
        self.realtime = RealtimeClient(
            self.api,
            context.http,
            context.options.realtime_url,
            self.journal,
            context.time,
            on_event=self.on_event,
            load=self.load,
        )
        self.job: Job | None = None
        self.ready = False
        self._photographed: set[tuple[str, str]] = set()  # rescue, stage

    @abstractmethod
    async def prepare(self) -> None:
        """Do everything needed before ``run``.  Raises ``RequestFailed``; may be called again."""

    @abstractmethod
    async def run(self) -> None:
        """Use the platform until the city ends."""

    async def abandon_preparation(self) -> None:
        """Undo a failed ``prepare``."""
        await self.realtime.close()

    @property
    def user_id(self) -> str:
        return self.api.tokens.user_id if self.api.tokens else ""

    async def rate(self, job: Job) -> None:
        """Rate the other side of a completed rescue, or not; while the city closes nobody does."""
        if job.status != "completed" or self.context.closing.is_set():
            return
        rating = rating_plan(self.context.options.seed, job.id, self.side)
        if rating is not None:
            with contextlib.suppress(RequestFailed):
                await self.api.post(f"/rescues/{job.id}/rating", rating)

    def photograph(self, job: Job, stage: Literal["before", "after"]) -> None:
        """Take a photo of the bike, or not, while going on with the job."""
        share = self.context.options.photo_share
        plan = photo_plan(self.context.options.seed, job.id, self.side, stage, share)
        if plan is not None and (job.id, stage) not in self._photographed:
            self._photographed.add((job.id, stage))
            self.context.start_errand(self._take_photo(job.id, stage, plan))

    async def _take_photo(self, rescue_id: str, stage: str, plan: PhotoPlan) -> None:
        damage = plan.note is not None
        content = bike_photo(plan.variant, damage=damage)
        body: dict[str, Any] = {"stage": stage, "content_type": JPEG, "size": len(content)}
        if damage:
            body |= {"damage": True, "note": plan.note}
        with contextlib.suppress(RequestFailed):  # the rescue has moved on
            photo = await self.api.post(f"/rescues/{rescue_id}/photos", body, key=new_idempotency_key())
            await post_form(self.context.http, photo["upload"], content, address=self.api.address)
            await self.api.post(f"/rescues/{rescue_id}/photos/{photo['id']}/completion")

    async def sign_in(self) -> None:
        """Resume the stored session, or sign in with the password, or sign up."""
        stored = self.context.accounts.stored.sessions.get(self.account.phone)
        if stored is None:
            await self._sign_up()
        elif not await self._resume(stored):
            await self._sign_in()
        elif not self.api.verified:
            await self._sign_up()  # an earlier run ended between the sign-up and the code
        self.journal.record.user_id = self.user_id

    async def _resume(self, tokens: SessionTokens) -> bool:
        self.api.tokens = tokens
        try:
            await self.api.refresh()
        except RequestRejected:
            self.api.tokens = None
        return self.api.tokens is not None

    async def _sign_in(self) -> None:
        body = {"phone": self.account.phone, "password": self.account.password}
        try:
            self.api.use_session(await self.api.request("POST", "/auth/sign-in", body, authenticated=False))
        except RequestRejected:
            await self._sign_up()  # the platform has a new store

    async def _sign_up(self) -> None:
        await sign_up(self.api, self.account, self.context.http, self.context.options.base_url)

    # --- state --------------------------------------------------------------------------------

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        """Handle an event of the person's stream, in order."""
        if name == "rescue:status_update" and self.job and data["rescue_id"] == self.job.id:
            self.job.update(data["status"], data["version"], data.get("reason"))
        elif name == "notification:new":
            self.on_notification(data["kind"])

    async def load(self) -> LoadedState:
        """Load the person's state by REST: after the first stream positions, and after each reset."""
        at = self.context.time.now()
        rescues = await self.rescues()
        notifications = await self.api.get("/me/notifications", limit=100)
        offers = await self.open_offers()
        self.apply_loaded(rescues, offers)
        for notification in reversed(notifications["items"]):  # oldest first
            self.on_notification(notification["kind"])
        return LoadedState(
            at=at,
            versions={r["id"]: r["version"] for r in rescues},
            payments={r["id"]: _payment(r) for r in rescues},
            offers=None if offers is None else tuple(o["id"] for o in offers),
            notifications=tuple(n["id"] for n in notifications["items"]),
            photos=await self._photos(rescues),
        )

    async def _photos(self, rescues: list[dict[str, Any]]) -> tuple[str, ...]:
        """The photos of the latest rescues: of older ones no event is under way any more."""
        if not self.context.options.photo_share:
            return ()
        latest = sorted(rescue["id"] for rescue in rescues)[-WITH_PHOTOS:]
        pages = [await self.api.get(f"/rescues/{rescue_id}/photos") for rescue_id in latest]
        return tuple(photo["id"] for page in pages for photo in page["items"])

    def on_notification(self, kind: str) -> None:  # noqa: B027 - riders read them only
        """Take note of a notification that was received or loaded."""

    async def rescues(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        for _ in range(MAX_PAGES):
            after = {"cursor": page["next_cursor"]} if page else {}
            page = await self.api.get("/rescues", limit=100, **after)
            items += page["items"]
            if not page.get("next_cursor"):
                break
        return items

    async def open_offers(self) -> list[dict[str, Any]] | None:
        """The driver's open offers; ``None`` for riders."""
        return None

    def apply_loaded(self, rescues: list[dict[str, Any]], offers: list[dict[str, Any]] | None) -> None:
        """Update from a loaded state."""
        for rescue in rescues:
            if self.job:
                self.job.update_from(rescue)

    async def refresh(self, job: Job) -> dict[str, Any]:
        """Load the rescue again."""
        rescue: dict[str, Any] = await self.api.get(f"/rescues/{job.id}")
        job.update_from(rescue)
        return rescue

    async def wait_for_change(self, job: Job, within_s: float) -> bool:
        """Wait at most *within_s* (city time) for a change of status; load the rescue if no event comes."""
        time = self.context.time
        until = time.now() + within_s
        while (left := until - time.now()) > 0:
            refresh_after = max(REFRESH_AFTER_S / time.speed, MIN_REFRESH_AFTER_S)
            if await job.wait_for_change(min(left / time.speed, refresh_after)):
                return True
            if left / time.speed > refresh_after and self.realtime.wanted:
                await self.refresh(job)
        return False


def _payment(rescue: Mapping[str, Any]) -> tuple[str, int, int]:
    payment = rescue.get("payment") or {}
    return (
        payment.get("status", "pending"),
        payment.get("captured_minor", 0),
        payment.get("refunded_minor", 0),
    )
