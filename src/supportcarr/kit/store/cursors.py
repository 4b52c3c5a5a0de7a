"""Page cursors: the position where a page ended, encoded for use in a URL.

A cursor holds its collection and sort, the sort field's value in the last document of the page (in
the engine's own form; ``None``: absent) and that document's id.  It is not signed: a forged cursor
only selects another page of documents that the query returns anyway.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import msgspec

from supportcarr.kit.store.port import BadCursor

KeyValue = str | int | float | None


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    collection: str
    sort: str
    value: KeyValue
    id: str


_decoder = msgspec.json.Decoder(_Cursor)


def encode(collection: str, sort: str, value: KeyValue, id: str) -> str:
    """The cursor after the document *id*, whose sort field is *value*."""
    raw = msgspec.json.encode(_Cursor(collection, sort, value, id))
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(collection: str, sort: str, cursor: str) -> tuple[KeyValue, str]:
    """The value and id that the page ended with.  Raises ``BadCursor``."""
    try:
        found = _decoder.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.DecodeError, Base64Error, ValueError):
        raise BadCursor("this is not a cursor") from None
    if (found.collection, found.sort) != (collection, sort):
        raise BadCursor("this cursor belongs to another list or another order")
    if isinstance(found.value, int) and not -(2**63) <= found.value < 2**63:
        raise BadCursor("this is not a cursor")
    return found.value, found.id
