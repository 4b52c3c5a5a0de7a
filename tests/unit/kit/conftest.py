"""Fixtures shared by tests of the kit."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

from support.relays import JobList
from support.store.fixtures import PARCELS, Parcel
from supportcarr.kit.store.port import Collection
from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """Captured log events, not rendered: rendering tracebacks with their locals takes seconds."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def parcels(store: SqliteStore) -> Collection[Parcel]:
    return store.collection(PARCELS)


@pytest.fixture
def jobs() -> JobList:
    return JobList()
