"""Keyed hashes are equal for equal parts only, not for parts that are equal when joined."""

from __future__ import annotations

from supportcarr.kit.runtime.crypto import keyed_hash


def test_the_same_parts_have_the_same_hash() -> None:
    assert keyed_hash("s", "use", "a", b"b") == keyed_hash("s", "use", "a", "b")
    assert len(keyed_hash("s", "use", "a")) == 43


def test_the_hash_depends_on_secret_purpose_and_part_boundaries() -> None:
    hashes = {
        keyed_hash("s", "use", "ab", "c"),
        keyed_hash("s", "use", "a", "bc"),
        keyed_hash("s", "use", "abc"),
        keyed_hash("s", "use", "abc", ""),
        keyed_hash("s", "other", "ab", "c"),
        keyed_hash("t", "use", "ab", "c"),
    }
    assert len(hashes) == 6
