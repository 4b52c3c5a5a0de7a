"""Checks of drivers by a provider over HTTP.

The API has what those of the usual providers have: candidates and reports like Checkr's
(https://docs.checkr.com), idempotency keys, and webhooks signed with a time like Persona's
(https://docs.withpersona.com/webhooks): ``Check-Signature: t=SECONDS,v1=HEX``, the HMAC-SHA256 of
``SECONDS.BODY``.  The emulator in ``supportcarr_lab`` is called by the same code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from http import HTTPStatus
from typing import Any, Literal

import aiohttp
import msgspec

from supportcarr.contracts.errors import SignatureNotValid
from supportcarr.drivers.ports import (
    Candidate,
    CheckKind,
    CheckRefused,
    CheckReport,
    CheckUnavailable,
)
from supportcarr.kit.observability import tracing
from supportcarr.providers.settings import CheckSettings

LONGEST_DETAIL = 500  # characters that are kept of the provider's words
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class _Candidate(msgspec.Struct, frozen=True):
    id: str


class _Report(msgspec.Struct, frozen=True):
    id: str
    status: Literal["pending", "complete", "canceled"]
    result: Literal["clear", "consider"] | None = None
    summary: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str = "The provider gives no reason"


class _Subject(msgspec.Struct, frozen=True):
    reference: str


class _Webhook(msgspec.Struct, frozen=True):
    data: _Subject


class HttpCheckProvider:
    """Implements ``drivers.ports.CheckProvider``.

    Nothing is retried here: the caller calls again, with the same idempotency keys.
    """

    def __init__(self, settings: CheckSettings, kind: CheckKind) -> None:
        self._settings = settings
        self._kind = kind
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def order(self, check_id: str, candidate: Candidate) -> CheckReport:
        person = {"reference": check_id, "name": candidate.name, "phone": candidate.phone}
        created = await self._call("POST", "candidates", _Candidate, person, key=f"{check_id}.candidate")
        report = {"candidate_id": created.id, "package": self._kind, "reference": check_id}
        return _report(await self._call("POST", "reports", _Report, report, key=check_id))

    async def read(self, report_id: str) -> CheckReport:
        return _report(await self._call("GET", f"reports/{report_id}", _Report))

    def read_webhook(self, body: bytes, signature: str | None) -> str | None:
        settings = self._settings
        found = _SIGNATURE.fullmatch(signature or "")
        if found is None or abs(time.time() - int(found[1])) > settings.tolerance_seconds:
            raise SignatureNotValid
        mac = hmac.new(settings.webhook_secret.encode(), b"%s.%s" % (found[1].encode(), body), hashlib.sha256)
        if not hmac.compare_digest(mac.hexdigest(), found[2]):
            raise SignatureNotValid
        try:
            return msgspec.json.decode(body, type=_Webhook).data.reference
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    async def _call(
        self, method: str, path: str, of: type[Any], body: dict[str, str] | None = None, *, key: str = ""
    ) -> Any:
        """The provider's answer.  Raises ``CheckUnavailable``, ``CheckRefused``."""
        settings = self._settings
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds)
            self._http = aiohttp.ClientSession(timeout=timeout)
        headers = {"Authorization": f"Bearer {settings.api_key}"} | ({"Idempotency-Key": key} if key else {})
        url = f"{settings.api_base.rstrip('/')}/v1/{path}"
        try:
            with tracing.spanning("driver checks"):
                async with self._http.request(
                    method, url, json=body, headers=headers, allow_redirects=False
                ) as response:
                    content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CheckUnavailable(f"the provider did not respond: {type(error).__name__}") from error
        if response.status in _REFUSED:
            raise CheckRefused(_why(content))
        if not response.ok:
            raise CheckUnavailable(f"the provider responded with {response.status}")
        try:
            return msgspec.json.decode(content, type=of)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CheckUnavailable("the provider responded with something else") from error


def _report(report: _Report) -> CheckReport:
    status: Literal["pending", "clear", "consider", "canceled"] = "pending"
    if report.status == "canceled":
        status = "canceled"
    elif report.status == "complete":
        status = report.result or "consider"  # without a result a person looks at it
    summary = report.summary[:LONGEST_DETAIL] if report.summary else None
    return CheckReport(id=report.id, status=status, detail=summary)


def _why(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=_Refusal).error[:LONGEST_DETAIL]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Refusal().error
