"""What a ``MongoStore`` really sends: every command that its driver starts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

# What the driver adds to a command, and what only belongs to the one time that it was sent.
_DRIVERS_OWN = frozenset({"lsid", "txnNumber", "$db", "$clusterTime", "$readPreference", "maxTimeMS"})


class Commands(CommandListener):
    """Hears the commands of stores that connect while the fixture ``commands`` is there."""

    def __init__(self) -> None:
        self.heard: list[Mapping[str, Any]] = []
        self.broken = 0

    def started(self, event: CommandStartedEvent) -> None:
        self.heard.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        self.broken += 1

    def of(self, collection: str, *names: str) -> list[Mapping[str, Any]]:
        """Those of these names that are about a collection, in their order."""
        return [c for c in self.heard if name_of(c) in names and c[name_of(c)] == collection]

    def clear(self) -> None:
        self.heard.clear()


def name_of(command: Mapping[str, Any]) -> str:
    """``find``, ``update``, … ."""
    return next(iter(command))


def read_mode(command: Mapping[str, Any]) -> str:
    """Which members may answer a command; what says nothing goes to the primary."""
    preference = command.get("$readPreference") or {}
    return str(preference.get("mode", "primary"))


def explainable(command: Mapping[str, Any]) -> dict[str, Any]:
    """The command as it may be given to ``explain``."""
    bare = {name: value for name, value in command.items() if name not in _DRIVERS_OWN}
    bare.pop("writeConcern", None)
    return bare


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """What stores that are opened from now on send."""
    listener = Commands()
    client = partial(AsyncMongoClient, event_listeners=[listener])
    monkeypatch.setattr("supportcarr.kit.store.mongo.engine.AsyncMongoClient", client)
    return listener
