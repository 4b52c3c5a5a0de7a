"""Records every command that the driver of a ``MongoStore`` sends."""

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

# Fields that the driver adds to a command, or that belong to one execution of it.
_DRIVERS_OWN = frozenset({"lsid", "txnNumber", "$db", "$clusterTime", "$readPreference", "maxTimeMS"})


class Commands(CommandListener):
    """Records the commands of stores that connect while the fixture ``commands`` is active."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self.failures = 0

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        self.failures += 1

    def of_collection(self, collection: str, *names: str) -> list[Mapping[str, Any]]:
        """The commands of these names on a collection, in order."""
        return [c for c in self.sent if name_of(c) in names and c[name_of(c)] == collection]

    def clear(self) -> None:
        self.sent.clear()


def name_of(command: Mapping[str, Any]) -> str:
    """The command's name, such as ``find`` or ``update``."""
    return next(iter(command))


def read_mode(command: Mapping[str, Any]) -> str:
    """Which members may answer a command; by default the primary."""
    preference = command.get("$readPreference") or {}
    return str(preference.get("mode", "primary"))


def explainable(command: Mapping[str, Any]) -> dict[str, Any]:
    """The command in the form that ``explain`` accepts."""
    bare = {name: value for name, value in command.items() if name not in _DRIVERS_OWN}
    bare.pop("writeConcern", None)
    return bare


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands of stores opened after this fixture."""
    listener = Commands()
    client = partial(AsyncMongoClient, event_listeners=[listener])
    monkeypatch.setattr("supportcarr.kit.store.mongo.engine.AsyncMongoClient", client)
    return listener
