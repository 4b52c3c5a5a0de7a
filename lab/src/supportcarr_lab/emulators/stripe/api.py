"""Stripe's HTTP API: authentication, idempotency keys, misbehaviour, and the table of operations."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supportcarr_lab.emulators.stripe import API_VERSION, customers, intents, refunds, setups
from supportcarr_lab.emulators.stripe.behaviour import Behaviour
from supportcarr_lab.emulators.stripe.database import EmulatorDatabase, Object, StoredResponse, new_id
from supportcarr_lab.emulators.stripe.errors import StripeApiError, invalid
from supportcarr_lab.emulators.stripe.params import Params, parse_form
from supportcarr_lab.emulators.stripe.request_session import RequestSession

Operation = Callable[..., Object]  # (session, params, *ids of the path)

KEY_RETENTION_S = 24 * 3600.0


def _charge(session: RequestSession, params: Params, id: str) -> Object:
    params.reject_unknown()
    return session.find("charge", id, "charge")


def _event(session: RequestSession, params: Params, id: str) -> Object:
    params.reject_unknown()
    return session.find("event", id, "id")


def _events(session: RequestSession, params: Params) -> Object:
    page = session.list_page("event", "/v1/events", params)
    params.reject_unknown()
    return page


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "customers"): customers.create_customer,
    ("GET", "customers"): customers.list_customers,
    ("GET", "customers/{}"): customers.retrieve_customer,
    ("POST", "customers/{}"): customers.update_customer,
    ("GET", "customers/{}/payment_methods"): customers.list_customer_methods,
    ("POST", "payment_methods"): customers.create_method,
    ("GET", "payment_methods"): customers.list_methods,
    ("GET", "payment_methods/{}"): customers.retrieve_method,
    ("POST", "payment_methods/{}/attach"): customers.attach_method,
    ("POST", "payment_methods/{}/detach"): customers.detach_method,
    ("POST", "payment_intents"): intents.create,
    ("GET", "payment_intents"): intents.list_all,
    ("GET", "payment_intents/{}"): intents.retrieve,
    ("POST", "payment_intents/{}"): intents.update,
    ("POST", "payment_intents/{}/confirm"): intents.confirm,
    ("POST", "payment_intents/{}/capture"): intents.capture,
    ("POST", "payment_intents/{}/cancel"): intents.cancel,
    ("POST", "setup_intents"): setups.create,
    ("GET", "setup_intents/{}"): setups.retrieve,
    ("POST", "refunds"): refunds.create,
    ("GET", "refunds"): refunds.list_all,
    ("GET", "refunds/{}"): refunds.retrieve,
    ("GET", "charges/{}"): _charge,
    ("GET", "events"): _events,
    ("GET", "events/{}"): _event,
}

_PATTERNS = [
    (method, re.compile(path.replace("{}", "([A-Za-z0-9_]+)")), operation)
    for (method, path), operation in OPERATIONS.items()
]


@dataclass(frozen=True, slots=True)
class StripeRequest:
    """A request to Stripe's API."""

    method: str
    path: str  # below /v1/
    encoded_params: str  # the form body, or the query string of a GET
    headers: dict[str, str]  # names in lower case


@dataclass(frozen=True, slots=True)
class StripeResponse:
    """A response; *unanswered*: the request was carried out, but the response must not be sent."""

    status: int
    body: str
    headers: dict[str, str]
    unanswered: bool = False


class StripeEmulator:
    """Handles requests as Stripe does.  *on_events* is called after events were recorded."""

    def __init__(
        self,
        database: EmulatorDatabase,
        behaviour: Behaviour,
        *,
        api_key: str,
        webhooks_enabled: bool,
        on_events: Callable[[], None],
    ) -> None:
        self._database = database
        self._behaviour = behaviour
        self._api_key = api_key
        self._hooked = webhooks_enabled
        self._on_events = on_events
        self._keys_in_progress: set[str] = set()  # idempotency keys of requests not yet answered

    async def handle(self, request: StripeRequest) -> StripeResponse:
        """Carry out one request."""
        request_id = new_id("req")
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            self._check_key(request.headers.get("authorization", ""))
            if key is not None and key in self._keys_in_progress:
                raise StripeApiError(
                    409,
                    "idempotency_error",
                    "There is currently another in-progress request using this Idempotent Key.",
                    code="idempotency_key_in_use",
                )
            status, body, extra_headers = await self._handle_exclusively(request, request_id, key)
        except StripeApiError as error:
            status, body, extra_headers = error.status, json.dumps(error.body), {}
        return StripeResponse(
            status, body, headers | extra_headers, unanswered=self._behaviour.take_timeout()
        )

    async def _handle_exclusively(
        self, request: StripeRequest, request_id: str, key: str | None
    ) -> tuple[int, str, dict[str, str]]:
        if key is not None:
            self._keys_in_progress.add(key)
        try:
            if self._behaviour.delay_ms:
                await asyncio.sleep(self._behaviour.delay_ms / 1000)
            return self._replay_or_execute(request, request_id, key)
        finally:
            if key is not None:
                self._keys_in_progress.discard(key)

    def _replay_or_execute(
        self, request: StripeRequest, request_id: str, key: str | None
    ) -> tuple[int, str, dict[str, str]]:
        if key is None:
            status, body = self._execute(request, request_id, None)
            return status, body, {}
        fingerprint = _fingerprint(request)
        stored = self._database.stored_response(key)
        if stored is None:
            status, body = self._execute(request, request_id, key)
            return status, body, {}
        if stored.request != fingerprint:
            raise StripeApiError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request.",
            )
        return (
            stored.status,
            stored.body,
            {"Idempotent-Replayed": "true", "Original-Request": stored.request_id},
        )

    def _execute(self, request: StripeRequest, request_id: str, key: str | None) -> tuple[int, str]:
        """Execute the request, in one transaction with its events and the response stored under its key."""
        session = RequestSession(self._database, self._behaviour, request_id, key, self._hooked)
        with self._database.transaction():
            try:
                failure = self._behaviour.take_failure()
                if failure is not None:
                    raise _configured_failure(failure)
                operation, ids = _operation(request)
                params = Params(_parsed_params(request))
                expand = params.items("expand")
                result = operation(session, params, *ids)
                status, body = 200, json.dumps(_expanded(self._database, result, expand))
            except StripeApiError as error:
                if not error.executed:
                    raise
                status, body = error.status, json.dumps(error.body)
            if key is not None:
                self._database.delete_expired_keys(session.at - KEY_RETENTION_S)
                self._database.store_response(
                    key, StoredResponse(_fingerprint(request), status, body, request_id), session.at
                )
        if session.events_recorded:
            self._on_events()
        return status, body

    def _check_key(self, authorization: str) -> None:
        """Check the secret key, given as a bearer token or as the user name of basic authentication."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                given = ""
        if not given:
            raise StripeApiError(401, "invalid_request_error", "You did not provide an API key.")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise StripeApiError(401, "invalid_request_error", f"Invalid API Key provided: {given[:4]}****")

    def confirm_setup(self, secret: str, number: str) -> Object:
        """Apply the card that a person entered on the page.  Raises ``StripeApiError``."""
        return self._by_browser(lambda session: setups.confirm(session, secret, number))

    def authenticate_setup(self, secret: str, *, succeeds: bool) -> Object:
        """Apply the person's answer to 3-D Secure to a setup.  Raises ``StripeApiError``."""
        return self._by_browser(lambda session: setups.authenticate(session, secret, succeeds=succeeds))

    def _by_browser(self, act: Callable[[RequestSession], Object]) -> Object:
        session = RequestSession(self._database, self._behaviour, new_id("req"), None, self._hooked)
        failed: StripeApiError | None = None
        with self._database.transaction():
            try:
                result = act(session)
            except StripeApiError as error:
                if not error.executed:
                    raise
                failed = error  # what was stored with a decline stays
        self._on_events()
        if failed is not None:
            raise failed
        return result

    def authenticate(self, intent_id: str, *, succeeds: bool) -> Object:
        """Apply the result of 3-D Secure to an intent.  Raises ``StripeApiError``."""
        session = RequestSession(self._database, self._behaviour, new_id("req"), None, self._hooked)
        with self._database.transaction():
            intent = intents.authenticate(session, intent_id, succeeds=succeeds)
        self._on_events()
        return intent

    def payment_records(self) -> list[dict[str, Any]]:
        """Every intent with its held, captured and refunded amounts, oldest first."""
        refunded: dict[str, int] = {}
        for refund in self._database.all("refund"):
            if refund["status"] == "succeeded":
                intent_id = refund["payment_intent"]
                refunded[intent_id] = refunded.get(intent_id, 0) + refund["amount"]
        return [
            {
                "id": intent["id"],
                "rescue_id": intent["metadata"].get("rescue_id"),
                "payment_id": intent["metadata"].get("payment_id"),
                "customer": intent["customer"],
                "status": intent["status"],
                "currency": intent["currency"].upper(),
                "amount_minor": intent["amount"],
                "capturable_minor": intent["amount_capturable"],
                "captured_minor": intent["amount_received"],
                "refunded_minor": refunded.get(intent["id"], 0),
                "created": intent["created"],
            }
            for intent in self._database.all("payment_intent")
        ]


def _operation(request: StripeRequest) -> tuple[Operation, tuple[str, ...]]:
    for method, pattern, operation in _PATTERNS:
        if method == request.method and (match := pattern.fullmatch(request.path)):
            return operation, match.groups()
    raise StripeApiError(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({request.method}: /v1/{request.path}).",
    )


def _parsed_params(request: StripeRequest) -> dict[str, Any]:
    try:
        return parse_form(request.encoded_params)
    except ValueError as error:
        raise invalid("Invalid request body") from error


def _fingerprint(request: StripeRequest) -> str:
    return hashlib.sha256(f"{request.path}\n{request.encoded_params}".encode()).hexdigest()


def _configured_failure(status: int) -> StripeApiError:
    if status == 429:
        return StripeApiError(
            429, "invalid_request_error", "Too many requests hit the API.", code="rate_limit"
        )
    return StripeApiError(status, "api_error", "An unknown error occurred.", executed=status == 500)


def _expanded(database: EmulatorDatabase, item: Object, expand: list[str]) -> Object:
    """The object, with the ids in the fields *expand* replaced by the objects themselves."""
    expanded = dict(item)
    for name in expand:
        value = expanded.get(name)
        if not isinstance(value, str):
            raise invalid(f"This property cannot be expanded ({name}).", param="expand")
        expanded[name] = database.get(value)
    return expanded
