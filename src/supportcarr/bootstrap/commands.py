"""Commands that run and end: backup, jobs, and the generated API documents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.bootstrap.container import Container
from supportcarr.bootstrap.parts.core import RedisClients
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.dispatch.schemas import OfferOut
from supportcarr.gateway import openapi as gateway_openapi
from supportcarr.gateway.system_routes import clock_routes
from supportcarr.kit.jobs.service import JOBS, dead_letters, revived
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import Finding, Store, StoreError
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.notifications.schemas import NotificationView
from supportcarr.payments.unresolved import UnresolvedPayments
from supportcarr.realtime import asyncapi as realtime_asyncapi
from supportcarr.rescues.schemas import MessageView

T = TypeVar("T")

# For what needs no server: generated documents are the same wherever they are generated.
_NOWHERE = {
    "SUPPORTCARR_PROFILE": "staging",
    "SUPPORTCARR_AUTH_TOKEN_SECRETS": "k1:" + "0" * 32,
    "SUPPORTCARR_AUTH_LOOKUP_SECRET": "0" * 32,
    "SUPPORTCARR_AUDIT_SECRET": "0" * 32,
    "SUPPORTCARR_STRIPE_API_KEY": "sk_test_0",
    "SUPPORTCARR_STRIPE_WEBHOOK_SECRET": "whsec_0",
    "SUPPORTCARR_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "SUPPORTCARR_TWILIO_AUTH_TOKEN": "0" * 32,
    "SUPPORTCARR_TWILIO_FROM_NUMBER": "+15005550006",
    "SUPPORTCARR_QUOTES_SECRET": "0" * 32,
}


def container_without_servers() -> Container:
    """A container that connects to nothing, to ask what is declared.  Call it within an event loop."""
    settings = load_settings(_NOWHERE, dotenv=None)
    redis = RedisClient("redis://127.0.0.1:1")
    store = store_of(settings)
    return Container(
        settings,
        store,
        Clock(),
        RedisClients(redis, redis),
        durable_url="redis://127.0.0.1:1",
        data_keys=store.data_keys,
    )


def openapi() -> dict[str, Any]:
    """The OpenAPI document of every route; needs no server and no settings."""

    async def made() -> dict[str, Any]:
        container = container_without_servers()
        return gateway_openapi.document([*clock_routes(container.clock), *container.routes()], server="/")

    return asyncio.run(made())


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document of the Socket.IO events, with the parts' schemas of their payloads."""
    shapes = {"offer:new": OfferOut, "message:new": MessageView, "notification:new": NotificationView}
    return realtime_asyncapi.render(shapes)


async def with_store(
    settings: Settings, work: Callable[[Store], Awaitable[list[Finding]]], *, read_only: bool = False
) -> list[Finding]:
    """What *work* finds in the open store, or why it cannot be opened."""
    store = store_of(settings, read_only=read_only)
    try:
        await store.open()
    except StoreError as error:
        return [Finding(f"The store cannot be opened: {error}.")]
    try:
        return await work(store)
    finally:
        await store.close()


def run_backup(settings: Settings, file: Path) -> str | None:
    """Copy the embedded store to a new file; returns the problem that prevents it, or ``None``."""

    async def copying(store: Store) -> list[Finding]:
        engine = store.inner if isinstance(store, SealingStore) else store
        if not isinstance(engine, SqliteStore):
            why = "Only the embedded store is copied like this; MongoDB has tools of its own (mongodump)."
            return [Finding(why)]
        try:
            await engine.backup(file)
        except FileExistsError:
            return [Finding(f"There is a file {file} already.")]
        except StoreError as error:
            return [Finding(f"{error}.")]
        return []

    return next((finding.text for finding in asyncio.run(with_store(settings, copying))), None)


def run_keys(settings: Settings, *, rotate: bool = False, refuse_older: bool = False) -> list[str]:
    """One line for each signing key, after adding one if *rotate* is set.

    The store alone is used: the processes read the keys there.
    """

    async def listing() -> list[str]:
        store = store_of(settings)
        await store.open()
        try:
            signing_keys = SigningKeys(settings.auth, store)
            await signing_keys.load()
            if rotate:
                await signing_keys.rotate(exclusive=refuse_older)
            rows = signing_keys.describe()
        finally:
            await store.close()
        if not rows:
            return ["There is no stored key yet: the first secret of SUPPORTCARR_AUTH_TOKEN_SECRETS signs."]
        return [
            f"{kid}  of {root}  since {since:%Y-%m-%d %H:%M:%S}Z  {state}" for kid, root, since, state in rows
        ]

    return asyncio.run(listing())


def run_unresolved_payments(settings: Settings, limit: int) -> list[str]:
    """The oldest payments without an outcome, as JSON lines.  The store alone is used."""

    async def listing() -> list[str]:
        store = store_of(settings)
        await store.open()
        try:
            records = await UnresolvedPayments(store, Clock()).oldest(limit)
        finally:
            await store.close()
        names = (
            "id",
            "rescue_id",
            "status",
            "unresolved_since",
            "intent_id",
            "tries",
            "hold_minor",
            "currency",
        )
        return [
            msgspec.json.encode({name: getattr(record, name) for name in names}).decode()
            for record in records
        ]

    return asyncio.run(listing())


def run_jobs(settings: Settings, *, replay: str | None) -> list[str]:
    """List the dead letters as JSON lines, or run the one with the id *replay* again.

    The store alone is used: a Redis that is away, or that the supervisor has started for itself, is no
    obstacle, and the sweep of a worker finds what is ready.
    """

    async def listing() -> list[str]:
        store = store_of(settings)
        documents = store.collection(JOBS)
        await store.open()
        try:
            if replay is not None:
                found = await revived(documents, replay, Clock().wall())
                return ["It will run again." if found else "There is no dead letter of that id."]
            return [msgspec.json.encode(job).decode() for job in await dead_letters(documents)]
        finally:
            await store.close()

    return asyncio.run(listing())
