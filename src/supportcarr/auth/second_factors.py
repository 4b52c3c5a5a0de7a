"""TOTP secrets of accounts (RFC 6238) and their recovery codes.  Pure.

A code is of six digits for each step of 30 seconds.  One step before and after the current one is accepted,
because clocks differ, and each step once only.  Recovery codes are for a lost phone, each once only.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import msgspec
import pyotp

from supportcarr.contracts.documents import Document

STEP_SECONDS = 30
DRIFT_STEPS = 1
RECOVERY_CODES = 10
ISSUER = "SupportCarr"

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike
_RECOVERY_LENGTH = 10  # 49 bits


class SecondFactor(Document, frozen=True, kw_only=True):
    """The TOTP secret of an account; the id is the account's.  Wall time.

    It counts once ``confirmed_at`` is set.  ``used_step`` is the last step of which a code was accepted.
    """

    secret: str  # sealed under the data key of its owner
    created_at: datetime
    confirmed_at: datetime | None = None
    recovery_hashes: tuple[str, ...] = ()  # keyed hashes of the codes that are left
    used_step: int = 0


def new_secret() -> str:
    """A secret of 160 bits, in base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str) -> str:
    """What an authenticator app reads as a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: float, used_step: int) -> int | None:
    """The step that *code* is of, if it is near *now* (wall seconds) and after *used_step*."""
    totp, current = pyotp.TOTP(secret, interval=STEP_SECONDS), int(now) // STEP_SECONDS
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        same = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if same and step > used_step:
            found = step
    return found


def code_at(secret: str, now: float) -> str:
    """The code of a secret at that time (wall seconds)."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).generate_otp(int(now) // STEP_SECONDS)


def new_recovery_codes() -> list[str]:
    """Codes as their owner writes them down: ``abcde-fghjk``."""
    codes = []
    for _ in range(RECOVERY_CODES):
        text = "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        codes.append(f"{text[:5]}-{text[5:]}")
    return codes


def plain_recovery_code(text: str) -> str:
    """The code without what people add when they type it."""
    return text.lower().replace("-", "").replace(" ", "")


def with_code_used(factor: SecondFactor, step: int) -> SecondFactor:
    return msgspec.structs.replace(factor, used_step=step)


def without_recovery_code(factor: SecondFactor, hashed: str) -> SecondFactor:
    left = tuple(one for one in factor.recovery_hashes if one != hashed)
    return msgspec.structs.replace(factor, recovery_hashes=left)
