"""Keyed hashes: the same for the same, and never for two lists that only look alike joined."""

from __future__ import annotations

from supportcarr.kit.runtime.crypto import keyed_hash


def test_the_same_parts_have_the_same_hash() -> None:
    assert keyed_hash("s", "use", "a", b"b") == keyed_hash("s", "use", "a", "b")
    assert len(keyed_hash("s", "use", "a")) == 43


def test_secret_use_and_framing_all_count() -> None:
    hashes = {
        keyed_hash("s", "use", "ab", "c"),
        keyed_hash("s", "use", "a", "bc"),
        keyed_hash("s", "use", "abc"),
        keyed_hash("s", "use", "abc", ""),
        keyed_hash("s", "other", "ab", "c"),
        keyed_hash("t", "use", "ab", "c"),
    }
    assert len(hashes) == 6
