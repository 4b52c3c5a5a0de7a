"""The hot table finds what it knows, and leaves the rest to the framework."""

from __future__ import annotations

from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import Method, NoQuery, RequestContext, Response, Route
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.hot_routes import HotRouter
from supportcarr.kit.observability.metrics import RequestMetrics


async def nothing(_: RequestContext[None, NoQuery]) -> Response:
    return Response()


def endpoint(method: Method, path: str, *, hot: bool) -> Endpoint:
    route = Route(method=method, path=path, handler=nothing, summary=path, policy=ANYONE, tag="test", hot=hot)
    return Endpoint(route, RequestMetrics())


TABLE = HotRouter(
    [
        endpoint("GET", "/me", hot=True),
        endpoint("PATCH", "/me", hot=False),
        endpoint("GET", "/rescues/{rescue_id}", hot=True),
        endpoint("GET", "/rescues/summary", hot=False),
        endpoint("GET", "/rescues", hot=False),
        endpoint("POST", "/rescues/{rescue_id}/messages", hot=True),
        endpoint("GET", "/rescues/{rescue_id}/messages", hot=False),
    ]
)


def found(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = TABLE.find(method, path)
    return None if match is None else (match[0].route.path, dict(match[1]))


def test_fixed_paths_and_parameters_are_found() -> None:
    assert found("GET", "/api/v1/me") == ("/me", {})
    assert found("GET", "/api/v1/rescues/r1") == ("/rescues/{rescue_id}", {"rescue_id": "r1"})
    assert found("POST", "/api/v1/rescues/r1/messages") == (
        "/rescues/{rescue_id}/messages",
        {"rescue_id": "r1"},
    )


def test_a_hot_route_hides_no_fixed_one() -> None:
    assert found("GET", "/api/v1/rescues/summary") == ("/rescues/summary", {})


def test_what_is_not_hot_is_left_to_the_framework() -> None:
    assert found("PATCH", "/api/v1/me") is None
    assert found("HEAD", "/api/v1/me") is None
    assert found("GET", "/api/v1/rescues") is None
    assert found("GET", "/api/v1/rescues/r1/messages") is None


def test_other_paths_are_left_to_the_framework() -> None:
    for path in ("", "/", "/me", "/api/v1/me/", "/api/v1/rescues/", "/api/v2/me", "/api/v1/rescues/a/b"):
        assert found("GET", path) is None, path
    assert found("POST", "/api/v1/rescues//messages") is None
