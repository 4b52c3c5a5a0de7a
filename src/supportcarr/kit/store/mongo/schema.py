"""Generate MongoDB validators from the types of documents: ``$jsonSchema`` in the subset that servers know.

A validator protects against other programs that write to the database; our own writes are typed.  It
declares required fields, their BSON types, and the values of enumerations.  Unknown fields are allowed, so
that the next release may write before its validators are applied.
https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import NODEFAULT, inspect

from supportcarr.kit.store.mongo.document import OUTBOX, WRITE_ID, Row
from supportcarr.kit.store.port import CollectionSpec

_INTEGER = ["int", "long"]
_NUMBER = ["double", *_INTEGER]

_EVENTS: Row = {
    "bsonType": "array",
    "items": {
        "bsonType": "object",
        "required": ["id", "saved_at", "event"],
        "properties": {name: {"bsonType": "string"} for name in ("id", "saved_at", "event")},
    },
}


def validator(spec: CollectionSpec[Any]) -> Row:
    """The filter that every document and every tombstone of a collection matches."""
    info = inspect.type_info(spec.type)
    assert isinstance(info, inspect.StructType)
    schema = _struct(info, ())
    properties = schema["properties"]
    properties["_id"] = properties.pop("id")
    properties["version"] = {"bsonType": _INTEGER, "minimum": 1}
    properties[WRITE_ID] = {"bsonType": "objectId"}
    properties[OUTBOX] = _EVENTS
    schema["required"] = [*(name for name in schema["required"] if name != "id"), "_id", "version"]
    return {"$or": [{"version": {"$exists": False}}, {"$jsonSchema": schema}]}


def schema_of(type: inspect.Type, within: tuple[object, ...] = ()) -> Row:
    """The schema of a value of *type* after ``msgspec.to_builtins``.

    *within*: the structs around it; a struct that contains itself is described as any object.
    """
    match type:
        case inspect.Metadata():
            return schema_of(type.type, within)
        case inspect.NoneType():
            return {"bsonType": "null"}
        case inspect.BoolType():
            return {"bsonType": "bool"}
        case inspect.IntType():
            return {"bsonType": _INTEGER}
        case inspect.FloatType():
            return {"bsonType": _NUMBER}
        case inspect.LiteralType():
            return {"enum": list(type.values)}
        case inspect.EnumType():
            return {"enum": [member.value for member in type.cls]}
        case inspect.UnionType():
            return {"anyOf": [schema_of(one, within) for one in type.types]}
        case inspect.StructType():
            return {"bsonType": "object"} if type.cls in within else _struct(type, within)
        case inspect.DictType():
            return {"bsonType": "object", "additionalProperties": schema_of(type.value_type, within)}
        case inspect.TupleType():
            return _tuple([schema_of(one, within) for one in type.item_types])
        case inspect.CollectionType():
            return {"bsonType": "array", "items": schema_of(type.item_type, within)}
        case inspect.AnyType() | inspect.RawType() | inspect.CustomType():
            return {}
        case _:  # times, bytes, decimals and others become text
            return {"bsonType": "string"}


def _struct(type: inspect.StructType, within: tuple[object, ...]) -> Row:
    properties = {field.encode_name: schema_of(field.type, (*within, type.cls)) for field in type.fields}
    required = [field.encode_name for field in type.fields if _always_there(field)]
    if type.array_like:
        return {"bsonType": "array"}
    if type.tag_field:
        properties[type.tag_field] = {"enum": [type.tag]}
        required.append(type.tag_field)
    return {"bsonType": "object", "properties": properties, **_if_any("required", required)}


def _always_there(field: inspect.Field) -> bool:
    return field.required and field.default is NODEFAULT


def _tuple(items: list[Row]) -> Row:
    return {"bsonType": "array", "minItems": len(items), "maxItems": len(items), **_if_any("items", items)}


def _if_any(name: str, values: Iterable[object]) -> Row:
    """The keyword with its values, or nothing if there are none: servers refuse an empty list."""
    listed = list(values)
    return {name: listed} if listed else {}
