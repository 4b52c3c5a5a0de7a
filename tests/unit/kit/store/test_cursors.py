"""Cursors are decoded to the encoded values, and any other text is rejected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportcarr.kit.store import cursors
from supportcarr.kit.store.port import BadCursor

VALUES = (
    st.none() | st.text() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
)


@given(st.text(), st.text(), VALUES, st.text())
def test_a_cursor_is_decoded_to_the_encoded_values(
    collection: str, sort: str, value: cursors.KeyValue, id: str
) -> None:
    cursor = cursors.encode(collection, sort, value, id)
    assert cursors.decode(collection, sort, cursor) == (value, id)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text())
def test_arbitrary_text_is_rejected_as_a_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode("rescues", "id", text)


@given(st.binary())
def test_an_altered_cursor_is_rejected_or_still_valid(noise: bytes) -> None:
    cursor = cursors.encode("rescues", "id", None, "res_1")
    altered = cursor[: len(noise) % len(cursor)] + noise.hex()
    try:
        value, last = cursors.decode("rescues", "id", altered)
    except BadCursor:
        return
    assert isinstance(last, str)
    assert value is None or isinstance(value, (str, int, float))


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**400])
def test_a_number_out_of_range_is_rejected(value: int) -> None:
    with pytest.raises(BadCursor):
        cursors.decode("rescues", "weight", cursors.encode("rescues", "weight", value, "res_1"))
