"""Twilio's HTTP API for messages: authentication, errors, misbehaviour, and what becomes of a message."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import smsutil

from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr_lab.emulators.twilio import API_VERSION
from supportcarr_lab.emulators.twilio.behaviour import TwilioBehaviour
from supportcarr_lab.emulators.twilio.database import Message, MessageDatabase

SEND_S, DELIVER_S = 0.02, 0.2  # after which a queued message is sent, and a sent one delivered
CALLBACK_TIMEOUT_S = 5.0
LONGEST_BODY = 1600
PAGE_SIZE, LARGEST_PAGE = 50, 1000
UNDELIVERED = 30003  # unreachable destination handset

# Twilio's numbers for tests, and the codes that they are refused with.
REFUSED_NUMBERS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_MESSAGES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
}
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_PATH = re.compile(r"Accounts/(?P<account>[^/]+)/Messages(?:/(?P<sid>SM[0-9a-f]{32}))?\.json")


class TwilioApiError(Exception):
    """An error as Twilio responds with it."""

    def __init__(self, status: int, code: int) -> None:
        self.status, self.code = status, code
        super().__init__(_MESSAGES.get(code, "The request failed"))

    @property
    def body(self) -> dict[str, Any]:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": more, "status": self.status}


@dataclass(frozen=True, slots=True)
class TwilioRequest:
    """A request to Twilio's API; *params* are those of the form, or of the query of a GET."""

    method: str
    path: str  # below /2010-04-01/
    params: Mapping[str, str]
    authorization: str


@dataclass(frozen=True, slots=True)
class TwilioResponse:
    """A response; *unanswered*: the request was carried out, but the response must not be sent."""

    status: int
    body: str
    unanswered: bool = False


def signature(token: str, url: str, params: Mapping[str, str]) -> str:
    """The ``X-Twilio-Signature`` header (https://www.twilio.com/docs/usage/security)."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class TwilioEmulator:
    """Handles requests as Twilio does, and reports what becomes of messages."""

    def __init__(
        self, database: MessageDatabase, behaviour: TwilioBehaviour, *, account_sid: str, auth_token: str
    ) -> None:
        self._database = database
        self._behaviour = behaviour
        self._account, self._token = account_sid, auth_token
        self._http: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Deliver no more messages."""
        for task in tuple(self._deliveries):
            await cancel_and_wait(task)
        if self._http is not None:
            await self._http.close()

    def messages(self, to: str | None, limit: int) -> list[dict[str, Any]]:
        """The latest messages, newest first, for people and tests."""
        return [
            {
                "sid": message.sid,
                "to": message.sent_to,
                "from": message.sent_from,
                "body": message.body,
                "status": message.status,
                "error_code": message.error,
                "created_at": message.created,
            }
            for message in self._database.newest(to, limit=limit)
        ]

    async def handle(self, request: TwilioRequest) -> TwilioResponse:
        """Carry out one request."""
        if self._behaviour.delay_ms:
            await asyncio.sleep(self._behaviour.delay_ms / 1000)
        failure = self._behaviour.take_failure()
        if failure is not None and not self._behaviour.fail_after:
            return TwilioResponse(failure, json.dumps(TwilioApiError(failure, 20500).body))
        try:
            status, body = self._carry_out(request)
        except TwilioApiError as error:
            status, body = error.status, error.body
        if failure is not None:
            status, body = failure, TwilioApiError(failure, 20500).body
        return TwilioResponse(status, json.dumps(body), unanswered=self._behaviour.take_timeout())

    def _carry_out(self, request: TwilioRequest) -> tuple[int, dict[str, Any]]:
        path = _PATH.fullmatch(request.path)
        if not self._is_ours(request.authorization):
            raise TwilioApiError(401, 20003)
        if path is None or path["account"] != self._account:
            raise TwilioApiError(404, 20404)
        match request.method, path["sid"]:
            case "POST", None:
                return 201, self._resource(self._create(request.params))
            case "GET", None:
                return 200, self._list(request.path, request.params)
            case "GET", str(sid):
                message = self._database.get(sid)
                if message is not None:
                    return 200, self._resource(message)
        raise TwilioApiError(404, 20404)

    def _is_ours(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = f"{self._account}:{self._token}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)

    # --- messages -----------------------------------------------------------------------------

    def _create(self, params: Mapping[str, str]) -> Message:
        to, body = params.get("To", ""), params.get("Body", "")
        sender = params.get("From") or params.get("MessagingServiceSid", "")
        for missing, code in ((not to, 21604), (not sender, 21603), (not body, 21602)):
            if missing:
                raise TwilioApiError(400, code)
        refused = REFUSED_NUMBERS.get(to) or (None if _E164.fullmatch(to) else 21211)
        if len(body) > LONGEST_BODY:
            refused = 21617
        refused = self._behaviour.take_refusal() or refused
        if refused is not None:
            raise TwilioApiError(400, refused)
        sid = f"SM{secrets.token_hex(16)}"
        callback = params.get("StatusCallback")
        message = self._database.add(
            sid, to=to, sender=sender, body=body, created=time.time(), callback=callback
        )
        arrives = not self._behaviour.take_undelivered()
        task = asyncio.get_running_loop().create_task(self._deliver(message, arrives=arrives))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
        return message

    async def _deliver(self, message: Message, *, arrives: bool) -> None:
        await asyncio.sleep(SEND_S)
        await self._report(message, "sent")
        await asyncio.sleep(DELIVER_S)
        await self._report(message, *(("delivered", None) if arrives else ("undelivered", UNDELIVERED)))

    async def _report(self, message: Message, status: str, error: int | None = None) -> None:
        """Set the status and call back, once: Twilio does not repeat these calls."""
        self._database.set_status(message.sid, status, error)
        if message.callback is None:
            return
        params = {
            "AccountSid": self._account,
            "ApiVersion": API_VERSION,
            "From": message.sent_from,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.sent_to,
        }
        if error is not None:
            params["ErrorCode"] = str(error)
        headers = {"X-Twilio-Signature": signature(self._token, message.callback, params)}
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALLBACK_TIMEOUT_S))
        try:
            async with self._http.post(message.callback, data=params, headers=headers) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError):
            pass

    def _list(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        size = min(int(params.get("PageSize", PAGE_SIZE)), LARGEST_PAGE)
        before = int(params["PageToken"]) if "PageToken" in params else None
        found = self._database.newest(params.get("To"), before=before, limit=size + 1)
        shown = found[:size]
        uri = f"/{API_VERSION}/{path}"
        following = None
        if len(found) > size:
            kept = {name: value for name, value in params.items() if name not in ("PageToken", "PageSize")}
            query = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in kept.items())
            following = f"{uri}?{query}&PageSize={size}&PageToken={shown[-1].seq}"
        return {
            "messages": [self._resource(message) for message in shown],
            "first_page_uri": uri,
            "next_page_uri": following,
            "previous_page_uri": None,
            "uri": uri,
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": max(0, len(shown) - 1),
        }

    def _resource(self, message: Message) -> dict[str, Any]:
        uri = f"/{API_VERSION}/Accounts/{self._account}/Messages/{message.sid}"
        at = formatdate(message.created)
        by_service = message.sent_from.startswith("MG")
        return {
            "account_sid": self._account,
            "api_version": API_VERSION,
            "body": message.body,
            "date_created": at,
            "date_sent": None if message.status == "queued" else at,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": message.error,
            "error_message": None,
            "from": None if by_service else message.sent_from,
            "messaging_service_sid": message.sent_from if by_service else None,
            "num_media": "0",
            "num_segments": str(len(smsutil.split(message.body).parts)),
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.sent_to,
            "uri": f"{uri}.json",
        }


def form(encoded: str) -> dict[str, str]:
    """The parameters of a form or a query; of a name that comes twice, the last."""
    return dict(parse_qsl(encoded, keep_blank_values=True))
