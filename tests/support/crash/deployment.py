"""Where a world is, who lives in it, what its clock says and how its parts are set."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from support.payments.world import API_KEY, WEBHOOK_SECRET
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.runtime.clock import Clock


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a world is; *starts* is its wall time when it opens, seconds since the Unix epoch."""

    folder: str
    store_url: str
    redis_url: str
    stripe_url: str
    starts: float

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def steps(self) -> Path:
        return self.path / "steps.jsonl"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    def jumped(self) -> float:
        """By how much a process that was killed had moved its clock."""
        file = self.path / "jumped"
        return float(file.read_text()) if file.exists() else 0.0


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the world, signed in."""

    id: str
    access_token: str
    refresh_token: str


class People(msgspec.Struct, frozen=True, kw_only=True):
    """One rider with a card, and two drivers; the near one is asked first."""

    rider: Person
    card: str
    near: Person
    near_vehicle: str
    far: Person
    far_vehicle: str


class MovedClock(Clock):
    """Both clocks, from a given time on: they move when a test moves them, and by a tick at each look, so
    that nothing hangs on how quick the machine is."""

    TICK_S = 0.0001

    def __init__(self, starts: float) -> None:
        self._now = starts
        self.jumped = 0.0
        super().__init__(wall=self._read)

    def _read(self) -> float:
        self._now += self.TICK_S
        return self._now

    def jump(self, seconds: float) -> None:
        self._now += seconds
        self.jumped += seconds


# Cheap passwords, limits that no test meets, tokens that outlive every jump of the clock.
ENVIRONMENT = {
    "PROFILE": "staging",
    "AUTH_TOKEN_SECRETS": "k1:" + "s" * 40,
    "AUTH_LOOKUP_SECRET": "l" * 40,
    "AUTH_BCRYPT_COST": "4",
    "AUTH_ACCESS_SECONDS": "8640000",
    "AUTH_REFRESH_SECONDS": "8640000",
    "QUOTES_SECRET": "q" * 40,
    "STRIPE_API_KEY": API_KEY,
    "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "STRIPE_TOLERANCE_SECONDS": "864000",
    "STRIPE_TIMEOUT_SECONDS": "1.0",
    "LIMITS_SENSITIVE_PER_MINUTE": "100000",
    "LIMITS_ADDRESS_PER_MINUTE": "100000",
    "LIMITS_USER_PER_MINUTE": "100000",
}


@functools.cache
def _settings() -> Settings:
    return load_settings({f"SUPPORTCARR_{name}": value for name, value in ENVIRONMENT.items()}, dotenv=None)


def settings_at(place: Place) -> Settings:
    base, replace = _settings(), msgspec.structs.replace
    return replace(
        base,
        deployment=replace(
            base.deployment, data=place.folder, store_url=place.store_url, redis_url=place.redis_url
        ),
        stripe=replace(base.stripe, api_base=place.stripe_url),
    )
