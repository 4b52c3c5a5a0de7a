"""Seed a new city: its service area, its tariff, and the accounts of its operators."""

from __future__ import annotations

from pathlib import Path

from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.errors import WrongCredentials
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.bootstrap.operators import Operator, operators
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.store.port import Store
from supportcarr.pricing.areas import seed_demo


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
