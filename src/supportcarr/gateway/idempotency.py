"""Idempotency keys: a repeated creation creates once.

The first request with a key stores which id it will create, before anything is created.  A repeat, even one
that runs at the same time, gets the same id, and the handler, called again with an id that exists, returns
that resource as it is now.  So there is nothing to lock and nothing to finish: a process that dies in
between leaves an id that the repeat uses.

A 4xx response leaves only that id behind.  The key stays bound to its first body, because another request
with it may be running.  Only a body that was not valid releases it (``release``): the next body may take the
key, with the same id, so a key never creates two things.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.errors import Conflict
from supportcarr.gateway.problems import IdempotencyKeyRequired, IdempotencyKeyReused
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import (
    Collection,
    CollectionSpec,
    DuplicateKey,
    Index,
    Store,
    VersionConflict,
)
from supportcarr.kit.store.purge import purge_expired

KEPT = timedelta(hours=48)
LONGEST_KEY = 255
FREE = ""  # the fingerprint of a key whose body was not valid
RACES = 10  # lost in a row before a request fails


class Claim(Document, frozen=True, kw_only=True):
    """One key of one actor on one route: a hash of its body, and the id minted for it.

    ``id`` and ``fingerprint`` are keyed hashes, because a sign-up's body contains a password.  Without a
    fingerprint the body was not valid, and another may take the key.
    """

    fingerprint: str
    minted: str
    expires_at: datetime  # wall time


CLAIMS = CollectionSpec("idempotency", Claim, indexes=(Index("expires_at"),))
SPECS = (CLAIMS,)


class Idempotency:
    """Maps keys to the ids that they stand for."""

    def __init__(self, store: Store, clock: Clock, secret: str) -> None:
        self._claims: Collection[Claim] = store.collection(CLAIMS)
        self._clock = clock
        self._secret, *self._older = secrets_of(secret)

    async def claim(
        self, key: bytes | None, *, actor: str, route: str, path: str, body: bytes, prefix: str | None
    ) -> str:
        """The id that this key stands for: minted now (``prefix_…``), or at its first use.

        *actor* is the user, or the address of a client without an account; *route* is the template, and
        *path* the path itself, which is hashed with the body.  Raises ``IdempotencyKeyRequired`` and
        ``IdempotencyKeyReused``.
        """
        if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.decode("ascii").isprintable():
            raise IdempotencyKeyRequired(
                f"Send an Idempotency-Key header of 1 to {LONGEST_KEY} printable ASCII characters"
            )
        for older in self._older:  # of a key that was used before the secret was replaced
            kept = await self._claims.get(_claim_id(older, key, actor, route))
            if kept is not None and kept.fingerprint != FREE and kept.expires_at > self._clock.wall():
                if kept.fingerprint != _fingerprint(older, path, body):
                    raise IdempotencyKeyReused
                return kept.minted
        claim_id = _claim_id(self._secret, key, actor, route)
        fingerprint = _fingerprint(self._secret, path, body)
        for _ in range(RACES):
            now = self._clock.wall()
            claim = Claim(
                id=claim_id, fingerprint=fingerprint, minted=new_id(prefix or "idm"), expires_at=now + KEPT
            )
            try:
                await self._claims.insert(claim)
                return claim.minted
            except DuplicateKey:
                kept = await self._claims.get(claim_id)
            if kept is None:
                continue  # it has just expired
            if kept.expires_at > now:
                if kept.fingerprint == fingerprint:
                    return kept.minted
                if kept.fingerprint != FREE:
                    raise IdempotencyKeyReused
                claim = msgspec.structs.replace(kept, fingerprint=fingerprint)
            try:
                await self._claims.save(msgspec.structs.replace(claim, version=kept.version))
                return claim.minted
            except VersionConflict:
                continue  # another request renewed or took it
        raise Conflict

    async def release(self, key: bytes | None, *, actor: str, route: str, path: str, body: bytes) -> None:
        """Let another body take that key: this one was not valid."""
        for secret in (self._secret, *self._older):
            kept = await self._claims.get(_claim_id(secret, key or b"", actor, route))
            if kept is not None and kept.fingerprint == _fingerprint(secret, path, body):
                with suppress(VersionConflict):
                    await self._claims.save(msgspec.structs.replace(kept, fingerprint=FREE))

    async def forget(self) -> None:
        """Remove expired claims."""
        await purge_expired(self._claims, "expires_at", self._clock.wall())

    def periodic_tasks(self) -> list[PeriodicTask]:
        """For the worker: remove expired claims every ten minutes."""
        return [PeriodicTask("gateway.forget_idempotency_keys", 600, self.forget)]


def _claim_id(secret: str, key: bytes, actor: str, route: str) -> str:
    return keyed_hash(secret, "idempotency key", actor, route, key)


def _fingerprint(secret: str, path: str, body: bytes) -> str:
    return keyed_hash(secret, "idempotency body", path, body)
