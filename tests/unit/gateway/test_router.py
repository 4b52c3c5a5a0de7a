"""The router finds every route, remembers request targets within bounds, and answers 404 and 405 itself."""

from __future__ import annotations

import pytest

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import Method, NoQuery, RequestContext, Response, Route
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.problems import MethodNotAllowed
from supportcarr.gateway.router import KEPT, LONGEST, Found, Router, canonical
from supportcarr.kit.http.types import RouteMatch
from supportcarr.kit.observability.metrics import RequestMetrics

CONTEXT = RequestContext(None, {}, NoQuery(), None, "request", "192.0.2.1")


async def nothing(_: RequestContext[None, NoQuery]) -> Response:
    return Response()


def endpoint(method: Method, path: str, *, prefix: str = "/api/v1") -> Endpoint:
    route = Route(method=method, path=path, handler=nothing, summary=path, policy=ANYONE, tag="test")
    return Endpoint(route, RequestMetrics(), prefix=prefix)


def router() -> Router:
    return Router(
        [
            endpoint("GET", "/me"),
            endpoint("PATCH", "/me"),
            endpoint("GET", "/rescues/{rescue_id}"),
            endpoint("GET", "/rescues/summary"),
            endpoint("GET", "/rescues"),
            endpoint("POST", "/rescues/{rescue_id}/messages"),
            endpoint("GET", "/rescues/open/{area}"),
            endpoint("GET", "/", prefix=""),
            endpoint("GET", "/admin", prefix=""),
            endpoint("GET", "/admin/{path:path}", prefix=""),
        ],
        RequestMetrics(),
    )


ROUTER = router()


def found(method: str, path: str) -> tuple[str, dict[str, str]]:
    endpoint, params = ROUTER.find(method, path)
    return endpoint.route.path, dict(params)


async def error(method: str, path: str) -> Exception:
    """What the endpoint of a request without a route raises."""
    endpoint, _ = ROUTER.find(method, path)
    with pytest.raises((NotFound, MethodNotAllowed)) as raised:
        await endpoint.handle(CONTEXT)
    return raised.value


def test_fixed_paths_and_parameters_are_found() -> None:
    assert found("GET", "/api/v1/me") == ("/me", {})
    assert found("PATCH", "/api/v1/me") == ("/me", {})
    assert found("GET", "/api/v1/rescues/r1") == ("/rescues/{rescue_id}", {"rescue_id": "r1"})
    assert found("POST", "/api/v1/rescues/r1/messages") == (
        "/rescues/{rescue_id}/messages",
        {"rescue_id": "r1"},
    )


def test_a_fixed_path_wins_over_a_parameter() -> None:
    assert found("GET", "/api/v1/rescues/summary") == ("/rescues/summary", {})
    assert found("GET", "/api/v1/rescues/open/a1") == ("/rescues/open/{area}", {"area": "a1"})


async def test_a_matched_fixed_segment_is_not_retried_as_a_parameter() -> None:
    assert isinstance(await error("GET", "/api/v1/rescues/open"), NotFound)
    assert found("POST", "/api/v1/rescues/summary/messages")[1] == {"rescue_id": "summary"}


def test_the_rest_of_a_path_may_be_one_parameter() -> None:
    assert found("GET", "/admin") == ("/admin", {})
    assert found("GET", "/admin/a//b/./c/") == ("/admin/{path:path}", {"path": "/a/b/./c"})


def test_empty_segments_are_ignored() -> None:
    for path in ("/api/v1/me/", "//api/v1/me", "/api//v1/me//"):
        assert found("GET", path) == ("/me", {})
        assert canonical(path) == "/api/v1/me"
    assert found("GET", "//") == ("/", {})
    assert canonical("//") == "/"


def test_head_uses_the_get_route_and_options_works_on_every_path() -> None:
    assert ROUTER.find("HEAD", "/api/v1/me")[0] is ROUTER.find("GET", "/api/v1/me")[0]
    endpoint, params = ROUTER.find("OPTIONS", "/api/v1/rescues/r1/messages")
    assert (endpoint.label, params) == ("/api/v1/rescues/{rescue_id}/messages", {"rescue_id": "r1"})


async def test_options_lists_the_methods() -> None:
    response = await ROUTER.find("OPTIONS", "/api/v1/me")[0].handle(CONTEXT)
    assert (response.status, response.headers) == (204, (("allow", "GET, HEAD, OPTIONS, PATCH"),))


async def test_paths_and_methods_without_a_route_are_refused() -> None:
    for path in ("/me", "/api/v2/me", "/api/v1", "/api/v1/rescues/a/b", "/api/v1/rescues//messages/x", "*"):
        assert isinstance(await error("GET", path), NotFound), path
    refused = await error("DELETE", "/api/v1/rescues/r1")
    assert isinstance(refused, MethodNotAllowed)
    assert refused.allow == "GET, HEAD, OPTIONS"
    assert await error("DELETE", "/me") is not await error("DELETE", "/me")  # each holds its traceback
    endpoint = ROUTER.find("GET", "/me")[0]
    assert endpoint.if_match  # no header of the request comes before the answer that there is nothing
    assert not endpoint.refuses_key


@pytest.mark.parametrize("duplicate", ["/rescues/{rescue_id}", "/rescues/{other_name}", "/me"])
def test_two_routes_with_the_same_pattern_are_refused(duplicate: str) -> None:
    declared = [endpoint("GET", "/rescues/{rescue_id}"), endpoint("GET", "/me"), endpoint("GET", duplicate)]
    with pytest.raises(ValueError, match="declared twice"):
        Router(declared, RequestMetrics())


# --- request targets ----------------------------------------------------------------------------------


class CountingRouter(Router):
    """Counts how often a path is looked up."""

    looked_up = 0

    def find(self, method: str, path: str) -> Found:
        self.looked_up += 1
        return super().find(method, path)


def counting() -> CountingRouter:
    return CountingRouter(
        [endpoint("GET", "/rescues/{rescue_id}"), endpoint("POST", "/me")], RequestMetrics()
    )


def test_a_cached_target_is_not_looked_up_again() -> None:
    router = counting()
    first = router.match(b"GET", b"/api/v1/rescues/1")
    assert first is not None
    assert first[1:] == ("GET", "/api/v1/rescues/1", b"")
    for _ in range(2):
        assert router.match(b"GET", b"/api/v1/rescues/1") is first
    assert router.looked_up == 1


def test_each_method_and_path_is_cached_separately() -> None:
    lines = [
        (b"GET", b"/api/v1/rescues/1"),
        (b"POST", b"/api/v1/rescues/1"),
        (b"GET", b"/api/v1/rescues/2"),
        (b"GET", b"/api/v1/rescues/1/"),
    ]
    router = counting()
    for _ in range(2):
        matches = [match for match in (router.match(*line) for line in lines) if match]
        assert [(m.method.encode(), m.path.encode()) for m in matches] == lines
        assert [dict(m.found[1]) for m in matches] == [
            {"rescue_id": "1"},
            {},  # of the endpoint that answers 405
            {"rescue_id": "2"},
            {"rescue_id": "1"},
        ]


def test_a_target_with_a_query_is_looked_up_each_time() -> None:
    router = counting()
    for query in (b"a=1", b"a=2"):
        match = router.match(b"POST", b"/api/v1/me?" + query)
        assert match == RouteMatch(router.find("POST", "/api/v1/me"), "POST", "/api/v1/me", query)
    assert router.looked_up == 4


@pytest.mark.parametrize("target", [b"*", b"http://x/me", b"/m%65", b"/me#x", b"/me?a#x", "/é".encode(), b""])
def test_a_complex_target_is_left_to_asgi(target: bytes) -> None:
    assert ROUTER.match(b"GET", target) is None


def test_the_memory_for_targets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEPT * LONGEST < 1_000_000
    monkeypatch.setattr("supportcarr.gateway.router.KEPT", 10)
    routes = router()
    for n in range(25):
        match = routes.match(b"GET", b"/api/v1/rescues/%d" % n)
        assert match is not None and match.path == f"/api/v1/rescues/{n}"
        assert len(routes._known) <= 10
    before = len(routes._known)
    assert routes.match(b"GET", b"/api/v1/rescues/" + b"x" * LONGEST) is not None
    assert len(routes._known) == before
