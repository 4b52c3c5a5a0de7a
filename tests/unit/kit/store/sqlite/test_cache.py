"""When a cached document is valid, and when it is not."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from supportcarr.kit.store.sqlite.cache import ReadCache, VersionCounters


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[VersionCounters]:
    made = VersionCounters(tmp_path / "store")
    yield made
    made.close()


@pytest.fixture
def elsewhere(counters: VersionCounters, tmp_path: Path) -> Iterator[VersionCounters]:
    """The same counters, mapped a second time as by another process."""
    made = VersionCounters(tmp_path / "store")
    yield made
    made.close()


def test_a_write_of_an_earlier_release_invalidates_cached_documents(
    counters: VersionCounters, tmp_path: Path
) -> None:
    """During an upgrade old and new processes share the counters, in this file and form."""
    cache = ReadCache(counters)
    read(cache, "p1", "first")
    with (tmp_path / "store.marks").open("r+b") as file:
        file.seek(zlib.crc32(b"p1") % 65_536 * 8)
        file.write((1).to_bytes(8, sys.byteorder))
    assert cache.get("parcels", "p1")[1] is None


def read(cache: ReadCache, name: str, document: object) -> None:
    count, _ = cache.get("parcels", name)
    cache.put("parcels", name, count, document)


def test_a_cached_document_is_valid_until_another_process_begins_a_write(
    counters: VersionCounters, elsewhere: VersionCounters
) -> None:
    cache = ReadCache(counters)
    read(cache, "p1", "first")
    read(cache, "p2", "other")
    assert cache.get("parcels", "p1")[1] == "first"
    slots = elsewhere.begin_write(["p1"])
    assert cache.get("parcels", "p1")[1] is None
    elsewhere.end_write(slots)
    assert cache.get("parcels", "p1")[1] is None
    assert cache.get("parcels", "p2")[1] == "other"
    read(cache, "p1", "second")
    assert cache.get("parcels", "p1")[1] == "second"


def test_a_document_read_during_a_commit_is_not_cached(
    counters: VersionCounters, elsewhere: VersionCounters
) -> None:
    cache = ReadCache(counters)
    slots = elsewhere.begin_write(["p1"])
    read(cache, "p1", "perhaps the old one")
    elsewhere.end_write(slots)
    assert cache.get("parcels", "p1")[1] is None


@pytest.mark.parametrize("finished", [True, False])
def test_a_document_changed_during_the_read_is_not_cached(
    counters: VersionCounters, elsewhere: VersionCounters, finished: bool
) -> None:
    cache = ReadCache(counters)
    count, _ = cache.get("parcels", "p1")
    slots = elsewhere.begin_write(["p1"])
    if finished:
        elsewhere.end_write(slots)
    cache.put("parcels", "p1", count, "perhaps the old one")
    if not finished:
        elsewhere.end_write(slots)
    assert cache.get("parcels", "p1")[1] is None


def test_after_a_writer_died_nothing_is_cached_until_the_next_write(
    counters: VersionCounters, elsewhere: VersionCounters
) -> None:
    cache = ReadCache(counters)
    read(cache, "p1", "old")
    elsewhere.begin_write(["p1"])  # without end_write
    read(cache, "p1", "read from the database")
    assert cache.get("parcels", "p1")[1] is None
    elsewhere.end_write(elsewhere.begin_write(["p1"]))
    read(cache, "p1", "new")
    assert cache.get("parcels", "p1")[1] == "new"


def test_equal_ids_in_two_collections_are_cached_separately(counters: VersionCounters) -> None:
    cache = ReadCache(counters)
    cache.put("riders", "usr_1", 0, "as a rider")
    cache.put("drivers", "usr_1", 0, "as a driver")
    assert cache.get("riders", "usr_1")[1] == "as a rider"
    assert cache.get("drivers", "usr_1")[1] == "as a driver"


def test_two_ids_in_one_slot_invalidate_each_other_and_leave_an_even_count(
    counters: VersionCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.sqlite.cache.SLOTS", 1)
    cache = ReadCache(counters)
    read(cache, "p1", "first")
    counters.end_write(counters.begin_write(["p2", "p3"]))
    assert cache.get("parcels", "p1")[1] is None
    read(cache, "p1", "first")
    assert cache.get("parcels", "p1")[1] == "first"


def test_the_oldest_documents_are_evicted_first(
    counters: VersionCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.sqlite.cache.MAX_DOCUMENTS", 2)
    cache = ReadCache(counters)
    for name in ("p1", "p2", "p3"):
        read(cache, name, name)
    assert [cache.get("parcels", name)[1] for name in ("p1", "p2", "p3")] == [None, "p2", "p3"]


def test_an_id_that_is_not_valid_utf_8_has_a_slot(counters: VersionCounters) -> None:
    assert ReadCache(counters).get("parcels", "half a pair \ud83d")[1] is None
