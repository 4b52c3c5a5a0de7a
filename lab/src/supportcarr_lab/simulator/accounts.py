"""The accounts of simulated people, and the file that keeps them between two runs.

Phones, names and passwords are derived from a secret in ``DATA/simulator-sessions.json`` (readable by
its owner only).  The file also holds the refresh tokens, so that the next run need not sign everyone in
with a password (hashing one is slow), and each truck's last place, from where the next run continues.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Literal

import msgspec

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.simulator.client import SessionTokens

PersonRole = Literal["rider", "driver"]

# Valid numbers in Montreal's area code: ten thousand for each role.
_BLOCKS: dict[PersonRole, str] = {"rider": "+1514401", "driver": "+1514402"}
MAX_PER_ROLE = 10_000

FIRST_NAMES = (
    "Adèle", "Alice", "Amir", "Béatrice", "Camille", "Chloé", "Daniel", "Élise", "Emma", "Félix",
    "Gabriel", "Hana", "Hugo", "Ines", "Jade", "Julien", "Karim", "Léa", "Liam", "Maëlle",
    "Marc", "Maya", "Mehdi", "Nadia", "Noah", "Olivier", "Priya", "Rosalie", "Samuel", "Sofia",
    "Théo", "Valérie", "William", "Xin", "Yasmine", "Zoé",
)  # fmt: skip
LAST_NAMES = (
    "Abbas", "Beaulieu", "Bélanger", "Bouchard", "Chen", "Côté", "Dubois", "Fortin", "Gagnon",
    "Girard", "Haddad", "Kaur", "Lavoie", "Leblanc", "Martin", "Mercier", "Nguyen", "Okafor",
    "Paquette", "Pelletier", "Poirier", "Ramos", "Roy", "Simard", "Singh", "Tremblay", "Tran",
)  # fmt: skip


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated person."""

    role: PersonRole
    index: int
    phone: str
    password: str
    name: str

    @property
    def address(self) -> str:
        """A network address of its own, because rate limits are counted per address."""
        block = 0 if self.role == "rider" else 128
        return f"10.{block + self.index // 62_500}.{self.index // 250 % 250}.{self.index % 250 + 1}"


class StoredSessions(msgspec.Struct, kw_only=True):
    """The content of the file; sessions and places are keyed by phone."""

    secret: str
    sessions: dict[str, SessionTokens] = {}
    places: dict[str, GeoPoint] = {}


class Accounts:
    """The accounts of one data folder.  Raises ``ValueError`` if the file is damaged."""

    def __init__(self, data: Path) -> None:
        self._file = data / "simulator-sessions.json"
        self.dirty = True
        try:
            self.stored = msgspec.json.decode(self._file.read_bytes(), type=StoredSessions)
        except FileNotFoundError:
            self.stored = StoredSessions(secret=secrets.token_urlsafe(24))
            self.save()  # at once: another process that opens the folder must see the same people
        except msgspec.DecodeError as error:
            raise ValueError(f"{self._file} is damaged ({error}); delete it to create new accounts") from None

    def account(self, role: PersonRole, index: int) -> Account:
        """The account of the *index*-th rider or driver, counted from 0."""
        if not 0 <= index < MAX_PER_ROLE:
            raise ValueError(f"at most {MAX_PER_ROLE} {role}s")
        phone = f"{_BLOCKS[role]}{index:04d}"
        digest = hmac.new(self.stored.secret.encode(), phone.encode(), hashlib.sha256).digest()
        name = f"{FIRST_NAMES[digest[0] % len(FIRST_NAMES)]} {LAST_NAMES[digest[1] % len(LAST_NAMES)]}"
        password = f"{digest[2:14].hex()}-Ride!"
        return Account(role=role, index=index, phone=phone, password=password, name=name)

    def count_signed_up(self, role: PersonRole, first: int) -> int:
        """How many of those from the *first*-th on have a session."""
        block = _BLOCKS[role]
        numbers = [phone.removeprefix(block) for phone in self.stored.sessions if phone.startswith(block)]
        return sum(int(number) >= first for number in numbers)

    def store_tokens(self, phone: str, tokens: SessionTokens) -> None:
        self.stored.sessions[phone] = tokens
        self.dirty = True

    def store_place(self, phone: str, point: GeoPoint) -> None:
        self.stored.places[phone] = point
        self.dirty = True

    def save(self) -> None:
        """Write the file, atomically, if something changed."""
        if not self.dirty:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(msgspec.json.encode(self.stored))
        temporary.replace(self._file)
        self.dirty = False
