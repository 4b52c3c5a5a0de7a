"""Errors that the API answers with.

    ApiError                       a plain sentence, a stable code, an HTTP status
    ├── ValidationFailed           422, names the fields
    ├── SignatureNotValid          400, a webhook that its sender did not sign
    ├── Unauthenticated            401
    │   └── UnknownSigningKey      401, unless reading the signing keys again helps
    ├── Forbidden                  403
    │   ├── PhoneNotVerified       403, first verify the account's phone number
    │   ├── TotpRequired           403, staff: enrol TOTP, or sign in with a code
    │   └── StepUpRequired         403, confirm with a fresh TOTP code first
    ├── NotFound                   404 (also for what belongs to another person)
    ├── Conflict                   409
    │   └── IllegalTransition      409, the state forbids it
    ├── StaleVersion               412, the caller has an older version
    ├── RateLimited                429, with the seconds to wait
    └── Overloaded                 503, with the seconds to wait

A part declares its own in its ``errors.py`` as subclasses.  Unless the subclass says otherwise, nothing
has changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

import msgspec

T = TypeVar("T")


class FieldError(msgspec.Struct, frozen=True):
    """An invalid field: its path in the body or query, a code, a sentence."""

    field: str
    code: str
    detail: str


class ApiError(Exception):
    """The request was refused.  Unless the subclass says otherwise, nothing has changed."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    title: ClassVar[str] = "The request cannot be done"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after = retry_after
        super().__init__(self.detail)


class ValidationFailed(ApiError):
    status, code, title = 422, "validation_failed", "The request has fields that are not valid"

    @classmethod
    def of(cls, field: str, code: str, detail: str) -> ValidationFailed:
        """The error about one field."""
        return cls(detail, errors=(FieldError(field, code, detail),))


class FieldChecks:
    """Checks of several fields of one request: ``done`` raises one error that names all that are not valid.

    ::

        checks = FieldChecks()
        number = checks.run(lambda: parse(phone))  # None if it is not valid
        checks.run(lambda: check_new_password(password))
        checks.done()
    """

    def __init__(self) -> None:
        self._failed: list[ValidationFailed] = []

    def run(self, check: Callable[[], T]) -> T | None:
        try:
            return check()
        except ValidationFailed as error:
            self._failed.append(error)
            return None

    async def wait_for(self, check: Awaitable[T]) -> T | None:
        try:
            return await check
        except ValidationFailed as error:
            self._failed.append(error)
            return None

    def done(self) -> None:
        """Raises ``ValidationFailed``."""
        if len(self._failed) == 1:
            raise self._failed[0]
        if self._failed:
            sentences = " ".join(f"{error.detail.rstrip('.')}." for error in self._failed)
            raise ValidationFailed(
                sentences, errors=tuple(e for failed in self._failed for e in failed.errors)
            )


class SignatureNotValid(ApiError):
    """A webhook that was not signed by whom it claims to come from."""

    status, code, title = 400, "signature_not_valid", "The signature is not valid"


class Unauthenticated(ApiError):
    status, code, title = 401, "unauthenticated", "Sign in first"


class UnknownSigningKey(Unauthenticated):
    """The token names a signing key that another process may have added: read them, and verify again."""

    title = "The access token is not valid"


class Forbidden(ApiError):
    status, code, title = 403, "forbidden", "You may not do this"


class PhoneNotVerified(Forbidden):
    code, title = "phone_not_verified", "Verify your phone number first"


class TotpRequired(Forbidden):
    code, title = "totp_required", "Operators sign in with a code of their authenticator app; set it up first"


class StepUpRequired(Forbidden):
    code, title = "step_up_required", "Confirm this with a fresh code of your authenticator app first"


class NotFound(ApiError):
    status, code, title = 404, "not_found", "It does not exist, or it is not yours"


class Conflict(ApiError):
    status, code, title = 409, "conflict", "Somebody else changed this at the same moment"


class IllegalTransition(Conflict):
    code, title = "illegal_transition", "Its state does not allow this"


class StaleVersion(ApiError):
    status, code, title = 412, "stale_version", "It has changed since you read it"


class RateLimited(ApiError):
    status, code, title = 429, "rate_limited", "Too many requests"


class Overloaded(ApiError):
    """The request was refused, or took too long: then it may have taken effect."""

    status, code, title = 503, "overloaded", "The service cannot answer at the moment"
