"""The command ``supportcarr audit verify``: its exit code, and what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from support.audit.log import SECRET, AuditWorld
from supportcarr.cli import main
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.providers.audit_anchors import FileAnchor


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUPPORTCARR_DATA", str(tmp_path))
    monkeypatch.setenv("SUPPORTCARR_AUDIT_SECRET", SECRET)
    monkeypatch.chdir(tmp_path)
    _in_store(tmp_path, _three_records)
    return tmp_path


def _in_store(folder: Path, work: Callable[[AuditWorld], Awaitable[object]]) -> None:
    async def run() -> None:
        store = SqliteStore(folder / "supportcarr.sqlite3")
        await store.open()
        world = AuditWorld(store)
        world.chain._anchor = FileAnchor(folder / "audit-anchors.jsonl")
        try:
            await work(world)
        finally:
            await store.close()

    asyncio.run(run())


async def _three_records(world: AuditWorld) -> None:
    for n in range(3):
        await world.act(subject=f"res_{n + 1}")
    await world.chain.extend()


def verify(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["audit", "verify", *arguments])
    return result.exit_code, result.output


def test_an_untouched_log(folder: Path) -> None:
    assert verify() == (0, "Records 1 to 3 are as they were written.\n")


def test_a_missing_record(folder: Path) -> None:
    _in_store(folder, lambda world: world.remove(2))
    code, output = verify()
    assert code == 1
    assert output.splitlines()[0] == "Record 2 is missing."


def test_without_anchors_it_says_what_it_cannot_know(folder: Path) -> None:
    (folder / "audit-anchors.jsonl").unlink()
    code, output = verify()
    assert code == 0 and "There was no anchor to compare them with" in output


def test_anchors_that_were_shipped_elsewhere_or_changed(folder: Path) -> None:
    shipped = folder / "shipped.jsonl"
    text = (folder / "audit-anchors.jsonl").read_text()
    shipped.write_text(f'{{"event":"request"}}\n{text}')
    assert verify("--anchors", str(shipped))[0] == 0
    shipped.write_text(text.replace('"place":3', '"place":2'))
    code, output = verify("--anchors", str(shipped))
    assert code == 1 and "Line 1 of the anchors was not signed with this secret" in output
