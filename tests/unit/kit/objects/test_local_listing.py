"""Listing objects on this machine's disk: in order, and without reading every folder for each page."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.runtime.clock import Clock


def local_objects(folder: Path, keys: list[str]) -> LocalObjects:
    for key in keys:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return LocalObjects(folder, "http://127.0.0.1", "a secret", Clock())


async def test_pages_follow_the_order_of_keys(tmp_path: Path) -> None:
    rng = random.Random(5)
    names = ["a", "a-b", "a_b", "ab", "a0", "b", "-", "z"]
    keys = sorted(
        {"/".join(rng.choices(names, k=depth)) + f"/o{n % 7}" for n in range(60) for depth in (1, 2, 3)}
    )
    objects = local_objects(tmp_path, [*keys, ".unfinished/0"])
    for prefix in ("", "a/", "a", "a-b/a", "none/"):
        expected = [key for key in keys if key.startswith(prefix)]
        for after in ("", *keys[::9], "a/", "zz"):
            page = await objects.list_objects(prefix, after=after, limit=5)
            assert [info.key for info in page] == [key for key in expected if key > after][:5]


async def test_a_page_reads_the_folders_of_its_own_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = local_objects(tmp_path, [f"files/fil_{n:03d}/{name}" for n in range(100) for name in "abc"])
    read: list[str] = []
    scandir = os.scandir

    def counted(path: Any) -> Any:
        read.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    page = await objects.list_objects("files/", after="files/fil_040/b", limit=9)
    assert page[-1].key == "files/fil_043/b"
    assert len(read) <= 2 + 4, "the two above, and four files"


async def test_a_write_that_ends_while_the_objects_are_listed_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = local_objects(tmp_path, ["files/a", ".unfinished/ends", ".unfinished/left", ".unfinished/new"])
    for name in ("ends", "left"):
        os.utime(tmp_path / ".unfinished" / name, (1, 1))
    iterdir = Path.iterdir

    def then_one_ends(folder: Path) -> Any:
        found = list(iterdir(folder))
        (folder / "ends").unlink(missing_ok=True)
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", then_one_ends)
    assert [info.key for info in await objects.list_objects("", limit=5)] == ["files/a"]
    assert [path.name for path in iterdir(tmp_path / ".unfinished")] == ["new"]
