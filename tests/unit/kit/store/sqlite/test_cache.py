"""When a document that was read counts, and when it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from supportcarr.kit.store.sqlite.cache import ReadCache, VersionCounters


@pytest.fixture
def marks(tmp_path: Path) -> Iterator[VersionCounters]:
    made = VersionCounters(tmp_path / "store")
    yield made
    made.close()


@pytest.fixture
def elsewhere(marks: VersionCounters, tmp_path: Path) -> Iterator[VersionCounters]:
    """The counters as another process has them."""
    made = VersionCounters(tmp_path / "store")
    yield made
    made.close()


def read(cache: ReadCache, name: str, document: object) -> None:
    count, _ = cache.get("parcels", name)
    cache.put("parcels", name, count, document)


def test_what_was_read_counts_until_another_process_begins_to_change_it(
    marks: VersionCounters, elsewhere: VersionCounters
) -> None:
    cache = ReadCache(marks)
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


def test_what_is_read_while_a_commit_is_on_its_way_is_not_kept(
    marks: VersionCounters, elsewhere: VersionCounters
) -> None:
    cache = ReadCache(marks)
    slots = elsewhere.begin_write(["p1"])
    read(cache, "p1", "perhaps the old one")
    elsewhere.end_write(slots)
    assert cache.get("parcels", "p1")[1] is None


@pytest.mark.parametrize("finished", [True, False])
def test_a_read_that_a_commit_overtakes_is_not_kept(
    marks: VersionCounters, elsewhere: VersionCounters, finished: bool
) -> None:
    cache = ReadCache(marks)
    count, _ = cache.get("parcels", "p1")
    slots = elsewhere.begin_write(["p1"])
    if finished:
        elsewhere.end_write(slots)
    cache.put("parcels", "p1", count, "perhaps the old one")
    if not finished:
        elsewhere.end_write(slots)
    assert cache.get("parcels", "p1")[1] is None


def test_after_a_writer_died_half_way_nothing_is_kept_until_the_next_one_is_through(
    marks: VersionCounters, elsewhere: VersionCounters
) -> None:
    cache = ReadCache(marks)
    read(cache, "p1", "old")
    elsewhere.begin_write(["p1"])  # and no more
    read(cache, "p1", "read from the database")
    assert cache.get("parcels", "p1")[1] is None
    elsewhere.end_write(elsewhere.begin_write(["p1"]))
    read(cache, "p1", "new")
    assert cache.get("parcels", "p1")[1] == "new"


def test_documents_of_different_collections_share_ids_and_nothing_else(marks: VersionCounters) -> None:
    cache = ReadCache(marks)
    cache.put("riders", "usr_1", 0, "as a rider")
    cache.put("drivers", "usr_1", 0, "as a driver")
    assert cache.get("riders", "usr_1")[1] == "as a rider"
    assert cache.get("drivers", "usr_1")[1] == "as a driver"


def test_a_slot_that_two_ids_share_costs_a_read_and_ends_even(
    marks: VersionCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.sqlite.cache.SLOTS", 1)
    cache = ReadCache(marks)
    read(cache, "p1", "first")
    marks.end_write(marks.begin_write(["p2", "p3"]))
    assert cache.get("parcels", "p1")[1] is None
    read(cache, "p1", "first")
    assert cache.get("parcels", "p1")[1] == "first"


def test_the_oldest_goes_when_there_are_too_many(
    marks: VersionCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.sqlite.cache.MAX_DOCUMENTS", 2)
    cache = ReadCache(marks)
    for name in ("p1", "p2", "p3"):
        read(cache, name, name)
    assert [cache.get("parcels", name)[1] for name in ("p1", "p2", "p3")] == [None, "p2", "p3"]


def test_an_id_that_is_no_text_in_utf_8_has_a_slot_too(marks: VersionCounters) -> None:
    assert ReadCache(marks).get("parcels", "half a pair \ud83d")[1] is None
