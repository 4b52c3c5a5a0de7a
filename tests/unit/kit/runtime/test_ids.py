"""Ids have a fixed format, contain their creation time, sort by it, and are unique."""

from __future__ import annotations

import time
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportcarr.contracts.ids import RESCUE, USER, looks_like, region_of
from supportcarr.kit.runtime.ids import new_id

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def milliseconds(id: str) -> int:
    """The time in an id, decoded as the ULID specification says."""
    number = 0
    for character in id.rpartition("_")[2][:10]:
        number = number * 32 + ALPHABET.index(character)
    return number


def at(ms: int) -> str:
    with mock.patch.object(time, "time_ns", lambda: ms * 1_000_000 + 999_999):
        return new_id(USER)


def test_an_id_has_its_format_and_its_region() -> None:
    assert looks_like(USER, new_id(USER))
    rescue = new_id(RESCUE, region="qc")
    assert looks_like(RESCUE, rescue)
    assert (region_of(rescue), len(rescue)) == ("qc", len("res_qc_") + 26)


@given(st.integers(0, 2**48 - 1))
def test_an_id_contains_its_creation_time(ms: int) -> None:
    assert milliseconds(at(ms)) == ms


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=5, unique=True))
def test_ids_sort_by_creation_time(times: list[int]) -> None:
    made = [at(ms) for ms in times]
    assert [milliseconds(one) for one in sorted(made)] == sorted(times)


@pytest.mark.parametrize("ms", [0, 1023, 1024, 2**38, 2**48 - 1])
def test_times_around_a_carry_are_encoded(ms: int) -> None:
    assert [milliseconds(at(n)) for n in (ms, max(0, ms - 1))] == [ms, max(0, ms - 1)]


def test_ids_of_one_millisecond_differ_in_all_random_characters() -> None:
    ids = [at(1_700_000_000_000) for _ in range(4000)]
    assert len(set(ids)) == len(ids)
    for place in range(14, 30):
        seen = Counter(one[place] for one in ids)
        assert len(seen) == 32
        assert max(seen.values()) < 2 * len(ids) / 32  # fails by chance less than once in 10^18 runs
