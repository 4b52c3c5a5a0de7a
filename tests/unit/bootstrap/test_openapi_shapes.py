"""The OpenAPI document describes the content of every response."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from supportcarr.bootstrap.commands import openapi


def untyped(node: Any, path: str = "") -> Iterator[str]:
    """The places of schemas that do not describe their values."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("schema", "items") and value == {}:
                yield f"{path}/{name}"
            if name == "properties":
                yield from (f"{path}/{field}" for field, schema in value.items() if schema == {})
            yield from untyped(value, f"{path}/{name}")
    elif isinstance(node, list):
        for value in node:
            yield from untyped(value, path)


def test_every_schema_has_a_description() -> None:
    document = openapi()
    webhook_bodies = "/post/requestBody/content/*/*/schema"  # bytes, whose signature is over them
    found = list(untyped({"paths": document["paths"], "schemas": document["components"]["schemas"]}))
    assert [place for place in found if not place.endswith(webhook_bodies)] == []


def test_operator_rescue_details_reuse_the_public_schemas() -> None:
    schemas = openapi()["components"]["schemas"]
    file = schemas["AdminRescueView"]["properties"]
    assert file["rescue"] == {"$ref": "#/components/schemas/RescueView"}
    assert file["timeline"]["items"] == {"$ref": "#/components/schemas/TimelineView"}
    assert file["offers"]["items"] == {"$ref": "#/components/schemas/OfferOut"}
    assert {"$ref": "#/components/schemas/PaymentDetails"} in file["payment"]["anyOf"]


def strings(
    schemas: dict[str, Any], node: Any, path: str, seen: frozenset[str] = frozenset()
) -> Iterator[Any]:
    """The schemas of all texts in a schema and in what it refers to, with their places."""
    if isinstance(node, dict):
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            yield from strings(schemas, schemas[name], f"{path}/{name}", seen | {name})
        if node.get("type") == "string":
            yield path, node
        for key, value in node.items():
            yield from strings(schemas, value, f"{path}/{key}", seen)
    elif isinstance(node, list):
        for value in node:
            yield from strings(schemas, value, path, seen)


def takes(schema: dict[str, Any], text: str) -> bool:
    patterns = [schema.get("pattern", ""), *(part["pattern"] for part in schema.get("allOf", ()))]
    return all(re.search(pattern, text) for pattern in patterns)


def test_no_text_of_a_request_may_have_control_characters() -> None:
    document = openapi()
    inputs = [
        (f"{method} {path}", content["schema"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    inputs += [
        (f"{method} {path} {parameter.get('name')}", parameter.get("schema"))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for parameter in operation["parameters"]
        if parameter.get("in") == "query"
    ]
    schemas = document["components"]["schemas"]
    texts = [found for place, schema in inputs for found in strings(schemas, schema, place)]
    assert len(texts) > 30
    open_ended = [
        place
        for place, schema in texts
        if not {"enum", "const", "format"} & set(schema)
        and any(takes(schema, f"aaaaaaaa{control}aaaaaaaa") for control in "\x00\x07\x1b\x7f")
    ]
    assert open_ended == []


def test_the_document_says_what_else_the_server_refuses() -> None:
    document = openapi()
    password = document["components"]["schemas"]["SignIn"]["properties"]["password"]
    assert password["minLength"] == 8
    cursors = [
        parameter["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation["parameters"]
        if parameter.get("name") == "cursor"
    ]
    assert cursors
    for schema in cursors:
        (text,) = (kind for kind in schema["anyOf"] if kind["type"] == "string")
        assert text["minLength"] == 1
    assert "5, not 5.0" in document["info"]["description"]
    text = document["components"]["schemas"]["MessageBody"]["properties"]["text"]
    assert takes(text, "two\nlines") and not takes(text, "a\x07b") and not takes(text, "  ")
