"""Acknowledged writes survive a kill -9; every write is stored with its events or not at all."""

from __future__ import annotations

import asyncio
import signal

import pytest

from support.processes import store_child
from support.store.fixtures import PARCELS, Parcel, store_at
from supportcarr.kit.store.port import Collection

pytestmark = pytest.mark.processes


async def acknowledged_before_the_kill(url: str, lines: int) -> dict[str, int]:
    """Start a writing process, kill it after *lines* acknowledgements; return the last version of each id."""
    child = store_child.start(url, "insert_for_ever", "20")
    assert child.stdout is not None
    acknowledgements: list[bytes] = []
    try:
        for _ in range(lines):
            acknowledgements.append(await asyncio.to_thread(child.stdout.readline))
    finally:
        child.send_signal(signal.SIGKILL)
    # ``communicate`` would read past the bytes that ``readline`` has buffered, and start within a line.
    rest = await asyncio.to_thread(child.stdout.read)
    await asyncio.to_thread(child.communicate)
    acknowledgements += [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    versions: dict[str, int] = {}
    for line in acknowledgements:
        name, version = line.split()
        versions[name.decode()] = int(version)
    return versions


async def assert_whole(parcels: Collection[Parcel], acknowledged: dict[str, int]) -> None:
    stored = {parcel.id: parcel.version async for parcel in parcels.scan()}
    lost = {name for name, version in acknowledged.items() if stored.get(name, 0) < version}
    assert lost == set()
    for name, version in stored.items():
        versions = [event.document_version for event in await parcels.pending_events(name)]
        assert versions == list(range(1, version + 1))


async def test_acknowledged_writes_survive_a_kill(url: str) -> None:
    acknowledged = await acknowledged_before_the_kill(url, 300)
    assert len(acknowledged) >= 150
    store = store_at(url)
    parcels = store.collection(PARCELS)
    await store.open()
    await assert_whole(parcels, acknowledged)
    await parcels.insert(Parcel(id="afterwards"))
    await store.close()


async def test_a_kill_of_one_process_does_not_stop_the_other(url: str, parcels: Collection[Parcel]) -> None:
    killed = asyncio.create_task(acknowledged_before_the_kill(url, 200))
    written = 0
    while not killed.done():
        await asyncio.wait_for(parcels.insert(Parcel(id=f"mine-{written}")), 45)
        written += 1
    acknowledged = await killed
    for n in range(20):
        await asyncio.wait_for(parcels.insert(Parcel(id=f"more-{n}")), 45)
    assert await parcels.count() >= written + 20 + len(acknowledged)
