"""The keys of look-up hashes, by which sealed values are found.

A key is derived from a secret of the settings and a seed in the store, and has a number.  While keys are
rotated there are two: everything that is written has the hashes of both, and is found by those of the one
that is complete.  The document that says so is read whenever hashes are made, so all processes agree without
a restart (``kit.sealing.lookup_rotation`` has the steps).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.store.port import Collection, CollectionSpec, DuplicateKey, Store, StoreError

STATE_ID = "lookup"
_SEED_BYTES = 32


class LookupKey(msgspec.Struct, frozen=True):
    """One key.  Without a seed it is the secret itself: the first key of a store."""

    number: int
    secret_id: str  # of the secret that it is derived from
    seed: str = ""


class LookupKeyState(Document, frozen=True, kw_only=True):
    """Which keys hashes are made with; one document.

    ``keys`` are one, or two while they are rotated.  ``complete`` is the number of the key by whose hashes
    everything can be found.  ``removing`` is the number of the key whose hashes are being removed.
    """

    keys: tuple[LookupKey, ...]
    complete: int
    removing: int | None = None


LOOKUP_KEYS = CollectionSpec("lookupkeys", LookupKeyState)


class LookupKeyMissing(StoreError):
    """The settings lack a secret that hashes are made with; the message is a sentence for the operator."""


def secret_id(secret: str) -> str:
    """The name of a secret, which does not give it away."""
    return keyed_hash(secret, "id of a look-up secret")[:12]


@dataclass(frozen=True, slots=True)
class LookupHashes:
    """Makes hashes with the keys of one moment."""

    complete: int
    keys: dict[int, str]  # by number

    def of(self, number: int, purpose: str, *parts: str) -> str:
        """The hash with that key."""
        return keyed_hash(self.keys[number], purpose, *parts)

    def to_find(self, purpose: str, *parts: str) -> str:
        """The hash by which something is found now."""
        return self.of(self.complete, purpose, *parts)


class LookupKeys:
    """Reads the keys of a store.  *secrets* is the setting: the first one makes new keys."""

    def __init__(self, store: Store, secrets: str) -> None:
        self.states: Collection[LookupKeyState] = store.collection(LOOKUP_KEYS)
        self._secrets = {secret_id(secret): secret for secret in secrets_of(secrets)}
        self._newest = next(iter(self._secrets), "")

    async def state(self) -> LookupKeyState:
        """The keys as they are in the store; of a new store the first secret."""
        while True:
            state = await self.states.get(STATE_ID)
            if state is not None:
                return state
            first = LookupKeyState(id=STATE_ID, keys=(LookupKey(0, self._newest),), complete=0)
            try:
                return await self.states.insert(first)
            except DuplicateKey:
                continue  # another process was faster

    async def hashes(self) -> LookupHashes:
        """What makes hashes now.  Raises ``LookupKeyMissing``."""
        return self.made_by(await self.state())

    def made_by(self, state: LookupKeyState) -> LookupHashes:
        """What makes hashes with the keys of that state.  Raises ``LookupKeyMissing``."""
        return LookupHashes(state.complete, {key.number: self._derived(key) for key in state.keys})

    def _derived(self, key: LookupKey) -> str:
        secret = self._secrets.get(key.secret_id)
        if secret is None:
            raise LookupKeyMissing(
                f"Look-up hashes are made with a secret ({key.secret_id}) that "
                "SUPPORTCARR_AUTH_LOOKUP_SECRET lacks: add it after the new one, and run "
                "supportcarr keys rotate-lookup"
            )
        return keyed_hash(secret, "look-up key", str(key.number), key.seed) if key.seed else secret

    def next_key(self, state: LookupKeyState) -> LookupKey:
        """A key in place of the last one of that state."""
        return LookupKey(state.keys[-1].number + 1, self._newest, secrets.token_hex(_SEED_BYTES))

    async def probe(self) -> None:
        """Raise ``LookupKeyMissing`` if the settings lack a secret of the store's hashes."""
        state = await self.states.get(STATE_ID)  # a process that starts makes none
        if state is not None:
            self.made_by(state)
