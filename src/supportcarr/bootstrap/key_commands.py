"""The commands ``supportcarr keys`` that change the keyset or look-up keys, and ``store seal``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
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
from supportcarr.kit.sealing.keyset import Keyset, KeysetError, KeysetFile, write_keyset
from supportcarr.kit.sealing.lookup_keys import LookupKeys
from supportcarr.kit.sealing.store import SealingStore

T = TypeVar("T")


def run_rotate_keyset(settings: Settings, *, add_only: bool, forget: bool) -> list[str]:
    """Rotate the keyset's file and rewrap the data keys; what was done, as lines.

    Raises ``SettingsError`` if the keyset is not in a file.
    """

    async def rotating(store: SealingStore) -> list[str]:
        keyset = store.data_keys.wrapper
        if not isinstance(keyset, KeysetFile):
            raise SettingsError("The keyset is a setting: change it where it is kept, then rewrap.")
        if not keyset.ready:
            raise SettingsError(f"There is no keyset yet at {keyset.path}: the first account makes it.")
        interrupted = set(await rotation.count_by_key(store.inner)) - {keyset.primary_id}
        if add_only or not interrupted:
            added = rotation.add_key(keyset)
            if add_only:
                return [f"Key {added} is in the keyset and wraps nothing yet."]
        rotation.promote_newest(keyset)
        rewrapped = await rotation.rewrap(store.inner, keyset)
        lines = [f"Key {keyset.primary_id} wraps from now on; {rewrapped} data keys were rewrapped."]
        if forget:
            removed = await rotation.forget_unused(store.inner, keyset)
            lines.append(f"{len(removed)} older keys were removed.")
        counts = await rotation.count_by_key(store.inner)
        return [*lines, *(f"Key {key_id} wraps {count} data keys." for key_id, count in counts.items())]

    return _with_store(settings, rotating)


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
