"""The OpenAPI 3.1 document, generated from the declared routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

import supportcarr.gateway.web_apps  # noqa: F401 - its error belongs to the document, whoever asks for that
from supportcarr import __version__
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.routing import BodyStream, Route
from supportcarr.contracts.web_apps import APPS, HEADER
from supportcarr.gateway.decoding import may_be_absent
from supportcarr.gateway.endpoint import API
from supportcarr.gateway.openapi_policies import (
    OF_PERSONS,
    SECURITY_SCHEMES,
    extension_of,
    security_of,
    sentences_of,
)
from supportcarr.gateway.openapi_text import BODY_TEXT, QUERY_TEXT, declare_text
from supportcarr.kit.http.problems import Problem

_PARAMETER = re.compile(r"{(\w+)}")
_REF = "#/components/schemas/{name}"
_UNDECODED = (None, bytes, BodyStream)
_UPLOAD: dict[str, Any] = {  # the form of a streamed body: its other fields are signed
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}

Json = dict[str, Any]

_RESPONSES = {
    "400": "The request is malformed",
    "401": "No valid access token",
    "402": "The card was declined",
    "403": "The policy of the route does not allow the caller",
    "404": "Not found, or not visible to the caller",
    "408": "The body did not arrive in time",
    "409": "The current state does not allow this, or another request changed it at the same moment",
    "412": "Changed since the version named by If-Match",
    "413": "The body is too large",
    "415": "The body has a media type that is not accepted",
    "422": "Well-formed but not valid",
    "423": "Locked after too many attempts",
    "429": "Too many requests",
    "503": "The service cannot answer at the moment",
}

_HEADERS: Json = {
    "RetryAfter": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}},
    "ETag": {
        "description": "The version of the returned resource",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "RequestId": {"description": "The id of this request in the logs", "schema": {"type": "string"}},
    "RateLimit": {
        "description": (
            "The limit that concerns the caller first: its name, r requests left and, if none is, the "
            "seconds t until one is (draft-ietf-httpapi-ratelimit-headers-10)"
        ),
        "schema": {"type": "string"},
        "example": '"user";r=299',
    },
    "RateLimitPolicy": {
        "description": "The limits of this route: name, q requests in w seconds",
        "schema": {"type": "string"},
        "example": '"user";q=300;w=60, "address";q=1200;w=60',
    },
}
_OF_EVERY_RESPONSE = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
}

_KEY_SCHEMA: Json = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
_KEY_EXAMPLE = "0f3b6a52-6c0e-4c2c-9d9c-1f6d7c2f8a10"

_PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A string that is unique for each creation; remembered for 48 hours",
        "schema": _KEY_SCHEMA,
        "example": _KEY_EXAMPLE,
    },
    "OptionalIdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "As where it is required; a request without it may be done twice if it is repeated",
        "schema": _KEY_SCHEMA,
        "example": _KEY_EXAMPLE,
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of the version that the caller intends to change",
        "schema": {"type": "string", "pattern": r'^(?:(?:W/)?"[0-9]{1,15}"|\*)$'},
        "example": '"7"',
    },
    "WebApp": {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "The web app that asks: its refresh token is in a cookie instead of the JSON",
        "schema": {"type": "string", "enum": list(APPS)},
    },
}


def document(routes: Sequence[Route], *, server: str) -> Json:
    """The whole document.  *server* is the API's base URL without the prefix."""
    types = _types(routes)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = list(zip(types, schemas, strict=True))

    def schema_of(type_: Any) -> Json:
        return next(schema for known, schema in by_type if known is type_ or known == type_)

    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    bodies = [schema_of(route.body) for route in routes if route.body not in _UNDECODED]
    for name in _named(bodies, components):
        components[name] = declare_text(components[name], BODY_TEXT)
    used = _named({"paths": paths, "Problem": schema_of(Problem)}, components)
    api = {
        "openapi": "3.1.0",
        "info": {
            "title": "SupportCarr",
            "version": __version__,
            "summary": "Roadside rescue for e-bike riders",
            "description": (
                "Times are UTC (RFC 3339), money is in integer minor units of its currency, distances in "
                "metres, durations in seconds, coordinates in WGS 84. Integers are written without fraction "
                "and exponent: 5, not 5.0. Errors are problem details (RFC 9457) with a stable `code`."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server.rstrip("/") + API}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {
            "schemas": {name: components[name] for name in sorted(used)},
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "responses": _problem_responses(schema_of(Problem)),
            "securitySchemes": SECURITY_SCHEMES,
        },
        "security": OF_PERSONS,
    }
    plain: Json = msgspec.json.decode(msgspec.json.encode(api))  # defaults may be tuples
    return plain


def _types(routes: Iterable[Route]) -> list[Any]:
    types: list[Any] = [Problem]
    for route in routes:
        query = [field.type for field in msgspec.structs.fields(route.query)]
        for type_ in (*query, route.body, route.response):
            if type_ not in _UNDECODED and not any(type_ == known for known in types):
                types.append(type_)
    return types


def _named(tree: Any, components: Json) -> set[str]:
    """The components that the tree refers to, and those that they refer to."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name in components and name not in found:
                found.add(name)
                walk(components[name])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(tree)
    return found


def _operation(route: Route, schema_of: Any) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": _parameters(route, schema_of),
        "responses": _responses(route, schema_of),
    }
    notes = sentences_of(route.policy)
    if route.codes:
        notes.append("Problem codes: " + ", ".join(f"`{code}`" for code in route.codes) + ".")
    if route.sensitive or route.limits:
        names = ["`sensitive`"] * route.sensitive + [f"`{limit.name}`" for limit in route.limits]
        notes.append("Stricter rate limits: " + ", ".join(names) + ".")
    if notes:
        operation["description"] = " ".join(notes)
    security = security_of(route.policy)
    if security != OF_PERSONS:
        operation["security"] = security
    operation["x-policy"] = extension_of(route.policy)
    if route.body is bytes:
        operation["requestBody"] = {"required": True, "content": {"*/*": {"schema": {}}}}
    elif route.body is BodyStream:
        content = {media: {"schema": _UPLOAD} for media in route.media_types}
        operation["requestBody"] = {"required": True, "content": content}
    elif route.body is not None:
        content = {"application/json": {"schema": declare_text(schema_of(route.body), BODY_TEXT)}}
        operation["requestBody"] = {"required": not may_be_absent(route.body), "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"\W+", " ", _PARAMETER.sub(r"by \1", route.path)).split()
    return "_".join([route.method.lower(), *words]).replace("-", "_")


def _parameters(route: Route, schema_of: Any) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    for field in msgspec.structs.fields(route.query):
        schema = declare_text(schema_of(field.type), QUERY_TEXT)
        if isinstance(field.default, str | int | float):
            schema = {**schema, "default": field.default}
        parameters.append(
            {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}
        )
    if route.idempotent:
        key = "OptionalIdempotencyKey" if route.key_optional else "IdempotencyKey"
        parameters.append({"$ref": f"#/components/parameters/{key}"})
    if route.if_match:
        parameters.append({"$ref": "#/components/parameters/IfMatch"})
    if route.web_session:
        parameters.append({"$ref": "#/components/parameters/WebApp"})
    return parameters


def _responses(route: Route, schema_of: Any) -> Json:
    headers = dict(_OF_EVERY_RESPONSE)
    if route.response is None:
        status, done = (
            (204 if route.status == 200 else route.status),
            {"description": "Done", "headers": headers},
        )
    else:
        status = route.status
        content = {
            media: {"schema": _schema(route.response, media, schema_of)} for media in route.media_types
        }
        headers = {**headers, "ETag": {"$ref": "#/components/headers/ETag"}}
        done = {"description": "Done", "headers": headers, "content": content}
    errors = {"400", "422", "429", "503"} | _statuses_of(route.codes)
    if not route.policy.public:
        errors |= {"401", "403"}
    if "{" in route.path:
        errors.add("404")
    if route.method != "GET":
        errors |= {"408", "409", "413", "415"}
    if route.if_match:
        errors.add("412")
    return {
        str(status): done,
        **{code: {"$ref": f"#/components/responses/Problem{code}"} for code in sorted(errors)},
    }


def _schema(response: Any, media: str, schema_of: Any) -> Json:
    """The schema of a body; of ``bytes`` (a file) only what they are."""
    return {"type": "string", "contentMediaType": media} if response is bytes else schema_of(response)


def _statuses_of(codes: Iterable[str]) -> set[str]:
    """The statuses of the errors with those codes."""
    return {str(kind.status) for kind in _kinds(ApiError) if kind.code in codes}


def _kinds(of: type[ApiError]) -> Iterator[type[ApiError]]:
    yield of
    for kind in of.__subclasses__():
        yield from _kinds(kind)


def _problem_responses(schema: Json) -> Json:
    responses: Json = {}
    for status, text in _RESPONSES.items():
        headers = dict(_OF_EVERY_RESPONSE)
        if status in ("429", "503"):
            headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
        responses[f"Problem{status}"] = {
            "description": text,
            "headers": headers,
            "content": {"application/problem+json": {"schema": schema}},
        }
    return responses
