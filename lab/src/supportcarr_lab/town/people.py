"""The people of the town: names, numbers, when they signed up, and their accounts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import bcrypt
import msgspec

from supportcarr.auth.model import Preferences, User
from supportcarr.contracts.actors import Role
from supportcarr.contracts.ids import USER
from supportcarr.contracts.languages import Language
from supportcarr_lab.simulator.accounts import FIRST_NAMES, LAST_NAMES
from supportcarr_lab.town.options import Dice, TownOptions

PASSWORD = "wheels-turn-in-this-town"  # noqa: S105 - of seeded accounts, in the local profile only

# Beside the blocks of the simulated city (514-401, 514-402) and of the demo's operators (514-555-01xx).
_NUMBERS = {"rider": "+1438{:07d}", "driver": "+1450{:07d}", "support": "+1514555{:04d}"}
_FIRST_NUMBER = {"rider": 2_000_000, "driver": 2_000_000, "support": 150}
SIGNED_UP_BEFORE = timedelta(days=300)  # the earliest, before the history begins
EARLY_PART = 0.7  # who signed up before it begins
_SALT_BYTES = 16

PersonRole = Literal["rider", "driver", "support"]


class Townsperson(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    role: Role
    name: str
    phone: str
    created_at: datetime


def townspeople(options: TownOptions, dice: Dice, role: PersonRole, number: int) -> list[Townsperson]:
    """The people of that role, in the order in which they signed up; they have phones in that order."""
    rng = dice.random("people", role)
    earliest = options.begins_at - SIGNED_UP_BEFORE
    latest = options.ends_at - timedelta(days=2)
    times = sorted(
        earliest + (options.begins_at - earliest) * rng.random()
        if index < number * EARLY_PART
        else options.begins_at + (latest - options.begins_at) * rng.random()
        for index in range(number)
    )
    return [
        Townsperson(
            id=dice.new_id(USER, at, role, index),
            role=role,
            name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
            phone=_NUMBERS[role].format(_FIRST_NUMBER[role] + index),
            created_at=at.replace(microsecond=0),
        )
        for index, at in enumerate(times)
    ]


def password_hash(options: TownOptions, cost: int) -> str:
    """The hash of the town's password, which every seeded account shares."""
    salt = hashlib.blake2b(options.name.encode(), digest_size=_SALT_BYTES).digest()
    encoded = base64.b64encode(salt, altchars=b"./").rstrip(b"=").translate(_TO_BCRYPT)
    return bcrypt.hashpw(PASSWORD.encode(), b"$2b$%02d$%s" % (cost, encoded)).decode()


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"
_BCRYPT64 = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TO_BCRYPT = bytes.maketrans(_BASE64, _BCRYPT64)


def account_of(person: Townsperson, dice: Dice, hashed: str, claimed: Mapping[str, str | None]) -> User:
    """The person's account; *claimed* are the fields by which the number is found."""
    rng = dice.random("account", person.id)
    language: Language = "es" if rng.random() < 0.1 else "en"
    return User(
        id=person.id,
        version=2,  # signed up, then verified
        phone=person.phone,
        phone_verified_at=person.created_at + timedelta(seconds=rng.randint(20, 90)),
        language=language,
        preferences=Preferences(
            units="imperial" if rng.random() < 0.1 else "metric", email=rng.random() < 0.8
        ),
        accessibility="I use a cane; please stop near the kerb." if rng.random() < 0.01 else None,
        name=person.name,
        password_hash=hashed,
        roles=(person.role,),
        created_at=person.created_at,
        phone_key=claimed["phone_key"],
        phone_key_odd=claimed["phone_key_odd"],
    )
