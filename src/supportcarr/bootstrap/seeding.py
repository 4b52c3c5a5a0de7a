"""Seed a new city: its service area, its tariff, and the accounts of its operators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.errors import WrongCredentials
from supportcarr.auth.guesses import GuessLimiter, GuessRules
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.auth.totp_service import TotpService
from supportcarr.bootstrap.operators import Operator, operators, partner_key
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.partners.service import PartnerService
from supportcarr.pricing.areas import seed_demo

DEMO_SCOPES = ("account:read", "quotes:write", "rescues:read", "rescues:write", "webhooks:write")


async def _ensure(auth: AuthService, totp: TotpService, role: str, operator: Operator, name: str) -> None:
    try:
        user = await auth.ensure_account(operator.phone, operator.password, name, [role])
    except WrongCredentials:
        raise SettingsError(
            f"{operator.phone} belongs to an account with another password; it is not made {role}."
        ) from None
    if operator.totp_secret is not None:
        await totp.ensure(user.id, operator.totp_secret)


async def seed(settings: Settings, store: SealingStore) -> dict[str, Operator]:
    """Add the area, tariff and operators of the demo where they are missing.  Idempotent.

    Raises ``SettingsError`` if an operator's number belongs to another account.
    """
    await seed_demo(store)
    folder = Path(settings.deployment.data)
    people = operators(folder)
    with _accounts(settings, store) as (auth, totp):
        if settings.deployment.profile == "local":
            partners = PartnerService(store, Clock(), settings.auth.lookup_secret)
            await partners.ensure_key("Demo partner", partner_key(folder), DEMO_SCOPES)
        for role, operator in people.items():
            await _ensure(auth, totp, role, operator, role.capitalize())
    return people


async def add_operator(
    settings: Settings, store: SealingStore, role: str, operator: Operator, name: str
) -> None:
    """Create an account with that role, or give the role to the account that has the number and password.

    Raises ``SettingsError`` if the number belongs to an account with another password.
    """
    with _accounts(settings, store) as (auth, totp):
        await _ensure(auth, totp, role, operator, name)


@contextmanager
def _accounts(settings: Settings, store: SealingStore) -> Iterator[tuple[AuthService, TotpService]]:
    clock = Clock()
    redis = RedisClient("redis://127.0.0.1:1")  # nothing here asks it
    revocations = Revocations(store, clock, settings.auth, redis)
    passwords = PasswordHasher(settings.auth, deadline_seconds=None)  # no request waits for it
    tokens = AccessTokens(settings.auth, revocations)
    totp = TotpService(
        store,
        clock,
        secret=settings.auth.lookup_secret,
        seal=store.data_keys,
        guesses=GuessLimiter(store, clock, GuessRules.from_settings(settings.auth)),
        issue=tokens.issue_for,
    )
    auth = AuthService(
        store,
        clock,
        settings.auth,
        tokens=tokens,
        passwords=passwords,
        revocations=revocations,
    )
    try:
        yield auth, totp
    finally:
        passwords.close()
