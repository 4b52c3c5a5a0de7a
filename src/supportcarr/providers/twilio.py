"""Text messages through Twilio's SDK.  The emulator in ``supportcarr_lab`` is called by the same code."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable
from datetime import datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import aiohttp

from supportcarr.auth.ports import SmsOutcomeUnknown, SmsRefused, SmsReport, SmsUnavailable
from supportcarr.auth.text_message import State
from supportcarr.contracts.errors import SignatureNotValid
from supportcarr.kit.observability import tracing
from supportcarr.providers.settings import TwilioSettings

if TYPE_CHECKING:
    from supportcarr.providers import twilio_sdk

T = TypeVar("T")

# Twilio's codes of messages that it will never send (https://www.twilio.com/docs/api/errors).
REFUSED = frozenset({21211, 21214, 21217, 21265, 21408, 21421, 21610, 21612, 21614, 21635})
MISCONFIGURED_RETRY_S = 30.0  # a wrong token is fixed by a person, so retry slowly
UNAVAILABLE_RETRY_S = 2.0
LISTED = 50  # messages to one number in the minutes that a message is looked for
CLOCKS_DIFFER = timedelta(minutes=2)
EMULATED_NUMBER = "+15005550006"  # of Twilio's own test credentials

# What becomes of a message in the end (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
_FINAL: dict[str, State] = {"delivered": "delivered", "undelivered": "undelivered", "failed": "undelivered"}

_SDK = "supportcarr.providers.twilio_sdk"
_VALIDATOR = "twilio.request_validator"


class TwilioSmsSender:
    """Implements ``auth.ports.SmsSender``.

    Nothing is retried here: the caller retries as a job.  The SDK is imported at the first use.
    """

    def __init__(self, settings: TwilioSettings, *, status_url: str = "") -> None:
        """*status_url*: where Twilio reports what becomes of a message; empty: nowhere."""
        self._settings = settings
        self._status_url = status_url
        self._loading = asyncio.Lock()
        self._sdk: ModuleType | None = None
        self._http: twilio_sdk.HttpClient | None = None
        self._client: twilio_sdk.Client | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def send(self, to: str, text: str) -> str:
        settings = self._settings
        sender: dict[str, Any] = {"from_": settings.from_number or EMULATED_NUMBER}
        if settings.messaging_service_sid:
            sender = {"messaging_service_sid": settings.messaging_service_sid}
        if self._status_url:
            sender["status_callback"] = self._status_url
        client = await self._connected()
        message = await self._call(client.messages.create_async(to=to, body=text, **sender))
        return str(message.sid)

    async def find(self, to: str, text: str, since: datetime) -> str | None:
        client = await self._connected()
        try:
            messages = await self._call(client.messages.list_async(to=to, limit=LISTED))
        except SmsOutcomeUnknown as error:
            raise SmsUnavailable(str(error), retry_after=UNAVAILABLE_RETRY_S) from error
        earliest = since - CLOCKS_DIFFER
        return next((str(m.sid) for m in messages if m.body == text and m.date_created >= earliest), None)

    async def read_report(self, body: bytes, signature: str | None) -> SmsReport | None:
        validator: Any = (await asyncio.to_thread(importlib.import_module, _VALIDATOR)).RequestValidator
        try:
            given = dict(parse_qsl(body.decode(), keep_blank_values=True))
            valid = validator(self._settings.auth_token).validate(self._status_url, given, signature or "")
        except ValueError:  # not UTF-8
            valid = False
        if not valid or not self._status_url or not self._settings.auth_token:
            raise SignatureNotValid
        state = _FINAL.get(given.get("MessageStatus", ""))
        if state is None or "MessageSid" not in given:
            return None
        return SmsReport(given["MessageSid"], state, given.get("ErrorCode"))

    async def _connected(self) -> twilio_sdk.Client:
        async with self._loading:
            if self._client is None:
                sdk: Any = await asyncio.to_thread(importlib.import_module, _SDK)
                settings = self._settings
                self._http = sdk.HttpClient(timeout_s=settings.timeout_seconds, base=settings.api_base)
                self._client = sdk.new_client(settings, self._http)
                self._sdk = sdk
            return self._client

    async def _call(self, request: Awaitable[T]) -> T:
        """The response, with errors mapped by what the caller can do about them."""
        sdk: Any = self._sdk
        try:
            with tracing.spanning("twilio"):
                return await request
        except sdk.TwilioRestException as error:
            raise _mapped(error.status, error.code, str(error.msg)) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise SmsUnavailable(
                f"Twilio cannot be reached: {type(error).__name__}", retry_after=UNAVAILABLE_RETRY_S
            ) from error
        except (aiohttp.ClientError, TimeoutError, sdk.TwilioException) as error:
            raise SmsOutcomeUnknown(f"Twilio did not respond: {type(error).__name__}") from error


def _mapped(status: int, code: int | None, detail: str) -> Exception:
    if code in REFUSED:
        return SmsRefused(str(code), detail)
    if status in (401, 403, 404):
        return SmsUnavailable(detail, retry_after=MISCONFIGURED_RETRY_S)
    if status == 429:
        return SmsUnavailable(detail, retry_after=UNAVAILABLE_RETRY_S)
    if status >= 500:
        return SmsOutcomeUnknown(detail)
    return SmsRefused(str(code or status), detail)
