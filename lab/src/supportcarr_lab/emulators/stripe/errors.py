"""Stripe's error answers."""

from __future__ import annotations

from typing import Any


class StripeApiError(Exception):
    """A request that is answered by an error object.

    ``executed``: the endpoint had begun its work, so Stripe keeps the answer under the idempotency
    key; what fails validation before that leaves the key unused.
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
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.error: dict[str, Any] = {"message": message, "type": type} | more
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> StripeApiError:
    """Parameters that are not valid."""
    return StripeApiError(400, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, id: str, param: str) -> StripeApiError:
    """An id that names nothing."""
    return StripeApiError(
        404,
        "invalid_request_error",
        f"No such {'PaymentMethod' if kind == 'payment_method' else kind}: '{id}'",
        code="resource_missing",
        param=param,
    )


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeApiError:
    """An intent whose state forbids the request."""
    return StripeApiError(
        400,
        "invalid_request_error",
        message,
        code="payment_intent_unexpected_state",
        executed=True,
        payment_intent=intent,
    )


def declined(code: str, decline_code: str | None, message: str, **more: Any) -> StripeApiError:
    """A card that its issuer (or Stripe) turned down."""
    if decline_code is not None:
        more["decline_code"] = decline_code
    return StripeApiError(402, "card_error", message, code=code, executed=True, **more)
