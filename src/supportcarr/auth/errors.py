"""The errors of auth.

CodeWrong               422, the try is counted
Conflict
├── PhoneTaken          409, an account has that number
├── LastAdmin           409, somebody must be able to give roles
├── OwnRoles            409, nobody changes their own roles
├── OperatorNotBanned   409, take the operator's role away first
├── TotpAlreadyEnrolled 409, remove the confirmed secret first
└── TotpNotEnrolled     409, there is no secret to confirm, use or remove
Forbidden
├── AccountBanned       403, the password is right, but the account was banned
└── PasswordRequired    403, the session is not new: send the password too
Unauthenticated
├── TotpCodeRequired    401, the password is right, and the account also needs a TOTP code
├── TotpCodeWrong       401, a code that is wrong, too old, or used
├── WrongCredentials    401, phone or password; the response does not say which
└── SessionEnded        401, the refresh token is not the current one of an open session
"""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError, Conflict, FieldError, Forbidden, Unauthenticated


class CodeWrong(ApiError):
    """The try has been counted."""

    status, code, title = 422, "code_wrong", "This is not the code that was sent"


class PhoneTaken(Conflict):
    code, title = "phone_taken", "Another account has this phone number meanwhile; sign in to that one"


class CodeEnded(Conflict):
    code, title = "code_ended", "This code is used, too old, or was tried too often; ask for a new one"


class AlreadyVerified(Conflict):
    code, title = "already_verified", "The phone number of this account is verified"


class WrongCredentials(Unauthenticated):
    title = "Phone number or password is wrong"


class AccountBanned(Forbidden):
    code, title = "account_banned", "This account was banned; ask our support if you think that is wrong"


class PasswordRequired(Forbidden):
    code, title = "password_required", "Send your password too, or sign in again first"


class SessionEnded(Unauthenticated):
    title = "This session has ended; sign in again"

    @classmethod
    def reused(cls) -> SessionEnded:
        """The session was ended because its refresh token was used twice: ``errors`` tells apps so."""
        detail = "This session was ended because its refresh token was used twice; sign in again"
        return cls(detail, errors=(FieldError("refresh_token", "reused", detail),))


class TotpCodeRequired(Unauthenticated):
    code, title = "totp_code_required", "Send totp_code too: the code of your authenticator app"


class TotpCodeWrong(Unauthenticated):
    code, title = "totp_code_wrong", "This code is wrong, too old, or was used; wait for the next one"


class TotpAlreadyEnrolled(Conflict):
    code, title = "totp_already_enrolled", "This account has an authenticator app; remove it first"


class TotpNotEnrolled(Conflict):
    code, title = "totp_not_enrolled", "This account has no authenticator app; set one up first"


class LastAdmin(Conflict):
    code, title = "last_admin", "This is the last admin; make somebody else an admin first"


class OwnRoles(Conflict):
    code, title = "own_roles", "You cannot change your own roles; ask another admin"


class OperatorNotBanned(Conflict):
    code, title = "operator_not_banned", "Operators cannot be banned; take the operator's role away first"
