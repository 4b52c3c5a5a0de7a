"""The keyset of a cluster is a setting: it is rotated by a copy in a file, and the data keys by a process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from supportcarr.bootstrap.key_commands import run_rotate_keyset, run_rotate_keyset_copy
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing.keyset import key_ids, new_keyset, primary_of


def of_pods(folder: Path, copy: Path) -> Settings:
    """The settings of a process that was started with what the copy holds now."""
    given = {"SUPPORTCARR_DATA": str(folder), "SUPPORTCARR_KEYSET_JSON": copy.read_text()}
    return load_settings(given, dotenv=None)


async def with_a_person(settings: Settings, person: str) -> None:
    """Make a data key, or read the one that is there."""
    store = store_of(settings)
    await store.open()
    try:
        await store.data_keys.to_seal([person])
    finally:
        await store.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "keyset.json"
    path.write_text(new_keyset())
    return path


def test_it_is_rotated_in_steps_between_which_every_process_reads_everything(
    tmp_path: Path, copy: Path
) -> None:
    operator, data = (
        load_settings({"SUPPORTCARR_DATA": str(tmp_path / "own")}, dotenv=None),
        tmp_path / "data",
    )
    before = of_pods(data, copy)
    asyncio.run(with_a_person(before, "usr_1"))
    first = primary_of(copy.read_text())
    with pytest.raises(SettingsError, match="--copy"):
        run_rotate_keyset(before, add_only=False, forget=False)
    with pytest.raises(SettingsError, match="--add-only"):  # processes do not know a new key yet
        run_rotate_keyset_copy(operator, copy, add_only=False, forget=False)

    run_rotate_keyset_copy(operator, copy, add_only=True, forget=False)
    added = of_pods(data, copy)
    assert primary_of(copy.read_text()) == first
    run_rotate_keyset_copy(operator, copy, add_only=False, forget=False)
    second = primary_of(copy.read_text())
    assert key_ids(copy.read_text()) == [first, second]
    promoted = of_pods(data, copy)
    asyncio.run(with_a_person(promoted, "usr_2"))
    asyncio.run(with_a_person(added, "usr_2"))  # a process of the step before reads it

    said = run_rotate_keyset(promoted, add_only=False, forget=False)
    assert said[0] == f"Key {second} wraps from now on; 1 data keys were rewrapped."
    assert said[1:] == [f"Key {second} wraps 2 data keys."]
    run_rotate_keyset_copy(operator, copy, add_only=False, forget=True)
    assert key_ids(copy.read_text()) == [second]
    asyncio.run(with_a_person(of_pods(data, copy), "usr_1"))


def test_a_copy_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    operator = load_settings({"SUPPORTCARR_DATA": str(tmp_path)}, dotenv=None)
    with pytest.raises(SettingsError, match="There is no keyset"):
        run_rotate_keyset_copy(operator, tmp_path / "none.json", add_only=True, forget=False)
    assert not (tmp_path / "none.json").exists()
