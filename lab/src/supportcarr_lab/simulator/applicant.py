"""A simulated applicant: a new driver, from the sign-up to the first offer, by the public API alone.

Some state an insurance whose last day is today, and some are suspended by the simulated operator while they
are online (``operator``).
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.context import SimulationContext
from supportcarr_lab.simulator.demand import TIME_ZONE, ApplicantPlan, applicant_plan
from supportcarr_lab.simulator.driver import Driver
from supportcarr_lab.simulator.images import VARIANTS, paper_photo, portrait, vehicle_photo
from supportcarr_lab.simulator.uploads import upload

FIRST_INDEX = 5_000  # of their accounts: above those of the other drivers
LOOK_AGAIN_S = 3.0  # wall; between two looks at the application, without a notification
PAPERS = ("licence", "insurance", "registration")  # with a last day
PHOTOS = {"vehicle_photo": vehicle_photo, "profile_photo": portrait}
OF_VEHICLE = ("registration", "vehicle_photo")
LAST_DAY = "2031-06-30"


class ApplicantRecord(msgspec.Struct, kw_only=True):
    """How far an applicant came."""

    user_id: str = ""
    plan: str
    submitted: bool = False
    approved: bool = False
    offers: int = 0
    stopped: bool = False  # was told of a suspension, or that the papers have ended


class Applicant(Driver):
    """A driver who applies while the city runs; see the module for the behaviour."""

    def __init__(self, context: SimulationContext, account: Account) -> None:
        super().__init__(context, account)
        self.plan: ApplicantPlan = applicant_plan(context.options.seed, self.index - FIRST_INDEX)
        self.record = ApplicantRecord(plan=self.plan.behaviour)
        self._decided = asyncio.Event()

    async def prepare(self) -> None:
        """Sign up, describe a vehicle, upload the papers, submit, wait for the approval, go online."""
        await self.sign_in()
        self.record.user_id = self.user_id
        self.context.applicants[self.user_id] = self
        if (await self.api.get("/me/driver-application"))["state"] == "draft":
            await self._apply()
        self.record.submitted = True
        await self.realtime.start()
        await self._wait_for_approval()
        self.record.approved = True
        await self._go_online()

    async def _wait_for_approval(self) -> None:
        while (await self.api.get("/me/driver-application"))["state"] != "approved":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._decided.wait()
            self._decided.clear()

    async def _apply(self) -> None:
        insured_until = self._today if self.plan.behaviour == "expires" else LAST_DAY
        form = {
            "licence_class": "5",
            "licence_expires_on": LAST_DAY,
            "insurer": "Mutuelle du Plateau",
            "insurance_expires_on": insured_until,
        }
        await self.api.put("/me/driver-application", form)
        self._vehicle_id = await self._ensure_vehicle()
        for kind in (*PAPERS, *PHOTOS):
            body: dict[str, Any] = {"file_ids": [await self._upload(kind)]}
            if kind in PAPERS:
                body["expires_on"] = insured_until if kind == "insurance" else LAST_DAY
            if kind in OF_VEHICLE:
                body["vehicle_id"] = self._vehicle_id
            await self.api.put(f"/me/driver-documents/{kind}", body)
        await self.api.post("/me/driver-application/submission")

    async def _upload(self, kind: str) -> str:
        photo = PHOTOS.get(kind)
        content = photo(self.index % VARIANTS) if photo else paper_photo(kind, self.index)
        purpose = kind if photo else "driver_document"
        return await upload(self.api, self.context.http, purpose, content)

    @property
    def _today(self) -> str:
        """The city's date."""
        now = datetime.fromtimestamp(self.context.time.now(), UTC)
        return now.astimezone(TIME_ZONE).date().isoformat()

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        super().on_event(name, data)
        if name == "notification:new":
            self._decided.set()
        self.record.offers += name == "offer:new"
        self.record.stopped = self.stopped
