"""What riders and drivers have in common: an account, a session, the streams, one job to follow."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.client import ApiClient, RequestRejected, new_idempotency_key
from supportcarr_lab.simulator.journal import Journal, LoadedState
from supportcarr_lab.simulator.realtime_client import RealtimeClient

if TYPE_CHECKING:
    from supportcarr_lab.simulator.context import SimulationContext

FINAL = frozenset(("completed", "cancelled", "no_show", "unserved", "rejected", "aborted"))
MAX_PAGES = 5  # of 100 rescues; a simulated person has fewer
REFRESH_AFTER_S = 300.0  # city seconds without a word after which an app asks again
MIN_REFRESH_AFTER_S = 10.0


class Job:
    """A rescue as one of its people knows it; the latest version wins, by whichever way it came."""

    def __init__(self, rescue: Mapping[str, Any]) -> None:
        self.id: str = rescue["id"]
        self.status: str = rescue["status"]
        self.version: int = rescue["version"]
        self.reason: str | None = rescue.get("reason")
        self._changed = asyncio.Event()

    @property
    def over(self) -> bool:
        return self.status in FINAL

    def update(self, status: str, version: int, reason: str | None = None) -> None:
        if version <= self.version:
            return
        changed = status != self.status or reason == "exchanged"
        self.status, self.version, self.reason = status, version, reason
        if changed:
            self._changed.set()

    def update_from(self, rescue: Any) -> None:
        """Take in a rescue as the API answered it."""
        if isinstance(rescue, Mapping) and rescue.get("id") == self.id and "status" in rescue:
            self.update(rescue["status"], rescue["version"], rescue.get("reason"))

    async def wait_for_change(self, within_s: float) -> bool:
        """Wait for a change of status for at most so many wall seconds; True if there was one."""
        try:
            async with asyncio.timeout(max(0.0, within_s)):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Person(ABC):
    """One simulated client."""

    def __init__(self, context: SimulationContext, account: Account) -> None:
        self.context, self.account = context, account
        self.index = account.index
        self.api = ApiClient(
            context.http,
            context.options.base_url,
            address=account.address,
            stats=context.http_stats,
            on_tokens=lambda tokens: context.accounts.store_tokens(account.phone, tokens),
            sign_in=self._enter,
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

    @abstractmethod
    async def prepare(self) -> None:
        """Everything before the person's day begins.  Raises ``ApiError``; may be called again."""

    @abstractmethod
    async def run(self) -> None:
        """The person's day."""

    async def abandon_preparation(self) -> None:
        """Undo what an attempt to get ready has begun."""
        await self.realtime.close()

    @property
    def user_id(self) -> str:
        return self.api.tokens.user_id if self.api.tokens else ""

    async def sign_in(self) -> None:
        """Go on with the session that was kept, or sign in, or sign up."""
        kept = self.context.accounts.stored.sessions.get(self.account.phone)
        if kept is None:
            await self._sign_up()
        elif not await self._go_on(kept):
            await self._enter()
        self.journal.record.user_id = self.user_id

    async def _go_on(self, kept: Any) -> bool:
        self.api.tokens = kept
        try:
            await self.api.refresh()
        except RequestRejected:
            self.api.tokens = None
        return self.api.tokens is not None

    async def _enter(self) -> None:
        body = {"phone": self.account.phone, "password": self.account.password}
        try:
            self.api.use_session(await self.api.request("POST", "/auth/sign-in", body, authenticated=False))
        except RequestRejected:
            await self._sign_up()  # the store behind the platform is a new one

    async def _sign_up(self) -> None:
        who = self.account
        body = {"phone": who.phone, "password": who.password, "name": who.name, "role": who.role}
        answer = await self.api.request(
            "POST", "/auth/sign-up", body, key=new_idempotency_key(), authenticated=False
        )
        self.api.use_session(answer)

    # --- what the app shows -------------------------------------------------------------------

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        """An event of the person's stream, in order."""
        if name == "rescue:status_update" and self.job and data["rescue_id"] == self.job.id:
            self.job.update(data["status"], data["version"], data.get("reason"))

    async def load(self) -> LoadedState:
        """The person's state by REST, as after the first heads and after each reset."""
        at = self.context.time.now()
        rescues = await self.rescues()
        notifications = await self.api.get("/me/notifications", limit=100)
        offers = await self.open_offers()
        self.apply_loaded(rescues, offers)
        return LoadedState(
            at=at,
            versions={r["id"]: r["version"] for r in rescues},
            payments={r["id"]: _payment(r) for r in rescues},
            offers=None if offers is None else tuple(o["id"] for o in offers),
            notifications=tuple(n["id"] for n in notifications["items"]),
        )

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
        return None

    def apply_loaded(self, rescues: list[dict[str, Any]], offers: list[dict[str, Any]] | None) -> None:
        """Take in what was loaded."""
        for rescue in rescues:
            if self.job:
                self.job.update_from(rescue)

    async def refresh(self, job: Job) -> dict[str, Any]:
        """The rescue as it is now."""
        rescue: dict[str, Any] = await self.api.get(f"/rescues/{job.id}")
        job.update_from(rescue)
        return rescue

    async def wait_for_change(self, job: Job, within_s: float) -> bool:
        """Wait so many city seconds for a change of the job; asks again when it is quiet for long."""
        time = self.context.time
        until = time.now() + within_s
        while (left := until - time.now()) > 0:
            quiet = max(REFRESH_AFTER_S / time.speed, MIN_REFRESH_AFTER_S)
            if await job.wait_for_change(min(left / time.speed, quiet)):
                return True
            if left / time.speed > quiet and self.realtime.wanted:
                await self.refresh(job)
        return False


def _payment(rescue: Mapping[str, Any]) -> tuple[str, int, int]:
    payment = rescue.get("payment") or {}
    return (
        payment.get("status", "pending"),
        payment.get("captured_minor", 0),
        payment.get("refunded_minor", 0),
    )
