"""Schemathesis: thousands of requests made from our own OpenAPI document, and its word on the answers."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.http.route_calls import Cast
from supportcarr.contracts.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def fuzzed(
    operation: Any, mode: GenerationMode, *, examples: int, url: str, token: str, ids: dict[str, str]
) -> tuple[int, list[str]]:
    """How many requests of one operation were sent, and what was wrong with the answers.

    Every second one is about something that exists, else few would come further than 404.
    """
    counted, wrong = itertools.count(), []
    checks = CHECKS if mode is GenerationMode.POSITIVE else [*CHECKS, negative_data_rejection]

    with requests.Session() as session:

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Any) -> None:
            if next(counted) % 2 and case.path_parameters:
                case.path_parameters.update({name: ids[name] for name in case.path_parameters})
            headers = {"authorization": f"Bearer {token}"} if token else None
            answer = case.call(base_url=url, session=session, headers=headers)
            try:
                case.validate_response(answer, checks=checks)
            except (FailureGroup, Failure) as failure:
                wrong.append(f"{operation.label}: {failure} {answer.status_code} {answer.text[:300]}")

        send()
    return next(counted), wrong


@pytest.mark.parametrize("examples", [4, pytest.param(20, marks=pytest.mark.long)])
async def test_the_document_says_the_truth_about_every_operation(cast: Cast, examples: int) -> None:
    """*examples* valid requests of each operation, and as many invalid ones."""
    platform = cast.platform
    schema = schemathesis.openapi.from_dict(platform.contract.document)
    routes = {(route.method, route.path): route for route in platform.container.routes()}
    sent, wrong = 0, list[str]()
    results: Any = schema.get_all_operations()  # of a type that is only sometimes one of operations
    for operation in (result.ok() for result in results):
        route = routes.get((operation.method.upper(), operation.path))
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation, route):
                continue
            token = await token_for(cast, route)
            count, faults = await asyncio.to_thread(
                fuzzed,
                operation,
                mode,
                examples=examples,
                url=f"{platform.api.url}/api/v1",
                token=token,
                ids=dict(cast.ids),
            )
            sent, wrong = sent + count, wrong + faults
            await platform.settle()
    assert not wrong, f"{len(wrong)} faults\n" + "\n\n".join(wrong[:20])
    assert sent > 50 * examples


def can_be_wrong(operation: Any, route: Route | None) -> bool:
    """Whether the operation takes anything that can be of a wrong kind: a query, a body of some shape."""
    any_bytes = route is not None and route.body is bytes
    return bool(operation.query) or (bool(operation.body) and not any_bytes)


async def token_for(cast: Cast, route: Route | None) -> str:
    """A token of somebody whose the things of the route are; signing out ends a session of its own."""
    if route is None or route.policy.public:
        return ""
    if route.path == "/auth/sign-out":
        return str((await cast.platform.person("rider")).token)
    return str(cast.who(route).token)
