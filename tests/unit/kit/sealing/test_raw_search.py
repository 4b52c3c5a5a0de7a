"""The search for plain values in raw data finds each encoding of them, and nothing else."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from urllib.parse import quote

import pytest

from support.raw.search import Found, Needles

NAME, PHONE, PIN, PLACE = "Zoé Bélanger", "+15145550142", "4711", -73.582043
NEEDLES = Needles({"name": {NAME}, "phone": {PHONE}, "pin": {PIN}, "place": {PLACE}})
TEXT = f"the person {NAME} is here"

HIDDEN = {
    "utf-8": TEXT.encode(),
    "utf-16": TEXT.encode("utf-16-le"),
    "json": json.dumps({"name": NAME}).encode(),
    "python": repr(TEXT.encode()).encode(),
    "url": quote(TEXT).encode(),
    "hex": TEXT.encode().hex().encode(),
    "capital hex": TEXT.encode().hex().upper().encode(),
    "base64": base64.b64encode(TEXT.encode()),
    "base64, one byte later": base64.b64encode(b"x" + TEXT.encode()),
    "base64, two bytes later": base64.b64encode(b"xx" + TEXT.encode()),
    "base64url": base64.urlsafe_b64encode(b"\xff" + TEXT.encode()),
    "zlib": b"before" + zlib.compress(TEXT.encode()) + b"after",
    "gzip of JSON": b"before" + gzip.compress(json.dumps([NAME]).encode()),
    "zlib, cut off": zlib.compress(TEXT.encode() + bytes(range(256)) * 9)[:-20],
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_text_is_found_in_every_encoding(hidden: bytes) -> None:
    for before in (b"", b"1234567", bytes(99)):
        assert {one.value for one in NEEDLES.found_in(before + hidden + b"more")} == {NAME}


def test_numbers_are_found_as_digits_and_as_doubles() -> None:
    for hidden in (b'"lng":-73.582043,', struct.pack("<d", PLACE), struct.pack(">d", PLACE)):
        assert {one.value for one in NEEDLES.found_in(b"xyz" + hidden)} == {PLACE}
    assert not NEEDLES.found_in(b'"lng":-73.58204,"cell":-73.5820')


def test_short_texts_are_found_between_quotes_only() -> None:
    assert {one.kind for one in NEEDLES.found_in(b'{"pin":"4711"}')} == {"pin"}
    assert not NEEDLES.found_in(b'{"count":4711,"id":"res_4711"}')


def test_sealed_and_other_values_are_not_found() -> None:
    assert not NEEDLES.found_in(bytes(range(256)) * 400 + b"+15145550143 Zoe Belanger")


def test_the_seconds_of_a_time_are_no_latitude() -> None:
    needles = Needles({"place": {45.508046}})
    assert needles.found_in(b'{"at":"2026-11-29T06:49:45.508046Z","took":145.508046}') == set()
    assert needles.found_in(b'{"lat":45.508046}') == {Found("place", 45.508046, "utf-8")}
    assert needles.found_in(b"45.508046,-73.5") == {Found("place", 45.508046, "utf-8")}
