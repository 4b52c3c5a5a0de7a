"""The MongoDB engine, for deployments on several machines: each document contains its outbox.

A save is one update of one document, so it needs no transaction: the filter ``{_id, version}`` selects the
version that was read, and ``$set``, ``$inc`` and ``$push`` change the document, its version and its outbox
atomically.  ``mongo.document`` describes the layout; ``docs/adr/0015-mongodb-through-pymongo.md`` says why.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import structlog
from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.int64 import Int64
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.observability.timings import LabelledTimings
from supportcarr.kit.store.copy_marker import MARKER_ID, MARKERS, unfinished_copy
from supportcarr.kit.store.mongo import maintenance
from supportcarr.kit.store.mongo.cache import ReadCache
from supportcarr.kit.store.mongo.collection import MongoCollection
from supportcarr.kit.store.mongo.document import OUTBOX, Row, Shape, stamp
from supportcarr.kit.store.mongo.errors import Attempts
from supportcarr.kit.store.mongo.pool import PoolFigures
from supportcarr.kit.store.outage import Outage
from supportcarr.kit.store.port import Collection, CollectionSpec, CommitListener, Finding, StoreUnavailable

D = TypeVar("D", bound=Document)
R = TypeVar("R")

MAX_CONNECTIONS = 100  # of this process to one server
# The driver opens two more per server: one streams changes of the topology, one measures round-trip times.
_MONITORING_CONNECTIONS = 2

log = structlog.get_logger(__name__)


class _PlainIntegers(TypeDecoder):
    """Decode 64-bit integers as ``int``: msgspec does not know the driver's ``Int64``."""

    bson_type = Int64

    def transform_bson(self, value: Int64) -> int:
        return int(value)


_CODEC: CodecOptions[Row] = CodecOptions(type_registry=TypeRegistry([_PlainIntegers()]))


class MongoStore:
    """Implements ``Store`` at *url* (``mongodb://…`` or ``mongodb+srv://…``).

    *database*: its name; by default the one in the URL, else ``supportcarr``.  *timeout_s* bounds each
    operation including the driver's retries.  A pool size in the URL is respected up to
    ``MAX_CONNECTIONS``; writes always wait for the majority.
    """

    def __init__(self, url: str, database: str | None = None, *, timeout_s: float = 5.0) -> None:
        self._url = url
        self._name = database
        self._timeout_s = timeout_s
        self._collections: dict[str, MongoCollection[Any]] = {}
        self._listeners: list[CommitListener] = []
        self._client: AsyncMongoClient[Row] | None = None
        self._database: AsyncDatabase[Row] | None = None
        self._writing: set[asyncio.Task[Any]] = set()
        self.outage = Outage()
        self.attempt = Attempts(self.outage)
        self.cache = ReadCache()
        self.timings = LabelledTimings()
        self.pool = PoolFigures()

    # --- life ---------------------------------------------------------------------------------

    async def open(self, *, allow_unfinished_copy: bool = False) -> None:
        """Connect, and create the indexes of the collections declared so far.

        Collections declared later get their indexes at their first use.

        Raises ``StoreUnavailable``; ``UnfinishedCopy``; ``StoreError`` if stored documents repeat a unique
        key.
        """
        if self._client is not None:
            return
        client = self._connect()
        self._client = client
        self._database = (
            client.get_database(self._name, codec_options=_CODEC)
            if self._name
            else client.get_default_database("supportcarr", codec_options=_CODEC)
        )
        try:
            await self.ping()
            if not allow_unfinished_copy:
                await self._refuse_unfinished_copy(self._database)
            for collection in self._collections.values():
                collection.attach(self._database)
            await asyncio.gather(*(collection.ensure_indexes() for collection in self._collections.values()))
        except BaseException:
            await self.close()
            raise
        self.outage.begin()

    async def _refuse_unfinished_copy(self, database: AsyncDatabase[Row]) -> None:
        row = await self.attempt(lambda: database[MARKERS.name].find_one({"_id": MARKER_ID}))
        if row is not None:
            parts = urlsplit(self._url)
            target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{database.name}"
            raise unfinished_copy(Shape(MARKERS).decode(row), target, f"drop the database {database.name}")

    def _connect(self) -> AsyncMongoClient[Row]:
        try:
            return AsyncMongoClient(
                self._url,
                appname="supportcarr",
                maxPoolSize=self._pool_size(),
                timeoutMS=int(self._timeout_s * 1000),
                serverSelectionTimeoutMS=int(self._timeout_s * 1000),
                w="majority",
                event_listeners=[self.pool],
            )
        except (PyMongoError, ValueError) as error:
            raise StoreUnavailable(f"the store's URL cannot be used: {error}") from error

    def _pool_size(self) -> int:
        """Connections to one server at most.  Raises ``ValueError`` for a URL that names no number."""
        most = MAX_CONNECTIONS - _MONITORING_CONNECTIONS
        asked = {name.lower(): value for name, value in parse_qsl(urlsplit(self._url).query)}
        return min(int(asked.get("maxpoolsize") or 0) or most, most)

    async def close(self) -> None:
        """Finish the writes in progress and disconnect; later calls raise ``StoreUnavailable``."""
        self.outage.end()
        for collection in self._collections.values():
            collection.detach()
        if self._writing:
            await asyncio.wait(self._writing)
        client, self._client, self._database = self._client, None, None
        if client is not None:
            await client.close()

    # --- collections --------------------------------------------------------------------------

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        """The collection of that spec; its indexes are created when the store opens, or at its first use."""
        known = self._collections.get(spec.name)
        if known is None:
            known = self._collections[spec.name] = MongoCollection(self, spec)
            if self._database is not None:
                known.attach(self._database)
        elif known.spec != spec:
            raise ValueError(f"{spec.name} is already declared with another spec")
        return known

    def get_collection(self, name: str) -> Collection[Any]:
        """The collection that was declared under that name.  Raises ``KeyError``."""
        return self._collections[name]

    def subscribe(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    def notify(self, collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        """Call the subscribers after a commit."""
        for listener in self._listeners:
            try:
                listener(collection, id, events)
            except Exception:
                log.exception("store_listener_failed", collection=collection, document_id=id)

    async def finish(self, writing: Coroutine[Any, Any, R]) -> R:
        """The outcome of *writing*, which runs to its end even if the caller is cancelled."""
        task = asyncio.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # retrieve it, so that asyncio does not warn if the caller was cancelled

    # --- outbox, health -----------------------------------------------------------------------

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        until = stamp(datetime.fromtimestamp(time.time() - older_than_s, UTC))
        database = self._require_database()

        async def of(name: str) -> list[tuple[str, str, str]]:
            async def read() -> list[Row]:
                waiting = database[name].find(
                    {f"{OUTBOX}.saved_at": {"$lte": until}},
                    {f"{OUTBOX}.saved_at": True},
                    sort=[(f"{OUTBOX}.saved_at", 1)],  # MongoDB sorts an array by its smallest element
                    limit=limit,
                )
                return await waiting.to_list()

            rows = await self.attempt(read)
            return [(row[OUTBOX][0]["saved_at"], name, row["_id"]) for row in rows]

        found = await asyncio.gather(*(of(name) for name in self._collections))
        oldest = sorted((one for some in found for one in some), key=lambda one: one[0])
        return [(name, document_id) for _, name, document_id in oldest[:limit]]

    async def outbox_age(self) -> float:
        database = self._require_database()

        async def of(name: str) -> list[Row]:
            # An index finds the document; MongoDB sorts an array by its smallest element.
            order = [(f"{OUTBOX}.saved_at", 1)]
            waiting = database[name].find(
                {f"{OUTBOX}.saved_at": {"$gt": ""}}, {f"{OUTBOX}.saved_at": True}, sort=order, limit=1
            )
            return await waiting.to_list()

        found = await asyncio.gather(*(self.attempt(partial(of, name)) for name in self._collections))
        times = [event["saved_at"] for rows in found for row in rows for event in row[OUTBOX]]
        return max(0.0, time.time() - datetime.fromisoformat(min(times)).timestamp()) if times else 0.0

    async def timed(self, operation: str, run: Callable[[], Awaitable[R]]) -> R:
        """The outcome of *run*, as ``attempt`` gives it; how long it took is recorded."""
        started = time.perf_counter()
        try:
            return await self.attempt(run)
        finally:
            self.timings.of(operation).observe(time.perf_counter() - started)

    async def check(self, *, apply: bool) -> list[Finding]:
        """As the port says; *apply* also sets validators, shards collections that are declared as sharded,
        and drops our own indexes that are not declared any more."""
        shapes = [collection.shape for collection in self._collections.values()]
        return await maintenance.check(self._require_database(), shapes, self.attempt, apply=apply)

    async def ping(self) -> None:
        database = self._require_database()
        await self.attempt(lambda: database.command("ping"))

    def _require_database(self) -> AsyncDatabase[Row]:
        if self._database is None:
            raise StoreUnavailable("the store is not open")
        return self._database

    def stats(self) -> dict[str, Any]:
        return {
            "operations": self.attempt.operations,
            "write_conflicts": self.attempt.conflicts,
            "unavailable": self.attempt.unavailable,
            "writing": len(self._writing),
            "cache_hits": self.cache.hits,
            "cache_misses": self.cache.misses,
            **self.pool.stats(),
            "connections_max": self._pool_size(),
        }
