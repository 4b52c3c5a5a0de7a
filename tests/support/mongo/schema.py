"""An evaluator of the subset of MongoDB's ``$jsonSchema`` (draft 4 with ``bsonType``) that validators use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId

# The keywords that our schemas use; MongoDB rejects a schema with a keyword that it does not know.
KEYWORDS = frozenset(
    {
        "additionalProperties",
        "anyOf",
        "bsonType",
        "enum",
        "items",
        "maxItems",
        "minItems",
        "minimum",
        "properties",
        "required",
    }
)


def matches_schema(schema: Mapping[str, Any], value: object) -> bool:
    """True if a server with *schema* would accept *value*, a value before its encoding as BSON."""
    if unknown := set(schema) - KEYWORDS:
        raise ValueError(f"MongoDB would refuse {sorted(unknown)}")
    for keyword in ("required", "enum", "anyOf", "bsonType"):
        if schema.get(keyword) == []:
            raise ValueError(f"MongoDB would refuse an empty {keyword}")
    return (
        _has_type(schema, value)
        and ("enum" not in schema or any(value == one and type(value) is type(one) for one in schema["enum"]))
        and ("anyOf" not in schema or any(matches_schema(one, value) for one in schema["anyOf"]))
        and _is_enough(schema, value)
        and _holds(schema, value)
    )


def _has_type(schema: Mapping[str, Any], value: object) -> bool:
    wanted = schema.get("bsonType")
    return wanted is None or bson_type(value) in ([wanted] if isinstance(wanted, str) else wanted)


def bson_type(value: object) -> str:
    """The alias of the BSON type that PyMongo gives a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int" if -(2**31) <= value < 2**31 else "long"
        case float():
            return "double"
        case str():
            return "string"
        case ObjectId():
            return "objectId"
        case dict():
            return "object"
        case list() | tuple():
            return "array"
    raise TypeError(f"no BSON for {type(value).__name__}")


def _is_enough(schema: Mapping[str, Any], value: object) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return bool(value >= schema.get("minimum", value))
    return True


def _holds(schema: Mapping[str, Any], value: object) -> bool:
    if isinstance(value, dict):
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        return all(name in value for name in schema.get("required", ())) and all(
            matches_schema(known.get(name, others), one) for name, one in value.items()
        )
    if isinstance(value, (list, tuple)):
        items = schema.get("items", {})
        each = items if isinstance(items, list) else [items] * len(value)
        return schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)) and all(
            matches_schema(one, item) for one, item in zip(each, value, strict=False)
        )
    return True
