"""The deployment of a world: its addresses, people, clock and settings."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import msgspec

from support import rfc8291
from support.payments.world import API_KEY, IDENTITY, TWILIO, WEBHOOK_SECRET
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.runtime.clock import Clock


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """Where a world's data and servers are; *start_time* is the wall time it opens at, in Unix seconds.

    *stripe_timeout_s*: how long a call of Stripe may take, which is short only where one never responds.
    """

    folder: str
    store_url: str
    redis_url: str
    stripe_url: str
    start_time: float
    stripe_timeout_s: float = 60.0

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def steps(self) -> Path:
        return self.path / "steps.jsonl"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    def advanced(self) -> float:
        """By how many seconds the previous process had advanced its clock."""
        file = self.path / "clock-advance"
        return float(file.read_text()) if file.exists() else 0.0


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in user."""

    id: str
    access_token: str
    refresh_token: str


class People(msgspec.Struct, frozen=True, kw_only=True):
    """One rider with a card, and two drivers; the near one gets the first offer."""

    rider: Person
    card: str
    near: Person
    near_vehicle: str
    far: Person
    far_vehicle: str


class ManualClock(Clock):
    """Wall and city time that advance only by hand, and by one tick at each read, so that nothing depends on
    the speed of the machine."""

    TICK_S = 0.0001

    def __init__(self, start_time: float) -> None:
        self._now = start_time
        self.advanced = 0.0
        super().__init__(wall=self._read)

    def _read(self) -> float:
        self._now += self.TICK_S
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self.advanced += seconds


def _secret(of: str) -> str:
    """The same in each process, and none of the placeholders that staging refuses."""
    return hashlib.sha256(of.encode()).hexdigest()


# Cheap password hashes, rate limits that no test reaches, tokens that outlive every advance of the clock.
ENVIRONMENT = {
    "PROFILE": "staging",
    "DRIVERS_DOCUMENTS_REQUIRED": "false",  # drivers are approved without documents
    "AUTH_TOKEN_SECRETS": "k1:" + _secret("tokens"),
    "AUTH_LOOKUP_SECRET": _secret("lookups"),
    "AUDIT_SECRET": _secret("audit"),
    "AUTH_BCRYPT_COST": "4",
    "AUTH_ACCESS_SECONDS": "8640000",
    "AUTH_REFRESH_SECONDS": "8640000",
    "QUOTES_SECRET": _secret("quotes"),
    "STRIPE_API_KEY": API_KEY,
    "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "STRIPE_TOLERANCE_SECONDS": "864000",
    "PUSH_TIMEOUT_SECONDS": "30",
    "PUSH_VAPID_PRIVATE_KEY": rfc8291.SERVER_PRIVATE_KEY,
    "TWILIO_ACCOUNT_SID": TWILIO.sid,
    "TWILIO_AUTH_TOKEN": TWILIO.token,
    "TWILIO_FROM_NUMBER": "+15005550006",
    "TWILIO_TIMEOUT_SECONDS": "60",
    "IDENTITY_CHECKS_API_KEY": IDENTITY.api_key,
    "IDENTITY_CHECKS_WEBHOOK_SECRET": IDENTITY.webhook_secret,
    "IDENTITY_CHECKS_TIMEOUT_SECONDS": "60",
    "LIMITS_SENSITIVE_PER_MINUTE": "100000",
    "LIMITS_QUOTES_PER_MINUTE": "100000",
    "LIMITS_PINS_PER_MINUTE": "100000",
    "LIMITS_TEXTS_PER_ADDRESS_PER_HOUR": "100000",
    "LIMITS_TEXTS_PER_ADDRESS_PER_DAY": "100000",
    "LIMITS_ADDRESS_PER_MINUTE": "100000",
    "LIMITS_USER_PER_MINUTE": "100000",
}


@functools.cache
def _settings() -> Settings:
    return load_settings({f"SUPPORTCARR_{name}": value for name, value in ENVIRONMENT.items()}, dotenv=None)


def settings_at(deployment: Deployment) -> Settings:
    base, replace = _settings(), msgspec.structs.replace
    return replace(
        base,
        deployment=replace(
            base.deployment,
            data=deployment.folder,
            store_url=deployment.store_url,
            redis_url=deployment.redis_url,
        ),
        stripe=replace(
            base.stripe, api_base=deployment.stripe_url, timeout_seconds=deployment.stripe_timeout_s
        ),
        push=replace(base.push, emulator_url=deployment.stripe_url),
        twilio=replace(base.twilio, api_base=deployment.stripe_url),
        identity_checks=replace(base.identity_checks, api_base=f"{deployment.stripe_url}/checks/identity"),
    )
