"""Stripe's HTTP API: keys, idempotency, misbehaviour, and which operation a request asks for."""

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

from supportcarr_lab.emulators.stripe import API_VERSION, customers, intents, refunds
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
    """A request, as it came."""

    method: str
    path: str  # below /v1/
    encoded_params: str  # the form, or the query of a GET
    headers: dict[str, str]  # names in lower case


@dataclass(frozen=True, slots=True)
class StripeResponse:
    """An answer; ``silent``: the work is done, but nobody shall hear of it."""

    status: int
    body: str
    headers: dict[str, str]
    unanswered: bool = False


class StripeEmulator:
    """Answers requests as Stripe would."""

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
        self._working_on: set[str] = set()  # idempotency keys of requests not yet answered

    async def handle(self, asked: StripeRequest) -> StripeResponse:
        """Carry out one request."""
        request_id = new_id("req")
        key = asked.headers.get("idempotency-key") if asked.method == "POST" else None
        headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            self._check_key(asked.headers.get("authorization", ""))
            if key is not None and key in self._working_on:
                raise StripeApiError(
                    409,
                    "idempotency_error",
                    "There is currently another in-progress request using this Idempotent Key.",
                    code="idempotency_key_in_use",
                )
            status, body, more = await self._in_turn(asked, request_id, key)
        except StripeApiError as fault:
            status, body, more = fault.status, json.dumps(fault.body), {}
        return StripeResponse(status, body, headers | more, unanswered=self._behaviour.take_timeout())

    async def _in_turn(
        self, asked: StripeRequest, request_id: str, key: str | None
    ) -> tuple[int, str, dict[str, str]]:
        if key is not None:
            self._working_on.add(key)
        try:
            if self._behaviour.delay_ms:
                await asyncio.sleep(self._behaviour.delay_ms / 1000)
            return self._kept_or_new(asked, request_id, key)
        finally:
            if key is not None:
                self._working_on.discard(key)

    def _kept_or_new(
        self, asked: StripeRequest, request_id: str, key: str | None
    ) -> tuple[int, str, dict[str, str]]:
        if key is None:
            status, body = self._carried_out(asked, request_id, None)
            return status, body, {}
        fingerprint = _fingerprint(asked)
        kept = self._database.stored_response(key)
        if kept is None:
            status, body = self._carried_out(asked, request_id, key)
            return status, body, {}
        if kept.request != fingerprint:
            raise StripeApiError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request.",
            )
        return kept.status, kept.body, {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}

    def _carried_out(self, asked: StripeRequest, request_id: str, key: str | None) -> tuple[int, str]:
        """Do it, in one transaction with its events and with the answer kept under its key."""
        session = RequestSession(self._database, self._behaviour, request_id, key, self._hooked)
        with self._database.transaction():
            try:
                failure = self._behaviour.take_failure()
                if failure is not None:
                    raise _failing(failure)
                operation, ids = _operation(asked)
                params = Params(_tree(asked))
                expand = params.items("expand")
                thing = operation(session, params, *ids)
                status, body = 200, json.dumps(_expanded(self._database, thing, expand))
            except StripeApiError as fault:
                if not fault.executed:
                    raise
                status, body = fault.status, json.dumps(fault.body)
            if key is not None:
                self._database.delete_expired_keys(session.at - KEY_RETENTION_S)
                self._database.store_response(
                    key, StoredResponse(_fingerprint(asked), status, body, request_id), session.at
                )
        if session.events_recorded:
            self._on_events()
        return status, body

    def _check_key(self, authorization: str) -> None:
        """The secret key comes as a bearer token or as the user's name of basic authentication."""
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

    def authenticate(self, intent_id: str, *, succeeds: bool) -> Object:
        """The rider answers 3-D Secure.  Raises ``Fault``."""
        session = RequestSession(self._database, self._behaviour, new_id("req"), None, self._hooked)
        with self._database.transaction():
            intent = intents.authenticate(session, intent_id, succeeds=succeeds)
        self._on_events()
        return intent

    def payment_records(self) -> list[dict[str, Any]]:
        """Every intent with what was held, captured and refunded of it, oldest first."""
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


def _operation(asked: StripeRequest) -> tuple[Operation, tuple[str, ...]]:
    for method, pattern, operation in _PATTERNS:
        if method == asked.method and (match := pattern.fullmatch(asked.path)):
            return operation, match.groups()
    raise StripeApiError(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({asked.method}: /v1/{asked.path}).",
    )


def _tree(asked: StripeRequest) -> dict[str, Any]:
    try:
        return parse_form(asked.encoded_params)
    except ValueError as error:
        raise invalid("Invalid request body") from error


def _fingerprint(asked: StripeRequest) -> str:
    return hashlib.sha256(f"{asked.path}\n{asked.encoded_params}".encode()).hexdigest()


def _failing(status: int) -> StripeApiError:
    if status == 429:
        return StripeApiError(
            429, "invalid_request_error", "Too many requests hit the API.", code="rate_limit"
        )
    return StripeApiError(status, "api_error", "An unknown error occurred.", executed=status == 500)


def _expanded(database: EmulatorDatabase, thing: Object, expand: list[str]) -> Object:
    """The object with the ids of those fields replaced by what they name."""
    wide = dict(thing)
    for name in expand:
        value = wide.get(name)
        if not isinstance(value, str):
            raise invalid(f"This property cannot be expanded ({name}).", param="expand")
        wide[name] = database.get(value)
    return wide
