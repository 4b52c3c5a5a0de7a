"""Verifies partners' API keys.

A verified key is remembered for ``TRUSTED_SECONDS``; then its document is read again, in the background while
the key is in use.  So a revoked key is refused within a second in every process, without Redis.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import ApiError, Overloaded, Unauthenticated, UnknownSigningKey
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.store.port import Store, StoreError, VersionConflict
from supportcarr.partners.collections import API_KEYS
from supportcarr.partners.model import ApiKey, prefix_of, use_noted

TRUSTED_SECONDS, RENEWED_AFTER_SECONDS = 0.75, 0.4
REMEMBERED_MAX = 10_000

log = structlog.get_logger(__name__)


class Remembered(NamedTuple):
    """A verified key: its principal, and when (monotonic) its document was read."""

    principal: Principal
    read_at: float


class PartnerKeys:
    """Implements ``auth.ports.KeyVerifier``."""

    def __init__(
        self, store: Store, clock: Clock, secret: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = store.collection(API_KEYS)
        self._clock = clock
        self._secrets = secrets_of(secret)
        self._now = monotonic
        self._remembered: OrderedDict[bytes, Remembered] = OrderedDict()
        self._renewing: dict[bytes, asyncio.Task[None]] = {}

    def known(self, key: bytes) -> Principal:
        """The key's principal, as it was less than a second ago.

        Raises ``UnknownSigningKey`` if the key must be looked up.
        """
        remembered = self._remembered.get(key)
        if remembered is None:
            raise UnknownSigningKey
        age = self._now() - remembered.read_at
        if age > TRUSTED_SECONDS:
            raise UnknownSigningKey
        if age > RENEWED_AFTER_SECONDS and key not in self._renewing:
            self._renewing[key] = asyncio.ensure_future(self._renew(key))
        return remembered.principal

    async def look_up(self, key: bytes) -> Principal:
        """The key's principal.  Raises ``Unauthenticated``; ``Overloaded`` if the store cannot be read."""
        read_at = self._now()
        try:
            document = await self._find(key)
        except StoreError:
            raise Overloaded("Keys cannot be checked at the moment", retry_after=1) from None
        now = self._clock.wall()
        if document is None or not document.usable(now):
            self._remembered.pop(key, None)
            raise Unauthenticated("This key is not valid, has expired, or was revoked")
        principal = principal_of(document)
        self._remembered[key] = Remembered(principal, read_at)
        if len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        await self._note_use(document)
        return principal

    async def close(self) -> None:
        await cancel_and_wait(*self._renewing.values())

    async def _renew(self, key: bytes) -> None:
        try:
            await self.look_up(key)
        except ApiError:
            pass  # the next request says so
        finally:
            del self._renewing[key]

    async def _find(self, key: bytes) -> ApiKey | None:
        text = key.decode("ascii", "replace")
        prefix = prefix_of(text)
        if prefix is None:
            return None
        page = await self._keys.find({"prefix": prefix}, limit=1)
        if not page.items:
            return None
        [document] = page.items
        hashes = [hash_of(secret, text) for secret in self._secrets]
        if not any(hmac.compare_digest(document.key_hash, hashed) for hashed in hashes):
            return None
        return await self._rehashed(document, hashes[0])

    async def _rehashed(self, document: ApiKey, hashed: str) -> ApiKey:
        """The key, stored under the first secret from its first use on.  Never fails the request."""
        if document.key_hash == hashed:
            return document
        try:
            return await self._keys.save(replace(document, key_hash=hashed))
        except StoreError as error:  # another process was faster, or the store is busy: at the next use
            log.info("key_hash_not_renewed", key_id=document.id, error=repr(error))
            return document

    async def _note_use(self, document: ApiKey) -> None:
        """Store the last use, now and then.  Never fails the request."""
        noted = use_noted(document, self._clock.wall())
        if noted is None:
            return
        try:
            await self._keys.save(noted)
        except VersionConflict:
            return  # it is noted by another process, or changed
        except StoreError as error:
            log.warning("key_use_not_noted", key_id=document.id, error=repr(error))


def principal_of(key: ApiKey) -> Principal:
    """Who calls with that key."""
    return Principal(
        key.partner_id,
        frozenset({"partner"}),
        key.id,
        scopes=frozenset(key.scopes),
        partner_id=key.partner_id,
        key_id=key.id,
    )


def hash_of(secret: str, key: str) -> str:
    """What is stored of a key."""
    return keyed_hash(secret, "api key", key)
