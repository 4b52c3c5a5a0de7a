"""Fixtures of a MongoDB server: ``rig.mongo`` chooses the best one available, once per session.

If there is none, the tests that need one are skipped, with the reason.  The summary of a test session
lists how many tests ran on which engine.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from rig.mongo import choice, drop, with_database

from support.store.engines import record_engine


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """The URL of a running server."""
    chosen = choice()
    if chosen.start is None:
        pytest.skip(chosen.name)
    with chosen.start() as server:
        yield server.url


@pytest.fixture
def mongodb(mongodb_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database for one test."""
    record_engine(request, f"MongoDB: {choice().name}")
    name = f"test_{secrets.token_hex(6)}"
    yield with_database(mongodb_server, name)
    drop(mongodb_server, name)
