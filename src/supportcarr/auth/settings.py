"""Settings of accounts and tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.crypto import secrets_of
from supportcarr.kit.runtime.setting_rules import rule
from supportcarr.kit.runtime.settings import SECRET, SettingsGroup

SHORTEST_LOOKUP_SECRET = 16  # characters
SHORTEST_TOKEN_SECRET = 32  # bytes: HS256 needs a key as long as its hash (RFC 7518, 3.2)
VERSION = re.compile(r"[A-Za-z0-9.-]{1,32}")


def token_keys(text: str) -> list[tuple[str, str]]:
    """The (kid, secret) of each token secret.  Raises ``ValueError`` if one is too short or has no kid."""
    keys = [(kid, secret) for kid, _, secret in (entry.strip().partition(":") for entry in text.split(","))]
    if any(not kid or len(secret.encode()) < SHORTEST_TOKEN_SECRET for kid, secret in keys):
        raise ValueError(
            f"it must be KID:SECRET, comma-separated, each secret of at least {SHORTEST_TOKEN_SECRET} bytes"
        )
    if len({kid for kid, _ in keys}) < len(keys):
        raise ValueError("two secrets have the same KID")
    return keys


def lookup_secrets(text: str) -> tuple[str, ...]:
    """The look-up secrets.  Raises ``ValueError`` if one is too short."""
    secrets = secrets_of(text)
    if not secrets or any(len(secret) < SHORTEST_LOOKUP_SECRET for secret in secrets):
        raise ValueError(f"each secret must have at least {SHORTEST_LOOKUP_SECRET} characters")
    return secrets


class AuthSettings(SettingsGroup, frozen=True, kw_only=True):
    """Accounts and tokens."""

    prefix = "AUTH_"
    token_secrets: Annotated[
        str,
        Meta(
            description=(
                "secrets that the signing keys of access tokens are derived from, as KID:SECRET, "
                "comma-separated; new keys are derived from the first"
            ),
            extra=SECRET | rule(token_keys),
        ),
    ] = ""
    lookup_secret: Annotated[
        str,
        Meta(
            description=(
                "secrets of the keyed hashes by which phone numbers, names, plates, refresh tokens, API keys "
                "and idempotency keys are found or verified, comma-separated; the first makes new ones"
            ),
            extra=SECRET | rule(lookup_secrets),
        ),
    ] = ""
    access_seconds: Annotated[int, Meta(ge=30, description="lifetime of an access token")] = 900
    refresh_seconds: Annotated[
        int, Meta(ge=60, description="lifetime of a refresh token, and so of a session that is not used")
    ] = 30 * 86_400
    session_seconds: Annotated[
        int,
        Meta(ge=60, description="time after a sign-in at which its session ends, however much it is used"),
    ] = 90 * 86_400
    key_days: Annotated[
        int,
        Meta(ge=0, description="days after which a new signing key replaces the last; 0: only by command"),
    ] = 30
    bcrypt_cost: Annotated[int, Meta(ge=4, le=16, description="bcrypt cost; lower it in tests only")] = 12
    guesses_free: Annotated[
        int, Meta(ge=1, description="wrong passwords of one account before each further one must wait")
    ] = 10
    guess_pause_max_seconds: Annotated[
        float, Meta(ge=1, description="longest wait between two wrong passwords of one account")
    ] = 300
    guesses_forget_seconds: Annotated[
        float, Meta(ge=60, description="time after which the wrong passwords of an account are forgotten")
    ] = 86_400
    provisional_seconds: Annotated[
        int, Meta(ge=600, description="lifetime of an account whose phone is not verified")
    ] = 86_400
    text_pause_seconds: Annotated[
        float, Meta(ge=0, description="pause between two texts to one phone number")
    ] = 30
    texts_per_hour: Annotated[int, Meta(ge=1, description="text messages per hour to one number")] = 5
    texts_per_day: Annotated[int, Meta(ge=1, description="text messages per day to one number")] = 10
    bcrypt_threads: Annotated[int, Meta(ge=1, le=16, description="threads that hash passwords")] = 2


def version(value: str) -> None:
    """A short name of a version, such as a date."""
    if not VERSION.fullmatch(value):
        raise ValueError("it must be at most 32 letters, digits, dots and hyphens, such as 2026-11-01")


def folder(value: str) -> None:
    """A folder that exists."""
    if not Path(value).is_dir():
        raise ValueError(f"there is no folder {value!r}")


class LegalSettings(SettingsGroup, frozen=True, kw_only=True):
    """Terms and privacy."""

    prefix = "LEGAL_"
    terms_version: Annotated[
        str, Meta(description="version of the terms that people accept at sign-up", extra=rule(version))
    ] = "2026-11"
    privacy_version: Annotated[
        str, Meta(description="version of the privacy notice", extra=rule(version))
    ] = "2026-11"
    folder: Annotated[
        str,
        Meta(
            description=(
                "folder of the company's own texts (terms.en.md, privacy.en.md, the same with es and fr); "
                "empty: our templates"
            ),
            extra=rule(folder),
        ),
    ] = ""
