"""The gateway's router: from a request line to the endpoint that answers it.

Every route is in it, with HEAD for each GET, OPTIONS for each path, and endpoints that answer 404 and 405,
so that a request that names no route is limited, counted and logged as well.  A path's empty segments do not
count: ``/me``, ``/me/`` and ``//me`` are one path.  A fixed segment wins over a parameter, and what follows
it is not tried again with the parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from supportcarr.contracts.errors import ApiError, NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import Handler, RequestContext, Response, Route
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.problems import MethodNotAllowed
from supportcarr.kit.http.types import Headers, RouteMatch
from supportcarr.kit.observability.metrics import RequestMetrics

KEPT = 4096  # matches that a process remembers …
LONGEST = 128  # … by request targets of at most so many bytes, so that no client fills the memory

_NO_PARAMS: Mapping[str, str] = {}

Found = tuple[Endpoint, Mapping[str, str]]  # with its path's parameters


class _Node:
    """A node of the tree of paths: its children, and its endpoints by method."""

    __slots__ = ("by_method", "children", "not_allowed", "parameter", "takes_rest")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}  # by the next segment
        self.parameter: _Node | None = None  # for any other segment
        self.takes_rest = False  # this node's parameter is the rest of the path
        self.by_method: dict[str, tuple[Endpoint, tuple[str, ...]]] = {}  # with the parameters' names
        self.not_allowed: tuple[Endpoint, tuple[str, ...]]  # for the other methods


class Router:
    """Endpoints by method and path; *headers* are those of the responses to OPTIONS."""

    def __init__(
        self, endpoints: Sequence[Endpoint], metrics: RequestMetrics, *, headers: Headers | None = None
    ) -> None:
        self._root = _Node()
        self._fixed: dict[str, _Node] = {}  # paths without parameters, whole
        self._known: dict[tuple[bytes, bytes], RouteMatch] = {}
        for endpoint in endpoints:
            self._add(endpoint)
        self._complete(metrics, headers)

    # --- finding ------------------------------------------------------------------------------------

    def match(self, method: bytes, target: bytes) -> RouteMatch | None:
        """The endpoint and parameters of a request line; ``None`` if its target is not plain (escapes, an
        absolute URL).

        Most targets repeat (``/me``, the rescue that is watched) and take one look-up.  Targets with a
        query rarely repeat and are not cached.
        """
        known = self._known.get((method, target))
        return known if known is not None else self._read(method, target)

    def _read(self, method: bytes, target: bytes) -> RouteMatch | None:
        raw, _, query = target.partition(b"?")
        if raw[:1] != b"/" or b"%" in raw or b"#" in target or not target.isascii():
            return None
        verb, path = method.decode("ascii"), raw.decode("ascii")
        match = RouteMatch(self.find(verb, path), verb, path, query)
        if not query and len(target) <= LONGEST:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[method, target] = match
        return match

    def find(self, method: str, path: str) -> Found:
        """The endpoint of a decoded path, and the path's parameters."""
        values: list[str] = []
        node = self._fixed.get(path)
        if node is None:
            segments = _segments(path)
            node = self._fixed.get("/" + "/".join(segments)) or self._walk(segments, values)
        endpoint, names = node.by_method.get(method) or node.not_allowed
        return endpoint, dict(zip(names, values, strict=True)) if names else _NO_PARAMS

    def _walk(self, segments: Sequence[str], values: list[str]) -> _Node:
        """The node of a path with parameters, whose *values* are appended."""
        node = self._root
        for position, segment in enumerate(segments):
            child = node.children.get(segment) or node.parameter
            if child is None:
                return self._nothing
            if child is node.parameter:
                if child.takes_rest:
                    values.append("/" + "/".join(segments[position:]))
                    return child
                values.append(segment)
            node = child
        return node

    # --- building -----------------------------------------------------------------------------------

    def _add(self, endpoint: Endpoint) -> None:
        parts = _segments(endpoint.path)
        names = [part[1:-1].partition(":")[0] for part in parts if part.startswith("{")]
        node = self._node(parts) if names else self._fixed.setdefault(endpoint.path, _Node())
        if endpoint.method in node.by_method:
            raise ValueError(f"{endpoint.method} {endpoint.path} is declared twice")
        node.by_method[endpoint.method] = endpoint, tuple(names)

    def _node(self, parts: Sequence[str]) -> _Node:
        """The node of a path with parameters, made if there is none."""
        node = self._root
        for part in parts:
            if part.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
                node.takes_rest = part.endswith(":path}")
            else:
                node = node.children.setdefault(part, _Node())
        return node

    def _complete(self, metrics: RequestMetrics, headers: Headers | None) -> None:
        """Add what no route declares: HEAD, OPTIONS, and the answers 404 and 405."""
        nothing = _refusing(partial(NotFound, "There is nothing at this path"), metrics)
        self._nothing = _Node()
        nodes = [self._nothing, self._root, *self._fixed.values()]
        for node in nodes:
            nodes += node.children.values()
            if node.parameter is not None:
                nodes.append(node.parameter)
            if not node.by_method:
                node.not_allowed = nothing, ()
                continue
            if "GET" in node.by_method:
                node.by_method["HEAD"] = node.by_method["GET"]
            allow = ", ".join(sorted({*node.by_method, "OPTIONS"}))
            endpoint, names = next(iter(node.by_method.values()))
            node.by_method["OPTIONS"] = _options(endpoint.path, allow, metrics, headers), names
            if node is self._root.parameter and node.takes_rest:
                node.not_allowed = nothing, ()  # the pages of an app at the root, not a resource
                continue
            node.not_allowed = _refusing(partial(MethodNotAllowed, allow), metrics), ()


def canonical(path: str) -> str:
    """The path without its empty segments: every spelling of a path becomes the same path."""
    return "/" + "/".join(_segments(path))


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _options(path: str, allow: str, metrics: RequestMetrics, headers: Headers | None) -> Endpoint:
    """An endpoint that lists the methods of a path; the pipeline adds what a preflight asks for."""

    async def tell(_: RequestContext[Any, Any]) -> Response:
        return Response(status=204, headers=(("allow", allow),))

    return _endpoint(path, tell, metrics, headers)


def _refusing(error: Callable[[], ApiError], metrics: RequestMetrics) -> Endpoint:
    """An endpoint that only raises an error: a new one each time, because a raised one holds its
    traceback."""

    async def refuse(_: RequestContext[Any, Any]) -> NoReturn:
        raise error()

    endpoint = _endpoint("unmatched", refuse, metrics)
    endpoint.if_match, endpoint.refuses_key = True, False  # the error is about the path, not about a header
    return endpoint


def _endpoint(
    path: str, handler: Handler, metrics: RequestMetrics, headers: Headers | None = None
) -> Endpoint:
    route = Route(method="GET", path=path, handler=handler, summary="", policy=ANYONE, tag="system")
    return Endpoint(route, metrics, prefix="", headers=headers)
