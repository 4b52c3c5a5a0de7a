"""Auth's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.auth.codes import SmsCode
from supportcarr.auth.guesses import GUESSES
from supportcarr.auth.model import Session, User
from supportcarr.auth.requested_texts import RequestedTexts
from supportcarr.auth.second_factors import SecondFactor
from supportcarr.auth.sign_in_addresses import SignInAddresses
from supportcarr.auth.signing_keys import SIGNING_KEYS
from supportcarr.auth.staff import Staff
from supportcarr.auth.text_message import TextMessage
from supportcarr.kit.store.port import CollectionSpec, Index

USERS = CollectionSpec(
    "users",
    User,
    indexes=(Index("tokens_not_before"), Index("provisional_until")),
    unique=("phone_key", "phone_key_odd"),
)
SESSIONS = CollectionSpec(
    "sessions", Session, indexes=(Index("user_id"), Index("ended_at"), Index("expires_at"))
)

SIGN_IN_ADDRESSES = CollectionSpec("signinaddresses", SignInAddresses)

STAFF = CollectionSpec("staff", Staff)
SECOND_FACTORS = CollectionSpec("secondfactors", SecondFactor)
SMS_CODES = CollectionSpec("smscodes", SmsCode, indexes=(Index("expires_at"),))
REQUESTED_TEXTS = CollectionSpec("requestedtexts", RequestedTexts, indexes=(Index("expires_at"),))
TEXT_MESSAGES = CollectionSpec(
    "textmessages", TextMessage, indexes=(Index("provider_id"), Index("forget_at"))
)

SPECS: tuple[CollectionSpec[Any], ...] = (
    USERS,
    SESSIONS,
    SIGN_IN_ADDRESSES,
    SIGNING_KEYS,
    GUESSES,
    SECOND_FACTORS,
    STAFF,
    SMS_CODES,
    REQUESTED_TEXTS,
    TEXT_MESSAGES,
)
