"""Fixtures of stores: an open store, the engines of the contract suite, and an example document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from support.store.engines import SQLITE, record_engine
from support.store.memory import MemoryDatabase, MemoryStore
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import UserSignedUp
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import CollectionSpec, Index, Store
from supportcarr.kit.store.sqlite.engine import SqliteStore

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An open, empty store; collections may be declared at any time."""
    opened = SqliteStore(tmp_path / "store.sqlite3", timeout_s=60)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def service_store(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An open, empty store for tests of services: in memory, which is several times faster.

    A test marked ``processes`` gets a file, which its processes open too.
    """
    shared = request.node.get_closest_marker("processes") is not None
    opened: Store = SqliteStore(tmp_path / "store.sqlite3", timeout_s=60) if shared else MemoryStore()
    await opened.open()
    yield opened
    await opened.close()


async def open_store(path: Path, *, timeout_s: float = 60.0) -> SqliteStore:
    """An open store with the collection of parcels; the caller closes it."""
    made = SqliteStore(path, timeout_s=timeout_s)
    made.collection(PARCELS)
    await made.open()
    return made


# --- engines ----------------------------------------------------------------------------------


@pytest.fixture
def sqlite(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database that does not exist yet."""
    record_engine(request, SQLITE)
    return f"sqlite:///{tmp_path / 'store.sqlite3'}"


@pytest.fixture
def memory(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database in this process's memory."""
    record_engine(request, "memory")
    url = f"memory://{uuid4()}"
    _memory_databases[url] = MemoryDatabase()
    yield url
    del _memory_databases[url]


# The name of each engine is that of the fixture that returns the URL of an empty database.  Tests on MongoDB
# share one server, so they run in the same pytest-xdist worker.
ENGINES = ("sqlite", pytest.param("mongodb", marks=pytest.mark.xdist_group("mongodb")))

_memory_databases: dict[str, MemoryDatabase] = {}


def store_at(url: str) -> Store:
    """A closed store on the database at *url*."""
    scheme, _, place = url.partition("://")
    if scheme == "memory":
        return MemoryStore(_memory_databases[url])
    if scheme == "sqlite":
        return SqliteStore(Path(place.removeprefix("/")), timeout_s=60)
    if scheme == "mongodb":
        return MongoStore(url, timeout_s=60)
    raise ValueError(f"no engine for {scheme}")


# --- example documents ------------------------------------------------------------------------


class Parcel(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A document with a field of every type that queries support."""

    owner: str = "nobody"
    shelf: str | None = None  # a unique key
    weight: int | None = None
    price: float | None = None
    urgent: bool = False
    due_at: datetime | None = None
    count: int = 0
    note: str = ""


PARCELS = CollectionSpec(
    "parcels",
    Parcel,
    indexes=(
        Index("owner", "due_at"),
        Index("due_at"),
        Index("weight"),
        Index("price"),
        Index("urgent", "id"),
    ),
    unique=("shelf",),
)


def pending(*words: str) -> PendingEvents:
    """One event for each word, which identifies it."""
    return PendingEvents(tuple(UserSignedUp(user_id=word, role="rider") for word in words), SYSTEM, NOON)


def word_of(event: EventEnvelope) -> str:
    """The word of an event made by ``pending``."""
    assert isinstance(event.event, UserSignedUp)
    return event.event.user_id
