"""The commands ``supportcarr keys`` that change the keyset or look-up keys, and ``store seal``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import keyset_file, keyset_seal, store_of
from supportcarr.drivers.plates import Plates
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing import lookup_rotation, rotation
from supportcarr.kit.sealing.keyset import (
    Keyset,
    KeysetError,
    KeysetFile,
    key_ids,
    without_key,
    write_keyset,
)
from supportcarr.kit.sealing.lookup_keys import LookupKeys
from supportcarr.kit.sealing.store import SealingStore

T = TypeVar("T")


def run_rotate_keyset(settings: Settings, *, add_only: bool, forget: bool) -> list[str]:
    """Rotate the keyset's file and rewrap the data keys; what was done, as lines.

    A keyset that is a setting is not changed: the data keys are rewrapped, after its new key was promoted in
    a copy of it (``run_rotate_keyset_copy``).  Raises ``SettingsError`` if there is nothing to rewrap then.
    """

    async def rotating(store: SealingStore) -> list[str]:
        keyset = store.data_keys.wrapper
        if not isinstance(keyset, KeysetFile):
            others = set(await rotation.count_by_key(store.inner)) - {keyset.primary_id}
            if add_only or forget or not others:
                raise SettingsError(
                    "The keyset is a setting: change a copy of it with --copy FILE, and put that where it is "
                    "kept. Run this again when its new key wraps."
                )
            rewrapped = await rotation.rewrap(store.inner, keyset)
            return [_rewrapped(keyset.primary_id, rewrapped), *await _wraps(store)]
        if not keyset.ready:
            raise SettingsError(f"There is no keyset yet at {keyset.path}: the first account makes it.")
        interrupted = set(await rotation.count_by_key(store.inner)) - {keyset.primary_id}
        if add_only or not interrupted:
            added = rotation.add_key(keyset)
            if add_only:
                return [f"Key {added} is in the keyset and wraps nothing yet."]
        rotation.promote_newest(keyset)
        rewrapped = await rotation.rewrap(store.inner, keyset)
        lines = [_rewrapped(keyset.primary_id, rewrapped)]
        if forget:
            removed = await rotation.forget_unused(store.inner, keyset)
            lines.append(f"{len(removed)} older keys were removed.")
        return [*lines, *await _wraps(store)]

    return _with_store(settings, rotating)


def _rewrapped(key_id: int, count: int) -> str:
    return f"Key {key_id} wraps from now on; {count} data keys were rewrapped."


async def _wraps(store: SealingStore) -> list[str]:
    counts = await rotation.count_by_key(store.inner)
    return [f"Key {key_id} wraps {count} data keys." for key_id, count in counts.items()]


def run_rotate_keyset_copy(settings: Settings, path: Path, *, add_only: bool, forget: bool) -> list[str]:
    """Change a copy of a keyset that is a setting, without the store; what was done, as lines.

    First a key is added (*add_only*), then it is promoted, at last the others are forgotten: between two
    steps every process must have been started with the copy.  Raises ``SettingsError``.
    """
    try:
        keyset = KeysetFile(path, keyset_seal(settings.keyset))
        if not keyset.ready:
            raise SettingsError(f"There is no keyset in the file {path}.")
        primary, ids = keyset.primary_id, key_ids(keyset.json)
        if forget:
            if ids[-1] != primary:
                raise SettingsError(f"Key {ids[-1]} does not wrap yet: promote it first, and rewrap.")
            for key_id in ids[:-1]:
                keyset.replace(without_key(keyset.json, key_id))
            return [f"{len(ids) - 1} older keys were removed; key {primary} is left."]
        if add_only:
            return [f"Key {rotation.add_key(keyset)} is in the copy and wraps nothing yet."]
        if ids[-1] == primary:
            raise SettingsError(
                "No key waits in the copy: add one with --add-only, and start every process with it."
            )
        return [f"Key {rotation.promote_newest(keyset)} wraps, in processes that are started with the copy."]
    except KeysetError as error:
        raise SettingsError(str(error)) from None


def run_encrypt_keyset(settings: Settings, *, before: str = "") -> str:
    """Encrypt the keyset's file with the key of KMS that the settings name; what was done, as a sentence.

    *before* is the key of KMS that encrypts it now, if it is another one.  Raises ``SettingsError``.
    """
    keyset, path = settings.keyset, keyset_file(settings)
    seal = keyset_seal(keyset)
    if seal is None:
        raise SettingsError("Set SUPPORTCARR_KEYSET_KMS_KEY to the key that is to encrypt the keyset.")
    if keyset.json or not path.is_file():
        raise SettingsError(f"There is no keyset in the file {path} to encrypt.")
    text = path.read_text()
    try:
        if "encryptedKeyset" in json.loads(text):
            opener = keyset_seal(replace(keyset, kms_key=before)) if before else seal
            assert opener is not None, "a key is named"
            text = opener.open(text)
        Keyset(text)  # what cannot be used is not written
        write_keyset(path, seal.seal(text))
    except (KeysetError, ValueError) as error:
        raise SettingsError(str(error)) from None
    return f"The keyset {path} is encrypted with {keyset.kms_key}."


def run_rotate_lookup(
    settings: Settings, progress: lookup_rotation.Progress, *, settle_seconds: float | None = None
) -> int:
    """Rotate the key of look-up hashes, or finish a rotation; the number of the key.

    Raises ``LookupKeyMissing``.
    """

    async def rotating(store: SealingStore) -> int:
        secrets = settings.auth.lookup_secret
        data: list[lookup_rotation.HashedData] = [
            PhoneDirectory(store, secrets),
            NameIndex(store, secrets),
            Plates(store, secrets),
        ]
        settle = lookup_rotation.SETTLE_SECONDS if settle_seconds is None else settle_seconds
        return await lookup_rotation.rotate(LookupKeys(store, secrets), data, progress, settle)

    return _with_store(settings, rotating)


def run_seal(settings: Settings, progress: rotation.Progress) -> tuple[int, int]:
    """Seal what is plain; the number of documents that were sealed, and of those that are left."""

    async def sealing(store: SealingStore) -> tuple[int, int]:
        sealed = await rotation.seal_all(store, SPECS, progress)
        left = await rotation.count_plain(store, SPECS)
        return sealed, sum(one.documents for one in left)

    return _with_store(settings, sealing)


def _with_store(settings: Settings, work: Callable[[SealingStore], Awaitable[T]]) -> T:
    async def working() -> T:
        store = store_of(settings)
        for spec in SPECS:
            store.collection(spec)
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(working())
