"""The store that the settings name."""

from __future__ import annotations

from pathlib import Path

from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.store.port import Store


def store_of(settings: Settings) -> Store:
    """The store that the settings name, closed.  Raises ``SettingsError``."""
    return store_at(store_url(settings))


def store_url(settings: Settings) -> str:
    """The URL of the store that the settings name."""
    deployment = settings.deployment
    return deployment.store_url or f"sqlite:///{Path(deployment.data) / 'supportcarr.sqlite3'}"


def store_at(url: str) -> Store:
    """The store at a URL, closed.  Raises ``SettingsError`` for a URL of no engine.

    Imports the engine that it needs: the driver of MongoDB takes a tenth of a second and 15 MB.
    """
    if url.startswith("sqlite:///"):
        from supportcarr.kit.store.sqlite.engine import SqliteStore

        return SqliteStore(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("mongodb://", "mongodb+srv://")):
        from supportcarr.kit.store.mongo.engine import MongoStore

        return MongoStore(url)
    raise SettingsError("SUPPORTCARR_STORE_URL must begin with sqlite:///, mongodb:// or mongodb+srv://.")
