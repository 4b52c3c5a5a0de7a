"""Views of documents as JSON, encoded once for each stored document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from supportcarr.contracts.documents import Document

D = TypeVar("D", bound=Document)

VIEWS_KEPT = 4_000  # of one process; the oldest are dropped first


class EncodedViews(Generic[D]):
    """Encodes what *view* makes of a document, which may depend on nothing but that document.

    A body is remembered with the document it was made of, and used again for that very object: a store that
    caches its reads returns the same one until the document changes or may no longer be read.
    """

    def __init__(self, view: Callable[[D], Any], *, kept: int = VIEWS_KEPT) -> None:
        self._view = view
        self._kept = kept
        self._bodies: dict[str, tuple[D, bytes]] = {}
        self._encode = msgspec.json.Encoder().encode

    def of(self, document: D) -> bytes:
        known = self._bodies.get(document.id)
        if known is not None and known[0] is document:
            return known[1]
        body = self._encode(self._view(document))
        self._bodies.pop(document.id, None)
        if len(self._bodies) >= self._kept:
            del self._bodies[next(iter(self._bodies))]
        self._bodies[document.id] = document, body
        return body
