"""A sealed value opens where it was sealed, with the key that sealed it, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from supportcarr.kit.sealing.codec import KEY_BYTES, Cipher, SealBroken, place_of

KEY = bytes(range(KEY_BYTES))
PHONE = place_of("document", "users", "phone", "usr_1")
VALUE = b'"+15145550142"'


def test_a_value_opens_where_it_was_sealed() -> None:
    sealed = Cipher(KEY).seal(VALUE, PHONE)
    assert VALUE not in sealed
    assert Cipher(KEY).open(sealed, PHONE) == VALUE
    assert Cipher(KEY).seal(VALUE, PHONE) != sealed, "equal values must not look equal"


@pytest.mark.parametrize(
    "place",
    [
        place_of("document", "users", "phone", "usr_2"),
        place_of("document", "users", "name", "usr_1"),
        place_of("document", "vehicles", "phone", "usr_1"),
        place_of("event", "users", "phone", "usr_1"),
    ],
    ids=["another document", "another field", "another collection", "another kind"],
)
def test_a_value_that_was_moved_is_refused(place: bytes) -> None:
    sealed = Cipher(KEY).seal(VALUE, PHONE)
    with pytest.raises(SealBroken):
        Cipher(KEY).open(sealed, place)


@pytest.mark.parametrize(
    "changed",
    [
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:20],
        lambda sealed: b"",
        lambda sealed: sealed[:15] + bytes([sealed[15] ^ 1]) + sealed[16:],
        lambda sealed: bytes([sealed[0] ^ 1]) + sealed[1:],
        lambda sealed: sealed + b"\0",
        lambda sealed: Cipher(os.urandom(KEY_BYTES)).seal(VALUE, PHONE),
    ],
    ids=["truncated", "without its tag", "empty", "changed", "another nonce", "extended", "another key"],
)
def test_a_changed_value_is_refused(changed: Callable[[bytes], bytes]) -> None:
    sealed = Cipher(KEY).seal(VALUE, PHONE)
    with pytest.raises(SealBroken):
        Cipher(KEY).open(changed(sealed), PHONE)
