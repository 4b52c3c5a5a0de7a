"""What request lines come to: which of the front's endpoints they name, and their parts as text."""

from __future__ import annotations

from typing import Any, NamedTuple

from supportcarr.kit.http.types import FastPathApp

KEPT = 4096  # lines of a process …
LONGEST = 128  # … in bytes of their target: nobody shall fill our memory with long ones


class RouteMatch(NamedTuple):
    """What a request line names: what of the front answers it, and the line's parts."""

    found: Any
    method: str
    path: str
    query: bytes


class TargetCache:
    """What a process's front knows, by method and target of the request line.

    Most requests name again what somebody has named before (``/me``, the rescue that is watched), so
    that is found by one look.  With a query it is not kept: those are as good as never the same.
    """

    def __init__(self, front: FastPathApp[Any] | None) -> None:
        self.front = front
        self._known: dict[tuple[bytes, bytes], RouteMatch] = {}

    def of(self, method: bytes, url: bytes) -> RouteMatch | None:
        """``None``: the front does not know it, or it is not written in the plain way."""
        known = self._known.get((method, url))
        return known if known is not None else self._read(method, url)

    def _read(self, method: bytes, url: bytes) -> RouteMatch | None:
        raw, _, query = url.partition(b"?")
        if self.front is None or raw[:1] != b"/" or b"%" in raw or b"#" in url or not url.isascii():
            return None
        verb, path = method.decode("ascii"), raw.decode("ascii")
        found = self.front.find(verb, path)
        if found is None:
            return None
        target = RouteMatch(found, verb, path, query)
        if not query and len(url) <= LONGEST:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[method, url] = target
        return target
