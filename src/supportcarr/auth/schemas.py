"""Request and response bodies of auth."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from supportcarr.auth import phones
from supportcarr.auth.devices import UNKNOWN_DEVICE
from supportcarr.auth.model import AccountChanges, User
from supportcarr.auth.password_rules import check_new_password
from supportcarr.auth.session_service import OpenSession
from supportcarr.contracts.languages import Language
from supportcarr.contracts.routing import FieldRules
from supportcarr.contracts.web_apps import AppName

Phone = Annotated[str, Meta(max_length=32, description="with country code", examples=["+1 514 555 0142"])]
NewPassword = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=72,
        description="at most 72 bytes, and not one of those that are commonly leaked",
        examples=["correct horse battery"],
    ),
]
CurrentPassword = Annotated[str, Meta(min_length=8, max_length=72, description="at most 72 bytes")]
Code = Annotated[str, Meta(pattern="^[0-9]{6}$", description="as it was sent by SMS", examples=["042137"])]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
        examples=["Ana Roy"],
    ),
]


_NEW_ACCOUNT: FieldRules = {
    "phone": phones.parse,
    "password": lambda password: check_new_password(password, "", ""),
}


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``language``: of text messages.

    ``accepted_terms``: the version of the terms that the person accepted (``legal.terms_version`` of
    ``/config.json``); web apps must send it.
    """

    field_rules: ClassVar[FieldRules] = _NEW_ACCOUNT

    phone: Phone
    password: NewPassword
    name: Name
    role: Literal["rider", "driver"]
    language: Language = "en"
    accepted_terms: Annotated[str, Meta(min_length=1, max_length=32)] | None = None


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``totp_code`` is required of accounts that have a TOTP secret."""

    phone: Phone
    password: CurrentPassword
    totp_code: Annotated[str, Meta(min_length=6, max_length=16, description="or a recovery code")] | None = (
        None
    )


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``refresh_token``: not of web apps, which have it in a cookie.

    ``nonce``: new for each refresh, the same when it is repeated after a lost response.
    """

    refresh_token: Annotated[str, Meta(max_length=256)] | None = None
    nonce: Annotated[str, Meta(min_length=8, max_length=128)] | None = None


class ChannelsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Channels of notifications beside the app; what is left out stays as it is."""

    push: bool | msgspec.UnsetType = msgspec.UNSET
    sms: bool | msgspec.UnsetType = msgspec.UNSET
    email: bool | msgspec.UnsetType = msgspec.UNSET


class PreferencesChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is.  ``accessibility``: what helps the person, in their words."""

    language: Language | msgspec.UnsetType = msgspec.UNSET
    units: Literal["metric", "imperial"] | msgspec.UnsetType = msgspec.UNSET
    notifications: ChannelsChange | msgspec.UnsetType = msgspec.UNSET
    accessibility: (
        Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")] | msgspec.UnsetType | None
    ) = msgspec.UNSET


class ChangeAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    preferences: PreferencesChange | msgspec.UnsetType = msgspec.UNSET

    @property
    def changes(self) -> AccountChanges:
        account: dict[str, str | None] = {}
        preferences: dict[str, str | bool] = {}
        if self.name is not msgspec.UNSET:
            account["name"] = self.name.strip()
        if (wanted := self.preferences) is not msgspec.UNSET:
            if wanted.language is not msgspec.UNSET:
                account["language"] = wanted.language
            if wanted.accessibility is not msgspec.UNSET:
                account["accessibility"] = wanted.accessibility and wanted.accessibility.strip()
            if wanted.units is not msgspec.UNSET:
                preferences["units"] = wanted.units
            if wanted.notifications is not msgspec.UNSET:
                channels = msgspec.structs.asdict(wanted.notifications)
                preferences |= {name: on for name, on in channels.items() if on is not msgspec.UNSET}
        return AccountChanges(account, preferences)


class ChangePhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``password``: unless the session was opened in the last ten minutes, or is stepped up."""

    field_rules: ClassVar[FieldRules] = {"phone": phones.parse}

    phone: Phone
    password: CurrentPassword | None = None


class UserOut(msgspec.Struct, frozen=True):
    """``phone_verified``: false of a provisional account, which can look, but not request, drive or pay."""

    id: str
    phone: str
    name: str
    roles: tuple[str, ...]
    created_at: datetime
    phone_verified: bool

    @classmethod
    def of(cls, user: User) -> UserOut:
        return cls(user.id, user.phone, user.name, user.roles, user.created_at, user.verified)


class Channels(msgspec.Struct, frozen=True):
    push: bool
    sms: bool
    email: bool


class PreferencesView(msgspec.Struct, frozen=True):
    language: Language
    units: Literal["metric", "imperial"]
    notifications: Channels
    accessibility: str | None

    @classmethod
    def of(cls, user: User) -> PreferencesView:
        preferred = user.preferences
        channels = Channels(preferred.push, preferred.sms, preferred.email)
        return cls(user.language, preferred.units, channels, user.accessibility)


class AccountView(msgspec.Struct, frozen=True):
    """The caller's account; ``new_phone``: which waits for the code that was sent to it."""

    id: str
    phone: str
    name: str
    roles: tuple[str, ...]
    created_at: datetime
    phone_verified: bool
    new_phone: str | None
    preferences: PreferencesView

    @classmethod
    def of(cls, user: User) -> AccountView:
        return cls(
            user.id,
            user.phone,
            user.name,
            user.roles,
            user.created_at,
            user.verified,
            user.new_phone,
            PreferencesView.of(user),
        )


class SignedIn(msgspec.Struct, frozen=True):
    """``expires_in``: seconds until the access token expires.

    ``refresh_token`` is absent for web apps: it is in their cookie.
    """

    user: UserOut
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET


class SessionView(msgspec.Struct, frozen=True):
    """An open session: ``device`` and ``place`` help its owner to recognize it.

    ``app``: the web app that signed in, if any.  ``used_at`` is some minutes late at most.  ``current``: the
    one that asks.
    """

    id: str
    app: AppName | None
    device: str
    place: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    current: bool

    @classmethod
    def of(cls, open_session: OpenSession, current_id: str) -> SessionView:
        session = open_session.session
        return cls(
            session.id,
            session.app,
            session.device or UNKNOWN_DEVICE,
            session.place,
            session.created_at,
            open_session.used_at,
            session.expires_at,
            session.id == current_id,
        )


class TotpCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    totp_code: Annotated[str, Meta(pattern=r"^[0-9]{6}$", examples=["123456"])]


class TotpConfirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``code``: of the new secret."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{6}$", examples=["123456"])]


class TotpSecret(msgspec.Struct, frozen=True):
    """``uri``: what an authenticator app reads as a QR code."""

    secret: str
    uri: str


class AccessRenewed(msgspec.Struct, frozen=True):
    """An access token of the same session, which replaces the one before."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class TotpConfirmed(msgspec.Struct, frozen=True):
    """The recovery codes are shown once; the access token replaces the one before."""

    recovery_codes: list[str]
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class VerifyPhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Code


class ChangePassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current_password: CurrentPassword
    new_password: NewPassword


class RequestPasswordReset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phone: Phone


class ResetPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field_rules: ClassVar[FieldRules] = _NEW_ACCOUNT

    phone: Phone
    code: Code
    password: NewPassword


class AddRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: Literal["rider", "driver"]


class CodeRequested(msgspec.Struct, frozen=True):
    """``expires_in``: seconds until the code ends that is sent, if one is sent."""

    expires_in: int


class RenewedAccess(msgspec.Struct, frozen=True):
    """The account, and an access token of the same session that takes the place of the one before."""

    user: UserOut
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
