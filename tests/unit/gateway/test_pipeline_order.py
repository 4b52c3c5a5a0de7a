"""The stages of a request run in the order of ``Stage``, and the first that fails decides the response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import msgspec
import pytest

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import NotFound, Overloaded, RateLimited, Unauthenticated
from supportcarr.contracts.policies import Policy
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.pipeline import Pipeline, Stage
from supportcarr.gateway.problems import IdempotencyKeyRequired
from supportcarr.gateway.router import Router
from supportcarr.kit.http.types import Reply, Request
from supportcarr.kit.observability.metrics import RequestMetrics

# The error code of each stage, in their order.
ERRORS = {
    Stage.LIMITS: "rate_limited",
    Stage.ADMISSION: "overloaded",
    Stage.COUNT: "rate_limited",
    Stage.AUTHENTICATION: "unauthenticated",
    Stage.POLICY: "forbidden",
    Stage.INPUT: "validation_failed",
    Stage.IDEMPOTENCY: "idempotency_key_required",
    Stage.HANDLER: "not_found",
}
TOKEN = b"bearer token"


class Body(msgspec.Struct, frozen=True):
    name: str


class Recorder:
    """Stands for all collaborators: records the stages that call it and fails in the ``failing`` stages."""

    def __init__(self, failing: set[Stage]) -> None:
        self.failing = failing
        self.stages: list[Stage] = []

    def note(self, stage: Stage) -> None:
        if stage not in self.stages[-1:]:
            self.stages.append(stage)

    # the client's address
    def of(self, *_: Any) -> str:
        self.note(Stage.ADDRESS)
        return "192.0.2.1"

    # the concurrency limiter
    def admit(self, *_: Any) -> None:
        self.note(Stage.ADMISSION)
        if Stage.ADMISSION in self.failing:
            raise Overloaded

    # access tokens
    def verify(self, _: bytes) -> Principal:
        self.note(Stage.IDENTITY)
        if Stage.AUTHENTICATION in self.failing:
            raise Unauthenticated
        return Principal("usr_1", Roles(self), "ses_1")

    def stale(self) -> bool:
        self.note(Stage.AUTHENTICATION)
        return False

    # rate limits
    def admit_now(self, *_: Any) -> None:
        self.note(Stage.LIMITS)
        if Stage.LIMITS in self.failing:
            raise RateLimited(retry_after=1)
        # it has to be counted with Redis

    async def count(self, *_: Any) -> None:
        self.note(Stage.COUNT)
        if Stage.COUNT in self.failing:
            raise RateLimited(retry_after=1)

    # idempotency keys
    async def claim(self, *_: Any, **__: Any) -> str:
        self.note(Stage.IDEMPOTENCY)
        if Stage.IDEMPOTENCY in self.failing:
            raise IdempotencyKeyRequired
        return "wdg_1"

    async def release(self, *_: Any, **__: Any) -> None:
        raise AssertionError("the body was valid")

    # web apps
    def read(self, *_: Any) -> tuple[None, None]:
        self.note(Stage.COOKIES)
        return None, None

    # the route
    async def handle(self, _: RequestContext[Body, NoQuery]) -> Response:
        self.note(Stage.HANDLER)
        if Stage.HANDLER in self.failing:
            raise NotFound
        return Response(headers=ReplyHeaders(self))


class Roles(frozenset[str]):
    """The caller's roles, which the policy looks at."""

    def __new__(cls, recorder: Recorder) -> Roles:
        roles = super().__new__(cls, ["rider"])
        roles.recorder = recorder  # type: ignore[attr-defined]
        return roles

    def __iter__(self) -> Iterator[str]:
        self.recorder.note(Stage.POLICY)  # type: ignore[attr-defined]
        return super().__iter__()


class ReplyHeaders(tuple[tuple[str, str], ...]):
    """The headers of a response, read when the reply is built."""

    def __new__(cls, recorder: Recorder) -> ReplyHeaders:
        headers = super().__new__(cls, [("x-test", "1")])
        headers.recorder = recorder  # type: ignore[attr-defined]
        return headers

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self.recorder.note(Stage.REPLY)  # type: ignore[attr-defined]
        return super().__iter__()


class RequestHeaders(dict[bytes, bytes]):
    """The headers of a request; the first one read is its id."""

    recorder: Recorder

    def get(self, name: bytes, default: Any = None) -> Any:
        if name == b"x-request-id":
            self.recorder.note(Stage.REQUEST_ID)
        if name == b"origin":
            self.recorder.note(Stage.CORS)
        return super().get(name, default)


class RecordedEndpoint(Endpoint):
    recorder: Recorder

    __slots__ = ("recorder",)

    def observe(self, method: str, status: int, seconds: float) -> None:
        self.recorder.note(Stage.RECORD)


class RecordedRouter(Router):
    recorder: Recorder

    def find(self, method: str, path: str) -> Any:
        self.recorder.note(Stage.ROUTE)
        return super().find(method, path)


async def answer(recorder: Recorder) -> Reply:
    """Send one request through the pipeline."""
    allowed = "admin" if Stage.POLICY in recorder.failing else "rider"
    route = Route(
        method="POST",
        path="/widgets",
        handler=recorder.handle,
        summary="Create a widget",
        policy=Policy(frozenset({allowed})),
        tag="test",
        body=Body,
        idempotent=True,
        new_id="wdg",
        web_session=True,
    )
    endpoint = RecordedEndpoint(route, RequestMetrics())
    endpoint.recorder = recorder
    decode_query, decode_body = endpoint.decode_query, endpoint.decode_body
    assert decode_body is not None

    def noted(decode: Callable[[bytes], Any], raw: bytes) -> Any:
        recorder.note(Stage.INPUT)
        return decode(raw)

    endpoint.decode_query = partial(noted, decode_query)
    endpoint.decode_body = partial(noted, decode_body)
    anything = cast(Any, recorder)
    pipeline = Pipeline(
        tokens=anything,
        limits=anything,
        idempotency=anything,
        addresses=anything,
        concurrency=anything,
        cross_origin=anything,
        web_apps=anything,
        max_body_bytes=1000,
    )
    router = RecordedRouter([endpoint], RequestMetrics())
    router.recorder = recorder
    match = router.match(
        b"POST", b"/api/v1/widgets?unknown=1" if Stage.INPUT in recorder.failing else b"/api/v1/widgets"
    )
    assert match is not None
    headers = [(b"authorization", TOKEN), (b"content-type", b"application/json"), (b"idempotency-key", b"k")]
    named = RequestHeaders(headers)
    named.recorder = recorder
    client, sent = ("192.0.2.1", 1), b'{"name":"a"}'
    request = Request(match.method, match.path, match.query, headers, named, client, sent)
    return await pipeline.answer(match.found, request)


async def test_the_stages_run_in_their_order() -> None:
    recorder = Recorder(set())
    status, _, _, _ = await answer(recorder)
    assert status == 204
    assert recorder.stages == list(Stage)


def test_cors_and_cookies_have_fixed_positions() -> None:
    order = list(Stage)
    assert order.index(Stage.ADDRESS) < order.index(Stage.CORS) < order.index(Stage.IDENTITY)
    assert order.index(Stage.IDENTITY) < order.index(Stage.COOKIES) < order.index(Stage.LIMITS)


@pytest.mark.parametrize("first", ERRORS, ids=lambda stage: stage.name)
async def test_the_first_stage_that_fails_decides_the_response(first: Stage) -> None:
    order = list(Stage)
    failing = {stage for stage in ERRORS if order.index(stage) >= order.index(first)}
    recorder = Recorder(failing)
    _, _, _, body = await answer(recorder)
    assert msgspec.json.decode(body)["code"] == ERRORS[first]
    after = [stage for stage in recorder.stages if order.index(stage) > order.index(first)]
    assert after == [Stage.RECORD]
