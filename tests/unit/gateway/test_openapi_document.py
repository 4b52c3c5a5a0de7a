"""The OpenAPI document is valid, whole, and says what the routes declare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from support.http.example_part import widget_routes
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.policies import ANYONE, RIDER, Policy
from supportcarr.contracts.routing import Method, RequestContext, Response, Route
from supportcarr.gateway.openapi import document
from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture
def api(tmp_path: Path) -> dict[str, Any]:
    routes = widget_routes(SqliteStore(tmp_path / "never-opened.sqlite3"))
    return document(routes, server="https://supportcarr.example/")


def test_the_document_is_valid(api: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(api).iter_errors()] == []


def test_every_route_is_in_the_document_once(api: dict[str, Any]) -> None:
    operations = [op for path in api["paths"].values() for op in path.values()]
    assert len(operations) == 14
    assert len({op["operationId"] for op in operations}) == 14


def test_only_public_routes_require_no_token(api: dict[str, Any]) -> None:
    assert api["security"] == [{"accessToken": []}]
    assert api["paths"]["/near"]["get"]["security"] == []
    assert "security" not in api["paths"]["/widgets"]["post"]


def test_an_idempotent_route_requires_a_key(api: dict[str, Any]) -> None:
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert key in api["paths"]["/widgets"]["post"]["parameters"]
    assert key not in api["paths"]["/widgets/{widget_id}"]["patch"]["parameters"]


def test_header_parameters_declare_their_format(api: dict[str, Any]) -> None:
    headers = api["components"]["parameters"]
    key, if_match = (headers[name]["schema"]["pattern"] for name in ("IdempotencyKey", "IfMatch"))
    assert re.search(key, "0f3b6a52") and not re.search(key, "clé")
    taken = ('"7"', 'W/"7"', "*", "7", 'w/"7"')
    assert [bool(re.search(if_match, text)) for text in taken] == [True, True, True, False, False]


def test_query_parameters_have_their_types_and_defaults(api: dict[str, Any]) -> None:
    lat, lng, wide = api["paths"]["/near"]["get"]["parameters"]
    assert (lat["name"], lat["required"], lat["schema"]["maximum"]) == ("lat", True, 90)
    assert (lng["required"], lng["schema"]["type"]) == (True, "number")
    assert (wide["required"], wide["schema"]["default"]) == (False, False)


def test_the_declared_status_and_the_errors_are_responses(api: dict[str, Any]) -> None:
    answers = api["paths"]["/widgets"]["post"]["responses"]
    assert {"201", "400", "401", "403", "409", "422", "429", "503"} <= set(answers)
    assert "404" in api["paths"]["/widgets/{widget_id}"]["get"]["responses"]


def test_the_error_statuses_of_a_route_follow_from_its_codes() -> None:
    class Locked(ApiError):
        status, code = 423, "thing_locked"

    async def handle(_: RequestContext[Any, Any]) -> Response:
        return Response()

    def declared(codes: tuple[str, ...], *, method: Method = "POST", policy: Policy = RIDER) -> set[str]:
        route = Route(
            method=method,
            path="/widgets",
            handler=handle,
            summary="",
            policy=policy,
            tag="x",
            body=None if method == "GET" else bytes,
            codes=codes,
        )
        generated = document([route], server="/")
        assert set(generated["components"]["responses"]) >= {f"Problem{n}" for n in ("400", Locked.status)}
        return set(generated["paths"]["/widgets"][method.lower()]["responses"])

    assert declared(("thing_locked", "not_found")) - declared(()) == {"423", "404"}
    assert declared(("unauthenticated",), policy=ANYONE) - declared((), policy=ANYONE) == {"401"}
    assert {"400", "408", "413", "415", "422"} <= declared(())
    assert not {"408", "412", "413", "415"} & declared((), method="GET")


def test_no_component_is_unused(api: dict[str, Any]) -> None:
    assert set(api["components"]["schemas"]) == {
        "FieldError",
        "GeoPoint",
        "Move",
        "NewWidget",
        "Problem",
        "Seen",
        "Widget",
    }
