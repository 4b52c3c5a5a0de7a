"""Seed a new city: its service area, its tariff, and the accounts of its operators."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.errors import WrongCredentials
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.store.port import Store
from supportcarr.pricing.areas import seed_demo

OPERATORS_FILE = "operators.json"
# Fictional numbers: 555-0100 to 555-0199 are reserved for fiction in every North American area code.
_NUMBERS = {"admin": "+15145550100", "support": "+15145550101"}


class Operator(msgspec.Struct, frozen=True):
    """The credentials of a demo operator; ``totp_secret`` is for two-factor sign-in."""

    phone: str
    password: str
    totp_secret: str | None = None


def operators(folder: Path) -> dict[str, Operator]:
    """The demo's admin and support agent; their passwords are generated once and kept in *folder*."""
    file = folder / OPERATORS_FILE
    if file.is_file():
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Operator])
    made = {role: Operator(number, secrets.token_urlsafe(12)) for role, number in _NUMBERS.items()}
    write_private(file, msgspec.to_builtins(made))
    return made


def write_private(file: Path, content: Any) -> None:
    """Write JSON atomically, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(content, out, indent=2)
    temporary.replace(file)


async def _ensure(auth: AuthService, role: str, operator: Operator) -> None:
    try:
        await auth.ensure_account(operator.phone, operator.password, role.capitalize(), [role])
    except WrongCredentials:
        raise SettingsError(
            f"{operator.phone} belongs to an account with another password; it is not made {role}."
        ) from None


async def seed(settings: Settings, store: Store) -> dict[str, Operator]:
    """Add the area, tariff and operators of the demo where they are missing.  Idempotent.

    Raises ``SettingsError`` if an operator's number belongs to another account.
    """
    await seed_demo(store)
    people = operators(Path(settings.deployment.data))
    clock = Clock()
    revocations = Revocations(store, clock, settings.auth, RedisClient("redis://127.0.0.1:1"))
    passwords = PasswordHasher(settings.auth)
    auth = AuthService(
        store,
        clock,
        settings.auth,
        tokens=AccessTokens(settings.auth, revocations),
        passwords=passwords,
        revocations=revocations,
    )
    try:
        for role, operator in people.items():
            await _ensure(auth, role, operator)
    finally:
        passwords.close()
    return people
