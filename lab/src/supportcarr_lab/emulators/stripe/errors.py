"""Stripe's error responses."""

from __future__ import annotations

from typing import Any


class StripeApiError(Exception):
    """An error response of Stripe's API.

    ``executed``: the endpoint had begun to execute, so Stripe stores the response under the idempotency
    key.  A request that fails validation does not use up its key.
    """

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.error: dict[str, Any] = {"message": message, "type": type} | fields
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> StripeApiError:
    """A parameter is not valid."""
    return StripeApiError(400, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, id: str, param: str) -> StripeApiError:
    """No object has this id."""
    return StripeApiError(
        404,
        "invalid_request_error",
        f"No such {'PaymentMethod' if kind == 'payment_method' else kind}: '{id}'",
        code="resource_missing",
        param=param,
    )


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeApiError:
    """The intent's status does not allow the request."""
    return StripeApiError(
        400,
        "invalid_request_error",
        message,
        code="payment_intent_unexpected_state",
        executed=True,
        payment_intent=intent,
    )


def declined(code: str, decline_code: str | None, message: str, **fields: Any) -> StripeApiError:
    """The card was declined by its issuer or by Stripe."""
    if decline_code is not None:
        fields["decline_code"] = decline_code
    return StripeApiError(402, "card_error", message, code=code, executed=True, **fields)
