"""Which documents MongoDB's read cache keeps, and how it identifies their content."""

from __future__ import annotations

import pytest
from bson import ObjectId

from supportcarr.kit.store.mongo import cache as module
from supportcarr.kit.store.mongo.cache import ReadCache, Write, write_of

FIRST: Write = (1, ObjectId())
SECOND: Write = (2, ObjectId())


def test_a_document_is_cached_after_two_unchanged_reads() -> None:
    cache = ReadCache()
    cache.record_read("parcels", "p", FIRST, "once")
    assert cache.get("parcels", "p") is None
    cache.record_read("parcels", "p", FIRST, "twice")
    assert cache.get("parcels", "p") == (FIRST, "twice")
    assert cache.get("other", "p") is None


@pytest.mark.parametrize("write", [SECOND, (FIRST[0], ObjectId())], ids=["version", "write id"])
def test_a_changed_document_must_be_read_twice_again(write: Write) -> None:
    cache = ReadCache()
    for _ in range(2):
        cache.record_read("parcels", "p", FIRST, "old")
    cache.record_read("parcels", "p", write, "new")
    assert cache.get("parcels", "p") is None
    cache.record_read("parcels", "p", write, "new")
    assert cache.get("parcels", "p") == (write, "new")


def test_a_document_without_a_write_id_is_not_cached() -> None:
    cache = ReadCache()
    assert write_of({"_id": "p", "version": 1}) is None
    assert write_of({"_id": "p", "write_id": ObjectId()}) is None
    for _ in range(3):
        cache.record_read("parcels", "p", write_of({"_id": "p", "version": 1}), "document")
    assert cache.get("parcels", "p") is None


def test_a_forgotten_document_is_not_cached() -> None:
    cache = ReadCache()
    for _ in range(2):
        cache.record_read("parcels", "p", FIRST, "document")
    cache.forget("parcels", "p")
    cache.forget("parcels", "never read")
    assert cache.get("parcels", "p") is None


def test_the_oldest_documents_are_evicted_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENTS", 3)
    cache = ReadCache()
    for name in "abcd":
        for _ in range(2):
            cache.record_read("parcels", name, FIRST, name)
    assert [name for name in "abcd" if cache.get("parcels", name)] == ["b", "c", "d"]
