"""The errors of auth.

Conflict
└── PhoneTaken          409, an account has that number
Unauthenticated
├── WrongCredentials    401, phone or password; the response does not say which
└── SessionEnded        401, the refresh token is not the current one of an open session
"""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict, Unauthenticated


class PhoneTaken(Conflict):
    code, title = "phone_taken", "There is an account with this phone number; sign in"


class WrongCredentials(Unauthenticated):
    title = "Phone number or password is wrong"


class SessionEnded(Unauthenticated):
    title = "This session has ended; sign in again"
