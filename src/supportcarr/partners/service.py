"""Partners and their keys: create, rotate, revoke."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.events import Fact, OperatorActed
from supportcarr.contracts.ids import API_KEY, PARTNER
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import secrets_of
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Page, Store
from supportcarr.kit.store.update import update
from supportcarr.partners.collections import API_KEYS, PARTNERS
from supportcarr.partners.errors import KeyNotUsable
from supportcarr.partners.key_verifier import hash_of
from supportcarr.partners.model import FOUND_BY, SECRET, ApiKey, Mode, Partner, prefix_of, replaced, revoked

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike
KEYS_READ = 200  # of one partner


def new_key(mode: Mode) -> str:
    """A new key as the partner gets it."""
    return f"sc_{mode}_" + "".join(secrets.choice(_ALPHABET) for _ in range(FOUND_BY + SECRET))


class CreatedKey(msgspec.Struct, frozen=True):
    """A key's document, and the key itself, which is known only now (``None``: a repeated request)."""

    document: ApiKey
    key: str | None


class PartnerService:
    def __init__(self, store: Store, clock: Clock, secret: str) -> None:
        self._partners = store.collection(PARTNERS)
        self._keys = store.collection(API_KEYS)
        self._clock = clock
        (self._secret, *_) = secrets_of(secret)

    # --- partners -----------------------------------------------------------------------------

    async def create(self, by: Actor, name: str, origin: Origin, partner_id: str | None = None) -> Partner:
        partner = Partner(id=partner_id or new_id(PARTNER), name=name.strip(), created_at=self._clock.wall())
        pending = self._pending(by, "partners.create", partner.id, origin, after={"name": partner.name})
        try:
            return await self._partners.insert(partner, pending)
        except DuplicateKey:
            return await self.partner(partner.id)

    async def partner(self, partner_id: str) -> Partner:
        """Raises ``NotFound``."""
        partner = await self._partners.get(partner_id)
        if partner is None:
            raise NotFound
        return partner

    async def find(self, limit: int, cursor: str | None) -> Page[Partner]:
        return await self._partners.find(sort="-id", limit=limit, cursor=cursor)

    # --- keys ---------------------------------------------------------------------------------

    async def create_key(
        self,
        by: Actor,
        partner_id: str,
        mode: Mode,
        scopes: Sequence[str],
        expires_at: datetime | None,
        origin: Origin,
        key_id: str | None = None,
    ) -> CreatedKey:
        """Raises ``NotFound``; ``ValidationFailed`` for an end that is over."""
        await self.partner(partner_id)
        if expires_at is not None:
            try:
                expires_at = expires_at.astimezone(UTC)
            except OverflowError:
                raise ValidationFailed.of("expires_at", "invalid", "This time is out of range") from None
            if expires_at <= self._clock.wall():
                raise ValidationFailed.of("expires_at", "past", "This time is over")
        key_id = key_id or new_id(API_KEY)
        document, key = self._made(key_id, partner_id, mode, scopes, expires_at)
        facts: dict[str, Fact] = {"mode": mode, "scopes": list(document.scopes), "partner_id": partner_id}
        pending = self._pending(by, "partners.create_key", key_id, origin, after=facts)
        try:
            return CreatedKey(await self._keys.insert(document, pending), key)
        except DuplicateKey:
            return CreatedKey(await self.key(partner_id, key_id), None)

    async def ensure_key(self, name: str, key: str, scopes: Sequence[str]) -> None:
        """Store that key, of a new partner, unless it is stored; for keys made on this machine."""
        prefix = prefix_of(key)
        if prefix is None:
            raise ValueError("this is no API key")
        if (await self._keys.find({"prefix": prefix}, limit=1)).items:
            return
        partner = await self.create(SYSTEM, name, NOWHERE)
        document = self._document(new_id(API_KEY), partner.id, "test", scopes, None, key, prefix)
        await self._keys.insert(document)

    async def rotate_key(
        self, by: Actor, partner_id: str, key_id: str, overlap: timedelta, origin: Origin
    ) -> CreatedKey:
        """Another key with the same rights; the old one ends after the *overlap*.

        Raises ``NotFound``, ``KeyNotUsable``.
        """
        old = await self.key(partner_id, key_id)
        now = self._clock.wall()
        document, key = self._made(new_id(API_KEY), partner_id, old.mode, old.scopes, old.expires_at)

        def ending(current: ApiKey) -> tuple[ApiKey, PendingEvents]:
            if current.rotated_to is not None or not current.usable(now):
                raise KeyNotUsable
            pending = self._pending(
                by, "partners.rotate_key", key_id, origin, after={"rotated_to": document.id}
            )
            return replaced(current, document.id, now + overlap), pending

        # First the new one: a crash leaves a key that nobody knows, and the old one as it was.
        document = await self._keys.insert(document)
        try:
            await update(self._keys, key_id, ending)
        except KeyNotUsable:
            await self._keys.delete(document.id, document.version)
            raise
        return CreatedKey(document, key)

    async def revoke_key(self, by: Actor, partner_id: str, key_id: str, origin: Origin) -> None:
        """Refuse a key from now on, in every process within a second.  Idempotent.  Raises ``NotFound``."""
        await self.key(partner_id, key_id)
        now = self._clock.wall()

        def ended(current: ApiKey) -> tuple[ApiKey, PendingEvents] | None:
            after = revoked(current, now)
            if after is None:
                return None
            return after, self._pending(by, "partners.revoke_key", key_id, origin, after={"revoked": True})

        await update(self._keys, key_id, ended)

    async def keys(self, partner_id: str) -> Sequence[ApiKey]:
        """The partner's keys, newest first.  Raises ``NotFound``."""
        await self.partner(partner_id)
        return (await self._keys.find({"partner_id": partner_id}, sort="-id", limit=KEYS_READ)).items

    async def key(self, partner_id: str, key_id: str) -> ApiKey:
        """A key of that partner.  Raises ``NotFound``."""
        document = await self._keys.get(key_id)
        if document is None or document.partner_id != partner_id:
            raise NotFound
        return document

    def _made(
        self, key_id: str, partner_id: str, mode: Mode, scopes: Sequence[str], expires_at: datetime | None
    ) -> tuple[ApiKey, str]:
        key = new_key(mode)
        prefix = prefix_of(key)
        assert prefix is not None, "we have just made it"
        return self._document(key_id, partner_id, mode, scopes, expires_at, key, prefix), key

    def _document(
        self,
        key_id: str,
        partner_id: str,
        mode: Mode,
        scopes: Sequence[str],
        expires_at: datetime | None,
        key: str,
        prefix: str,
    ) -> ApiKey:
        return ApiKey(
            id=key_id,
            partner_id=partner_id,
            prefix=prefix,
            key_hash=hash_of(self._secret, key),
            mode=mode,
            scopes=tuple(sorted(set(scopes))),
            created_at=self._clock.wall(),
            expires_at=expires_at,
        )

    def _pending(
        self, by: Actor, action: str, subject: str, origin: Origin, *, after: dict[str, Fact]
    ) -> PendingEvents:
        event = OperatorActed(action=action, subject=subject, after=after, origin=origin)
        return PendingEvents((event,), by, self._clock.city())
