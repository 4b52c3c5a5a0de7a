"""Schemathesis generates requests from our OpenAPI document and validates the responses against it."""

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

from support.http.route_calls import ExampleCalls
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
    """Return how many requests of one operation were sent, and the failures of their responses.

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
async def test_every_operation_behaves_as_the_openapi_document_says(
    calls: ExampleCalls, examples: int
) -> None:
    """*examples* valid requests of each operation, and as many invalid ones."""
    platform = calls.platform
    schema = schemathesis.openapi.from_dict(platform.contract.document)
    routes = {(route.method, route.path): route for route in platform.container.routes()}
    sent, wrong = 0, list[str]()
    results: Any = schema.get_all_operations()  # its declared type also allows errors
    for operation in (result.ok() for result in results):
        route = routes.get((operation.method.upper(), operation.path))
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation, route):
                continue
            token = await token_for(calls, route)
            count, faults = await asyncio.to_thread(
                fuzzed,
                operation,
                mode,
                examples=examples,
                url=f"{platform.api.url}/api/v1",
                token=token,
                ids=dict(calls.ids),
            )
            sent, wrong = sent + count, wrong + faults
            await platform.settle()
    assert not wrong, f"{len(wrong)} faults\n" + "\n\n".join(wrong[:20])
    assert sent > 50 * examples


def can_be_wrong(operation: Any, route: Route | None) -> bool:
    """True if the operation has a query or a body, which can be invalid."""
    any_bytes = route is not None and route.body is bytes
    return bool(operation.query) or (bool(operation.body) and not any_bytes)


async def token_for(calls: ExampleCalls, route: Route | None) -> str:
    """A token of the owner of the route's resources; for signing out, of a new session."""
    if route is None or route.policy.public:
        return ""
    if route.path == "/auth/sign-out":
        return str((await calls.platform.person("rider")).token)
    return str(calls.client(route).token)
