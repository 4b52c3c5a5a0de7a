"""The errors of auth.

Conflict
└── PhoneTaken          409, an account has that number
Forbidden
└── AccountBanned       403, the password is right, but the account was banned
Unauthenticated
├── WrongCredentials    401, phone or password; the response does not say which
└── SessionEnded        401, the refresh token is not the current one of an open session
"""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict, FieldError, Forbidden, Unauthenticated


class PhoneTaken(Conflict):
    code, title = "phone_taken", "There is an account with this phone number; sign in"


class WrongCredentials(Unauthenticated):
    title = "Phone number or password is wrong"


class AccountBanned(Forbidden):
    code, title = "account_banned", "This account was banned; ask our support if you think that is wrong"


class SessionEnded(Unauthenticated):
    title = "This session has ended; sign in again"

    @classmethod
    def reused(cls) -> SessionEnded:
        """The session was ended because its refresh token was used twice: ``errors`` tells apps so."""
        detail = "This session was ended because its refresh token was used twice; sign in again"
        return cls(detail, errors=(FieldError("refresh_token", "reused", detail),))
