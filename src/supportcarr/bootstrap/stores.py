"""The store that the settings name."""

from __future__ import annotations

from pathlib import Path

from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing.keyset import Keyset, KeysetError, KeysetFile, KeysetSeal, KeyWrapper
from supportcarr.kit.sealing.settings import KeysetSettings
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import Store

SQLITE = "sqlite:///"


def store_of(settings: Settings, *, read_only: bool = False) -> SealingStore:
    """The store that the settings name, closed.  A SQLite store that is *read_only* changes no file."""
    return SealingStore(store_at(store_url(settings), read_only=read_only), keyset_of(settings))


def keyset_of(settings: Settings) -> KeyWrapper:
    """The keyset that the settings name; its file is made when it is first needed.

    Raises ``SettingsError`` if it is no keyset, or the service that encrypts it cannot be asked.
    """
    try:
        seal = keyset_seal(settings.keyset)
        if settings.keyset.json:
            return Keyset(settings.keyset.json, seal)
        return KeysetFile(keyset_file(settings), seal)
    except KeysetError as error:
        raise SettingsError(str(error)) from None


def keyset_seal(settings: KeysetSettings) -> KeysetSeal | None:
    """What encrypts the keyset where it is kept; ``None``: nothing does.  Imports boto3 if it is KMS."""
    if not settings.kms_key:
        return None
    from supportcarr.providers.kms import KmsSeal

    return KmsSeal(settings)


def keyset_file(settings: Settings) -> Path:
    return Path(settings.keyset.file or Path(settings.deployment.data) / "keyset.json")


def store_url(settings: Settings) -> str:
    """The URL of the store that the settings name."""
    deployment = settings.deployment
    return deployment.store_url or f"{SQLITE}{Path(deployment.data) / 'supportcarr.sqlite3'}"


def sqlite_file(settings: Settings) -> Path | None:
    """The file of the SQLite store that the settings name; ``None`` for another engine."""
    url = store_url(settings)
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def store_at(url: str, *, read_only: bool = False) -> Store:
    """The store at a URL, closed.  Raises ``SettingsError`` for a URL of no engine.

    Imports the engine that it needs: the driver of MongoDB takes a tenth of a second and 15 MB.
    """
    if url.startswith(SQLITE):
        from supportcarr.kit.store.sqlite.engine import SqliteStore

        return SqliteStore(Path(url.removeprefix(SQLITE)), read_only=read_only)
    if url.startswith(("mongodb://", "mongodb+srv://")):
        from supportcarr.kit.store.mongo.engine import MongoStore

        return MongoStore(url)
    raise SettingsError("The URL of a store must begin with sqlite:///, mongodb:// or mongodb+srv://.")
