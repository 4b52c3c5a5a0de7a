"""The keys that sign access tokens: HS256 secrets, each with its ``kid``, rotated while processes run.

A key is derived: HMAC-SHA256 under one of the secrets of ``AUTH_TOKEN_SECRETS`` of a random seed that the
store keeps with the key's id.  So all processes share the keys through the store, rotation needs no change of
settings, and neither the store nor the settings alone are enough to sign a token
(``docs/adr/0030-signing-keys-are-derived.md``).

- A new key signs ``ACTIVATION_SECONDS`` after it was stored; every process reads the keys every
  ``POLL_SECONDS``, so each knows the key before the first token of it comes.  A process that was stopped
  meanwhile looks an unknown ``kid`` up, all such requests together once in ``LOOK_UP_EVERY_SECONDS``.
- An old key verifies until the last token that it may have signed has expired.
- While the store has no key, the first secret of the settings signs by itself under its own KID, as it did
  before there were stored keys; later it verifies like any older key.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import structlog
from joserfc.jwk import OctKey

from supportcarr.auth.settings import AuthSettings, token_keys
from supportcarr.contracts.documents import Document
from supportcarr.contracts.errors import Overloaded
from supportcarr.contracts.ids import looks_like
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_digest
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import CollectionSpec, Store, StoreError, StoreUnavailable, VersionConflict

CLOCK_TOLERANCE_SECONDS = 60  # by which the clock of a process may be off, in either direction
ACTIVATION_SECONDS = 10.0
POLL_SECONDS = 2.0
LOOK_UP_EVERY_SECONDS = 0.25
KEYS_MAX = 100  # read at once; there are two or three, unless somebody rotates all the time
_SEED_BYTES = 32
_ID = "key"

log = structlog.get_logger(__name__)


class SigningKey(Document, frozen=True, kw_only=True):
    """A key as it is stored.  The id is the ``kid`` of its tokens."""

    root: str  # KID of the secret of the settings that it is derived from
    seed: str  # base64url
    activates_at: datetime  # wall time; from then on it signs
    exclusive: bool = False  # keys of before it, those of the settings too, are refused at once
    refuses: tuple[str, ...] = ()  # the keys that were stored when it was made, if it is exclusive


SIGNING_KEYS = CollectionSpec("signingkeys", SigningKey)


class _Usable(NamedTuple):
    """A key of this process: it signs from *signs_from* on, and verifies until *verifies_until* (wall)."""

    key: OctKey
    signs_from: float
    verifies_until: float


def new_key(root: str, activates_at: datetime, *, refuses: Sequence[str] | None = None) -> SigningKey:
    """A key that nobody else has; with *refuses* it is exclusive, and those keys are among the refused."""
    return SigningKey(
        id=new_id(_ID),
        root=root,
        seed=base64.urlsafe_b64encode(os.urandom(_SEED_BYTES)).decode(),
        activates_at=activates_at,
        exclusive=refuses is not None,
        refuses=tuple(refuses or ()),
    )


class SigningKeys:
    """The keys of one process.  Without a *store* those of the settings alone."""

    def __init__(
        self,
        settings: AuthSettings,
        store: Store | None = None,
        clock: Clock | None = None,
        *,
        wall: Callable[[], float] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ``ValueError`` for secrets that are not valid (``load_settings`` refuses them before)."""
        self._secrets = dict(token_keys(settings.token_secrets))
        self._first = next(iter(self._secrets))
        self._collection = None if store is None else store.collection(SIGNING_KEYS)
        self._clock = clock or Clock()
        self._wall = wall or self._clock.wall_seconds
        self._now = monotonic
        self._period = timedelta(days=settings.key_days)
        # A token expires so long after its key was replaced, by the clock of whoever verifies it.
        self._outlives = settings.access_seconds + 2 * CLOCK_TOLERANCE_SECONDS
        self._usable: dict[str, _Usable] = {}
        self._stored: Sequence[SigningKey] = ()
        self._ordered: Sequence[
            SigningKey
        ] = ()  # those that are not refused, in the order in which they sign
        self._loaded_at = float("-inf")  # monotonic; when the last successful read began
        self._loading: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._failing = False
        self._look_ups = 0
        self.on_dropped: Callable[[], None] = lambda: None  # called when keys are refused earlier than told
        self._build()

    # --- for tokens ---------------------------------------------------------------------------

    def signer(self) -> OctKey:
        """The key that signs now."""
        now = self._wall()
        return max(
            (one for one in self._usable.values() if one.signs_from <= now), key=lambda one: one.signs_from
        ).key

    def find(self, kid: object) -> OctKey | None:
        """The key that verifies tokens of that ``kid``, if this process knows it."""
        found = self._usable.get(kid) if isinstance(kid, str) else None
        return found.key if found is not None and self._wall() < found.verifies_until else None

    def may_exist(self, kid: object) -> bool:
        """Whether an unknown ``kid`` may be a key that another process has stored: then ``look_up``.

        A key signs some seconds after it was stored, so a read that began a moment ago has seen it.
        """
        return (
            self._collection is not None
            and isinstance(kid, str)
            and looks_like(_ID, kid)
            and kid not in self._usable
            and self._now() - self._loaded_at >= LOOK_UP_EVERY_SECONDS
        )

    async def look_up(self) -> None:
        """Read the keys again; requests at the same time share one read.  Raises ``Overloaded``."""
        if self._loading is None:
            self._look_ups += 1
            self._loading = asyncio.create_task(self.load(), name="look up signing keys")
            self._loading.add_done_callback(self._loaded)
        try:
            await asyncio.shield(self._loading)
        except StoreError as error:
            raise Overloaded("Tokens cannot be checked at the moment", retry_after=1) from error

    def _loaded(self, task: asyncio.Task[None]) -> None:
        self._loading = None
        if not task.cancelled():
            task.exception()  # retrieved: those who wait get it from the shield

    # --- reading ------------------------------------------------------------------------------

    async def open(self) -> None:
        """Read the keys, and go on reading them.  Raises ``StoreError``."""
        await self.load()
        self._task = asyncio.create_task(self._poll(), name="signing keys")

    async def close(self) -> None:
        await cancel_and_wait(self._task, self._loading)
        self._task = None

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.load()
                self._failing = False
            except StoreUnavailable:
                pass  # the store logs its outages
            except Exception as error:  # this task must not end
                if not self._failing:
                    self._failing = True
                    expected = isinstance(error, StoreError)
                    log.warning("signing_keys_not_read", reason=repr(error), exc_info=not expected)

    async def load(self) -> None:
        """Read the keys from the store.  Raises ``StoreError``."""
        if self._collection is None:
            return
        began = self._now()
        stored = (await self._collection.find(sort="id", limit=KEYS_MAX)).items
        self._loaded_at = max(began, self._loaded_at)
        if [(key.id, key.version) for key in stored] != [(key.id, key.version) for key in self._stored]:
            self._stored = stored
            self._build()

    def _build(self) -> None:
        """Work out which keys sign and verify, and until when."""
        before = self._usable
        # Ids are ordered by time, but not within a millisecond, nor if clocks differ: so an exclusive key
        # names the keys that it refuses.  The order refuses what another process stored in that moment.
        last = max(
            (key for key in self._stored if key.exclusive), key=lambda key: key.activates_at, default=None
        )
        exclusive = last.id if last else ""
        refused = {name for key in self._stored for name in key.refuses}
        left = [key for key in self._stored if key.id not in refused and key.id >= exclusive]
        self._ordered = ordered = sorted(left, key=lambda key: (key.activates_at, key.id))
        starts = [key.activates_at.timestamp() for key in ordered]
        usable: dict[str, _Usable] = {}
        if not exclusive:
            until = starts[0] + self._outlives if starts else float("inf")
            for kid, secret in self._secrets.items():
                signs_from = float("-inf") if kid == self._first else float("inf")
                usable[kid] = _Usable(_oct_key(kid, secret.encode()), signs_from, until)
        for i, key in enumerate(ordered):
            secret = self._secrets.get(key.root, "")
            if not secret:
                continue  # of a secret that only other processes have
            until = starts[i + 1] + self._outlives if i + 1 < len(starts) else float("inf")
            derived = keyed_digest(secret, "access token key", key.id, key.seed)
            # With an exclusive key there is none of before, also for a process whose clock is behind.
            signs_from = float("-inf") if key.id == exclusive else starts[i]
            usable[key.id] = _Usable(_oct_key(key.id, derived), signs_from, until)
        if not any(one.signs_from < float("inf") for one in usable.values()):  # none can be derived here
            alone = _oct_key(self._first, self._secrets[self._first].encode())
            usable[self._first] = _Usable(alone, float("-inf"), float("inf"))
        self._usable = usable
        now = self._wall()
        if any(now < old.verifies_until and self.find(kid) is None for kid, old in before.items()):
            self.on_dropped()

    # --- rotating -----------------------------------------------------------------------------

    async def rotate(self, *, exclusive: bool = False) -> SigningKey:
        """Store a new key.  *exclusive*: tokens of all others are refused at once (a secret has leaked).

        Raises ``StoreError``.
        """
        if self._collection is None:
            raise ValueError("without a store the settings alone have keys")
        refuses: list[str] | None = None
        delay = timedelta(seconds=ACTIVATION_SECONDS)
        if exclusive:
            await self.load()
            refuses, delay = [key.id for key in self._stored], timedelta(0)
        key = new_key(self._first, self._clock.wall() + delay, refuses=refuses)
        key = await self._collection.insert(key)
        await self.load()
        return key

    async def keep_fresh(self) -> None:
        """Rotate if it is time, or the first secret of the settings is new, and delete keys of long ago."""
        await self.load()
        now = self._clock.wall()
        newest = self._ordered[-1] if self._ordered else None
        if newest is None or newest.root != self._first or self._is_due(newest, now):
            added = await self.rotate()
            log.info("signing_key_added", kid=added.id, root=added.root)
        await self._purge(now)

    def _is_due(self, newest: SigningKey, now: datetime) -> bool:
        return bool(self._period) and now - newest.activates_at >= self._period

    async def _purge(self, now: datetime) -> None:
        assert self._collection is not None
        gone = [key for key in self._stored if key not in self._ordered]  # before the ones that refuse them
        gone += [
            key
            for key, successor in pairwise(self._ordered)
            if successor.activates_at + timedelta(seconds=self._outlives) < now
        ]
        for key in gone:
            with suppress(VersionConflict):  # another process deleted it
                await self._collection.delete(key.id, key.version)

    # --- for operators ------------------------------------------------------------------------

    def describe(self) -> list[tuple[str, str, datetime, str]]:
        """Each stored key: id, KID of its secret, since when it signs, and what it does now."""
        now = self._wall()
        signer = self.signer().kid
        rows = []
        for key in sorted(self._stored, key=lambda key: (key.activates_at, key.id)):
            usable = self._usable.get(key.id)
            if usable is None:
                state = "refused" if key.root in self._secrets else "its secret is not in the settings"
            elif key.id == signer:
                state = "signs"
            elif usable.signs_from > now:
                state = "signs soon"
            else:
                state = "verifies" if now < usable.verifies_until else "over"
            rows.append((key.id, key.root, key.activates_at, state))
        return rows

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        now = self._wall()
        verifying = sum(now < one.verifies_until for one in self._usable.values())
        return {"verifying": verifying, "look_ups_total": self._look_ups}


def _oct_key(kid: str, secret: bytes) -> OctKey:
    return OctKey.import_key(secret, {"kid": kid, "use": "sig", "alg": "HS256"})
