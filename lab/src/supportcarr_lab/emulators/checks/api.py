"""The HTTP API of the emulator of checks: authentication, idempotency keys, misbehaviour, webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr_lab.emulators.checks.behaviour import CheckBehaviour
from supportcarr_lab.emulators.checks.database import CheckDatabase, Key, Report

WEBHOOK_TIMEOUT_S = 5.0
WEBHOOK_ATTEMPTS = 6
OUTCOMES = {"Consider": "consider", "Canceled": "canceled"}  # by the last word of the name
SUMMARIES = {"consider": "Two entries in the records need a look.", "canceled": "The person did not consent."}


class CheckAccount(msgspec.Struct, frozen=True):
    """The credentials of one kind of check, and where its webhooks go; ``None``: nowhere."""

    api_key: str
    webhook_secret: str
    webhook_url: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """An HTTP request to the emulator, below ``/checks/KIND/v1/``."""

    method: str
    kind: str
    path: str
    body: bytes
    authorization: str
    key: str | None


@dataclass(frozen=True, slots=True)
class CheckResponse:
    """A response; an unanswered one is carried out, but the client does not get it."""

    status: int
    body: str
    unanswered: bool = False


class _NewCandidate(msgspec.Struct, frozen=True):
    name: str
    phone: str
    reference: str


class _NewReport(msgspec.Struct, frozen=True):
    candidate_id: str
    package: str
    reference: str


class _ApiError(Exception):
    def __init__(self, status: int, error: str) -> None:
        self.status, self.error = status, error


def signature(secret: str, body: bytes, at: int) -> str:
    """The header ``Check-Signature``."""
    mac = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


class CheckEmulator:
    """Takes orders, and sends a webhook when a report was created and when it is ready."""

    def __init__(
        self, database: CheckDatabase, behaviour: CheckBehaviour, accounts: Mapping[str, CheckAccount]
    ) -> None:
        self._database = database
        self._behaviour = behaviour
        self._accounts = accounts
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Send the webhooks that a kill left unsent."""
        for report in self._database.unsent():
            self._send_later(report)

    async def close(self) -> None:
        await cancel_and_wait(*self._tasks)
        if self._http is not None:
            await self._http.close()

    def reports(self, limit: int) -> list[dict[str, Any]]:
        """The newest reports, as ``/sandbox`` shows them."""
        return [
            {
                **_resource(report),
                "kind": report.kind,
                "name": report.name,
                "phone": report.phone,
                "created_at": report.created,
                "webhooks": report.webhooks,
            }
            for report in self._database.newest(limit)
        ]

    async def handle(self, request: CheckRequest) -> CheckResponse:
        """Carry out a request, with the misbehaviour that is set."""
        behaviour = self._behaviour
        if behaviour.delay_ms:
            await asyncio.sleep(behaviour.delay_ms / 1000)
        failure = behaviour.take_failure()
        if failure is not None and not behaviour.fail_after:
            return CheckResponse(failure, json.dumps({"error": "An error that a test asked for"}))
        unanswered = behaviour.take_timeout()
        try:
            status, body = self._carry_out(request)
        except _ApiError as error:
            status, body = error.status, {"error": error.error}
        if failure is not None:
            status, body = failure, {"error": "An error that a test asked for"}
        return CheckResponse(status, json.dumps(body), unanswered)

    def _carry_out(self, request: CheckRequest) -> tuple[int, dict[str, Any]]:
        account = self._accounts.get(request.kind)
        if account is None or not account.api_key:
            raise _ApiError(404, "There is no such account")
        if not hmac.compare_digest(request.authorization.encode(), f"Bearer {account.api_key}".encode()):
            raise _ApiError(401, "The API key is wrong")
        match request.method, request.path.split("/"):
            case "POST", ["candidates"]:
                return self._create(request, self._create_candidate)
            case "POST", ["reports"]:
                return self._create(request, self._create_report)
            case "GET", ["reports", report_id]:
                report = self._database.report(report_id)
                if report is not None and report.kind == request.kind:
                    return 200, _resource(report)
        raise _ApiError(404, "There is no such thing")

    def _create(self, request: CheckRequest, create: Any) -> tuple[int, dict[str, Any]]:
        """The stored response of the same idempotency key, or that of *create*.

        Like the usual providers it refuses a key that came with another request before.
        """
        key = None
        if request.key is not None:
            sent = hashlib.sha256(request.body).hexdigest()
            key = Key(f"{request.kind}.{request.path}.{request.key}", sent)
            if (stored := self._database.response_to(key.key)) is not None:
                first, response = stored
                if first != key.request:
                    raise _ApiError(400, "The idempotency key was used with another request")
                return 201, response
        try:
            return 201, create(request, key)
        except msgspec.MsgspecError as error:
            raise _ApiError(422, str(error)) from None

    def _create_candidate(self, request: CheckRequest, key: Key | None) -> dict[str, Any]:
        new = msgspec.json.decode(request.body, type=_NewCandidate)
        candidate_id = f"can_{secrets.token_hex(12)}"
        self._database.add_candidate(candidate_id, new.name, new.phone, new.reference, key)
        return {"id": candidate_id}

    def _create_report(self, request: CheckRequest, key: Key | None) -> dict[str, Any]:
        new = msgspec.json.decode(request.body, type=_NewReport)
        candidate = self._database.candidate(new.candidate_id)
        if candidate is None or new.package != request.kind:
            raise _ApiError(422, "There is no such candidate or package")
        if self._behaviour.take_refusal():
            raise _ApiError(422, "This person cannot be checked")
        now = time.time()
        ready = now + self._behaviour.result_ms / 1000
        report_id = f"rep_{secrets.token_hex(12)}"
        report = Report(report_id, request.kind, new.reference, now, ready, "", *candidate)
        response = _resource(report)
        self._database.add_report(report, new.candidate_id, key, response)
        self._send_later(report)
        return response

    # --- webhooks -----------------------------------------------------------------------------

    def _send_later(self, report: Report) -> None:
        task = asyncio.get_running_loop().create_task(self._send_all(report))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, report: Report) -> None:
        webhooks = self._behaviour.webhooks
        url = self._accounts[report.kind].webhook_url if report.kind in self._accounts else None
        if webhooks == "never" or url is None:
            return
        if webhooks != "reversed":
            await self._send(report, "report.created", url)
        await asyncio.sleep(max(0.0, report.ready - time.time()))
        await self._send(report, "report.completed", url)
        if webhooks == "twice":
            await self._send(report, "report.completed", url)
        if webhooks == "reversed":
            await self._send(report, "report.created", url)

    async def _send(self, report: Report, event_type: str, url: str) -> None:
        status = "pending" if event_type == "report.created" else _resource(report)["status"]
        event = {
            "id": f"evt_{secrets.token_hex(8)}",
            "type": event_type,
            "data": {"id": report.id, "reference": report.reference, "status": status},
        }
        body = json.dumps(event).encode()
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WEBHOOK_TIMEOUT_S))
        for attempt in range(WEBHOOK_ATTEMPTS):
            secret = self._accounts[report.kind].webhook_secret
            headers = {
                "Content-Type": "application/json",
                "Check-Signature": signature(secret, body, int(time.time())),
            }
            try:
                async with self._http.post(url, data=body, headers=headers) as response:
                    outcome, accepted = str(response.status), response.ok
            except (aiohttp.ClientError, TimeoutError) as error:
                outcome, accepted = error.__class__.__name__, False
            self._database.note_webhook(report.id, outcome)
            if accepted:
                return
            await asyncio.sleep(0.25 * 2**attempt)


def _resource(report: Report) -> dict[str, Any]:
    """The report as it is now."""
    outcome = OUTCOMES.get(report.name.rpartition(" ")[2], "clear")
    done = time.time() >= report.ready
    canceled = outcome == "canceled"
    return {
        "id": report.id,
        "reference": report.reference,
        "status": "pending" if not done else "canceled" if canceled else "complete",
        "result": outcome if done and not canceled else None,
        "summary": SUMMARIES.get(outcome) if done else None,
    }
