"""The hot table: the few routes that most requests are for, found before the framework is asked.

It only finds the endpoint; what happens to the request is the pipeline's, the same as behind the
framework.  What it does not know (another path, another method, a trailing slash) goes on to the
framework, which knows every route.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from supportcarr.gateway.endpoint import Endpoint

_NO_PARAMS: Mapping[str, str] = {}

Found = tuple[Endpoint, Mapping[str, str]]  # with its path's parameters
_Segments = tuple[str, ...]


class _Shape:
    """Paths of as many segments, with parameters in the same places."""

    __slots__ = ("by_words", "holes", "words_of")

    def __init__(self, parts: Sequence[str]) -> None:
        self.holes = tuple(i for i, part in enumerate(parts) if _is_parameter(part))
        words = [i for i in range(len(parts)) if i not in self.holes]
        # at least two, so that it answers a tuple: what is before the first slash, and what the API is below
        self.words_of: Callable[[Sequence[str]], _Segments] = itemgetter(*words)
        self.by_words: dict[_Segments, tuple[_Segments, Endpoint]] = {}  # and the parameters' names


def _is_parameter(part: str) -> bool:
    return part.startswith("{")


def _may_match(a: Endpoint, b: Endpoint) -> bool:
    """Whether one path could be meant by both."""
    return (
        a.method == b.method
        and len(a.parts) == len(b.parts)
        and all(x == y or _is_parameter(x) or _is_parameter(y) for x, y in zip(a.parts, b.parts, strict=True))
    )


class HotRouter:
    """Endpoints by method and path: fixed paths by one look-up, the others by their shape.

    A route that a hot one would hide (``/rescues/summary`` beside ``/rescues/{id}``) is in the table
    as well, and found first: a fixed segment goes before a parameter, as in the framework's trie.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        hot = [e for e in endpoints if e.route.hot]
        chosen = [e for e in endpoints if any(_may_match(e, h) for h in hot)]
        self._fixed: dict[tuple[str, str], Endpoint] = {}
        self._shapes: dict[tuple[str, int], list[_Shape]] = {}
        for endpoint in sorted(chosen, key=lambda e: [_is_parameter(part) for part in e.parts]):
            parts = endpoint.parts
            shape = _Shape(parts)
            if not shape.holes:
                self._fixed[endpoint.method, endpoint.path] = endpoint
                continue
            shapes = self._shapes.setdefault((endpoint.method, len(parts)), [])
            if not shapes or shapes[-1].holes != shape.holes:
                shapes.append(shape)
            names = tuple(parts[i][1:-1] for i in shape.holes)
            shapes[-1].by_words[shape.words_of(parts)] = names, endpoint

    def find(self, method: str, path: str) -> Found | None:
        """The endpoint and its path's parameters; ``None``: not in this table."""
        endpoint = self._fixed.get((method, path))
        if endpoint is not None:
            return endpoint, _NO_PARAMS
        parts = path.split("/")
        for shape in self._shapes.get((method, len(parts)), ()):
            found = shape.by_words.get(shape.words_of(parts))
            if found is not None:
                names, endpoint = found
                values = [parts[i] for i in shape.holes]
                return (endpoint, dict(zip(names, values, strict=True))) if all(values) else None
        return None
