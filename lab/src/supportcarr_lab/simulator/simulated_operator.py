"""The simulated operator: reviews applications some minutes after they came, and suspends some drivers.

It waits for the results of checks. Applications of other people, such as somebody who tries the demo, are
left alone.
"""

from __future__ import annotations

import asyncio
from typing import Any

from supportcarr_lab.simulator.applicant import Applicant
from supportcarr_lab.simulator.city_time import parse_time
from supportcarr_lab.simulator.client import RequestFailed
from supportcarr_lab.simulator.context import SimulationContext

ROUND_S = 1.0  # wall; between two looks at the queue
ON_A_JOB = ("en_route", "arrived", "in_transit")


class SimulatedOperator:
    """Works through the queue, one round after the other."""

    def __init__(self, context: SimulationContext) -> None:
        self._context = context
        self._suspended: set[str] = set()
        self._online_since: dict[str, float] = {}  # city time

    async def run(self) -> None:
        """Review and suspend, for ever."""
        while True:
            await asyncio.sleep(ROUND_S)
            if not self._context.applicants:
                continue
            try:
                await self._review_queue()
                await self._suspend()
            except RequestFailed as error:
                self._context.note(f"operator: {error}")

    async def _review_queue(self) -> None:
        context = self._context
        operator = await context.signed_in_operator()
        for entry in (await operator.get("/admin/driver-applications", limit=200))["items"]:
            applicant = context.applicants.get(entry["id"])
            if not isinstance(applicant, Applicant) or entry["waiting_since"] is None:
                continue
            waited = context.time.now() - parse_time(entry["waiting_since"])
            if waited >= applicant.plan.review_after_s and _is_readable(entry) and _is_checked(entry):
                await self._review(entry)

    async def _review(self, entry: dict[str, Any]) -> None:
        """Take the application up, look at each paper, and approve."""
        operator = self._context.operator
        path = f"/admin/drivers/{entry['id']}"
        if entry["application_state"] == "submitted":
            await operator.post(f"{path}/review")
        for document in _pending(entry):
            await operator.post(f"/admin/documents/{document['id']}/review", {"decision": "approve"})
        approval = {"reason": "Documents checked"}
        if any(check["outcome"] in ("consider", "failed") for check in entry["checks"]):
            approval["override_reason"] = "Asked the driver about it"
        await operator.post(f"{path}/approval", approval)

    async def _suspend(self) -> None:
        """Suspend those whose plan says so: in the middle of a job, or while they wait for one."""
        now = self._context.time.now()
        for user_id, person in self._context.applicants.items():
            if not isinstance(person, Applicant) or not person.online or user_id in self._suspended:
                continue
            since = self._online_since.setdefault(user_id, now)
            if person.plan.behaviour != "suspended":
                continue
            on_job = person.job is not None and person.job.status in ON_A_JOB
            if on_job or now - since > person.plan.suspended_after_s:
                reason = {"reason": "A complaint is being looked into"}
                await self._context.operator.post(f"/admin/drivers/{user_id}/suspension", reason)
                self._suspended.add(user_id)


def _pending(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [paper for paper in entry["uploaded_documents"] or () if paper["state"] == "pending"]


def _is_checked(entry: dict[str, Any]) -> bool:
    """True if no provider of checks is still at work."""
    return all(check["outcome"] != "pending" for check in entry["checks"])


def _is_readable(entry: dict[str, Any]) -> bool:
    """True if every file of the papers has been processed."""
    return all(file["state"] == "ready" for paper in _pending(entry) for file in paper["files"])
