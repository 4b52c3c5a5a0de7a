"""Writes the city into SupportCarr's store directly, because signing everyone up would take an hour."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from rig.city import City
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.ports import RevocationListener
from supportcarr.auth.settings import AuthSettings
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import store_at, store_of, store_url
from supportcarr.contracts.actors import Principal
from supportcarr.kit.runtime.city_clock import CITY_CLOCK, city_clock
from supportcarr.kit.store.port import Store
from supportcarr.pricing.areas import MONTREAL, seed_demo


async def seed_ours(settings: Settings, build: Callable[[datetime, str], City]) -> City:
    """Build the city and store it; no process of the platform may run yet."""
    async with _opened(settings) as store:
        clock = await city_clock(store, speed=settings.city.speed)
        city = build(clock.city(), settings.auth.lookup_secret)
        await _fill(store, city)
        return city


async def seed_again(settings: Settings, city: City, source: Settings, *, seals: bool = True) -> None:
    """Store the same city, with the same clock, in another store than that of *source*.

    *seals*: whether the build that reads it knows sealed fields; otherwise they are stored in clear.
    """
    async with _opened(source) as store:
        clock = [record async for record in store.collection(CITY_CLOCK).scan()]
    async with _opened(settings, seals=seals) as store:
        await store.collection(CITY_CLOCK).insert_many(clock)
        await _fill(store, city)


@asynccontextmanager
async def _opened(settings: Settings, *, seals: bool = True) -> AsyncIterator[Store]:
    """The store of a platform, with every collection declared."""
    store: Store = store_of(settings) if seals else store_at(store_url(settings))
    for spec in (*SPECS, CITY_CLOCK):
        store.collection(spec)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def _fill(store: Store, city: City) -> None:
    await seed_demo(store)
    for name, documents in city.documents.items():
        stored = await store.get_collection(name).insert_many(documents)
        if stored != len(documents):
            raise RuntimeError(f"{len(documents) - stored} documents of {name} were there already")


def shared_documents() -> Mapping[str, Any]:
    """The documents beside the city, for the peers."""
    return {"areas": [msgspec.to_builtins(MONTREAL)]}


class _NobodyIsRevoked:
    """``auth.ports.RevocationList`` for tokens that are only issued here."""

    known: Container[str] = frozenset()

    def first_version_of(self, user_id: str) -> int:
        return 0

    def on_revoked(self, listener: RevocationListener) -> None:
        pass

    def stale(self) -> bool:
        return False

    async def confirm(self, principal: Principal) -> None:
        pass


def tokens_of(settings: AuthSettings, city: City) -> dict[str, str]:
    """A fresh access token for each user, good for ``access_seconds``."""
    tokens = AccessTokens(settings, _NobodyIsRevoked())
    return {user.id: tokens.issue(user, city.sessions[user.id]) for user in city.users}
