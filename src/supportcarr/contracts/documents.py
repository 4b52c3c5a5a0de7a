"""The base class of stored documents."""

from __future__ import annotations

import msgspec


class Document(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A stored document: an id, and a version that each save increments (0: not stored yet).

    Documents are immutable: change a copy (``msgspec.structs.replace``) and save it.  A field that a
    query, an index or a unique key uses is a top-level attribute.
    """

    id: str
    version: int = 0
