"""The OpenAPI document describes the content of every response."""

from __future__ import annotations

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
