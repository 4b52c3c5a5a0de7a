"""Auth's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.auth.guesses import GUESSES
from supportcarr.auth.model import Session, User
from supportcarr.auth.second_factors import SecondFactor
from supportcarr.auth.sign_in_addresses import SignInAddresses
from supportcarr.auth.signing_keys import SIGNING_KEYS
from supportcarr.auth.staff import Staff
from supportcarr.kit.store.port import CollectionSpec, Index

USERS = CollectionSpec("users", User, indexes=(Index("tokens_not_before"),), unique=("phone_key",))
SESSIONS = CollectionSpec(
    "sessions", Session, indexes=(Index("user_id"), Index("ended_at"), Index("expires_at"))
)

SIGN_IN_ADDRESSES = CollectionSpec("signinaddresses", SignInAddresses)

STAFF = CollectionSpec("staff", Staff)
SECOND_FACTORS = CollectionSpec("secondfactors", SecondFactor)

SPECS: tuple[CollectionSpec[Any], ...] = (
    USERS,
    SESSIONS,
    SIGN_IN_ADDRESSES,
    SIGNING_KEYS,
    GUESSES,
    SECOND_FACTORS,
    STAFF,
)
