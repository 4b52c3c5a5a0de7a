"""Invalid bodies and queries, made from a valid one and its schema in the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

Json = Any
Path = tuple[str | int, ...]

WRONG_TYPES: dict[str, tuple[str, ...]] = {  # JSON of another type, by the expected type
    "string": ("1", "true", "[]", "{}"),
    "integer": ('"1"', "1.5", "true", "[]", "{}", "1e999", "NaN", "9223372036854775808", "1" + "0" * 400),
    "number": ('"1"', "true", "[]", "{}", "NaN", "Infinity", "-Infinity", "1e999", "-1e999"),
    "boolean": ('"true"', "1", "0", "[]", "{}"),
    "object": ('"x"', "1", "true", "[]"),
    "array": ('"x"', "1", "true"),
}
CONTROL = ("\\u0000", "\\u0007", "\\u001b[31m", "\\u007f")
EXTREME_TIMES = (
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00",
    "yesterday",
)
# Invalid whatever the document says: if it loses a bound, these tests must not lose it too.
ALWAYS_INVALID: dict[str, tuple[str, ...]] = {
    "lat": ("90.0001", "-90.0001", "91", "-91", "1e9"),
    "lng": ("180.0001", "-180.0001", "181", "-181", "1e9"),
    "price_minor": ("-1", "100000001"),
    "amount_minor": ("-1", "100000001"),
    "password": ('"1234567"',),
    "role": ('"admin"', '"support"', '"system"'),
    "pin": ('"123"', '"12345"', '"12a4"', '"１２３４"', '" 123"', '"-123"'),
    "reason": ('""', '"   "'),
    "text": ('""', '" "'),
    "name": ('""', '" "'),
}
_PLACEHOLDER = "\ufffc the invalid value goes here \ufffc"


class InvalidBody(NamedTuple):
    """What is wrong, the body as sent, and the field that the error must name (``None``: none)."""

    what: str
    raw: bytes
    field: str | None


def invalid_bodies(limit: int) -> Iterator[InvalidBody]:
    """Bodies that are invalid for every route."""
    for what, raw in (
        ("nothing", b""),
        ("no JSON", b"not json"),
        ("a cut object", b'{"a":'),
        ("two values", b"{}{}"),
        ("a comment", b"{/* */}"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("invalid UTF-8", b'{"a":"\xff\xfe"}'),
        ("UTF-16", '{"a":1}'.encode("utf-16")),
        ("a lone surrogate", b'{"a":"\\ud800"}'),
        ("half a surrogate in UTF-8", b'{"a":"\xed\xa0\x80"}'),
        ("a raw control character", b'{"a":"\x01"}'),
        ("NUL bytes", b"\0" * 64),
        ("NaN", b"NaN"),
        ("null", b"null"),
        ("a number", b"1"),
        ("a number that nothing holds", b"1e999"),
        ("text", b'"x"'),
        ("true", b"true"),
        ("an empty list", b"[]"),
        ("a list of lists", b"[[]]"),
        ("deep lists", b"[" * 10_000 + b"]" * 10_000),
        ("deep objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        ("deep and open", b'[{"a":' * 10_000),
        ("huge", b'"' + b"x" * limit + b'"'),
    ):
        yield InvalidBody(what, raw, None)


def invalid_fields(schema: Json, components: Json, good: Json) -> Iterator[InvalidBody]:
    """The valid body with one error, for every field and each of its rules."""
    for path, node, required in _walk(_resolved(schema, components), components, (), True):
        yield from _invalid_values(path, node, required, good, components)


def _resolved(schema: Json, components: Json) -> Json:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = {**components[name], **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def _options(node: Json, components: Json) -> list[Json]:
    return [_resolved(option, components) for option in node.get("anyOf", [node])]


def _walk(node: Json, components: Json, path: Path, required: bool) -> Iterator[tuple[Path, Json, bool]]:
    if path:
        yield path, node, required
    for option in _options(node, components):
        for name, child in option.get("properties", {}).items():
            inside = (*path, name)
            yield from _walk(_resolved(child, components), components, inside, name in option["required"])


def _invalid_values(
    path: Path, node: Json, required: bool, good: Json, components: Json
) -> Iterator[InvalidBody]:
    options = _options(node, components)
    types = {option.get("type") for option in options}
    where = ".".join(str(part) for part in path)

    def spoilt(what: str, value: str) -> InvalidBody:
        return InvalidBody(f"{where} is {what}", _with(good, path, value), where)

    wanted = [kind for kind in WRONG_TYPES if kind in types]
    if not wanted and any("enum" in option for option in options):
        wanted = ["string"]
    unwanted = {value for kind in wanted for value in WRONG_TYPES[kind]}
    for kind in wanted:
        unwanted -= _values_of(kind)
    for value in sorted(unwanted):
        yield spoilt(value[:40], value)
    if "null" not in types and not any(None in option.get("enum", ()) for option in options):
        yield spoilt("null", "null")
    for value in ALWAYS_INVALID.get(str(path[-1]), ()):
        yield spoilt(f"never {value}", value)
    if required:
        yield InvalidBody(f"{where} is missing", _without(good, path), where)
    for option in options:
        yield from (spoilt(what, value) for what, value in _broken_rules(option))
        if "properties" in option:
            extra = f'{{"zz":1,{json.dumps(_at(good, path))[1:]}' if _at(good, path) else '{"zz":1}'
            yield InvalidBody(f"{where} has an unknown field", _with(good, path, extra), f"{where}.zz")


def _values_of(kind: str) -> set[str]:
    """Values in ``WRONG_TYPES`` of other types that are valid for that type."""
    return {"string": {'"x"', '"1"', '"true"'}, "object": {"{}"}, "array": {"[]"}}.get(kind, set())


def _broken_rules(option: Json) -> Iterator[tuple[str, str]]:
    if "enum" in option:
        yield "none of the choices", '"no such choice"'
    if option.get("type") == "string" and "enum" not in option:
        if "maxLength" in option:
            yield "too long", json.dumps("x" * (option["maxLength"] + 1))
        else:
            yield "as long as a book", json.dumps("x" * 100_000)
        if option.get("minLength"):
            yield "too short", '""'
        for control in CONTROL:
            yield f"text with {control}", f'"ab{control}cd-0123"'
        if option.get("format") in ("date-time", "date"):
            for time in EXTREME_TIMES:
                yield time, json.dumps(time)
    for bound, step in (("minimum", -1), ("maximum", 1)):
        if bound in option:
            yield f"beyond the {bound}", json.dumps(option[bound] + step)


def _at(good: Json, path: Path) -> Json:
    for part in path:
        good = good[part]
    return good


def _with(good: Json, path: Path, value: str) -> bytes:
    """The valid body's JSON with one value replaced by that text."""
    text = json.dumps(_replaced(good, path, _PLACEHOLDER))
    return text.replace(json.dumps(_PLACEHOLDER), value).encode()


def _replaced(good: Json, path: Path, value: Json) -> Json:
    if not path:
        return value
    changed = dict(good)
    changed[str(path[0])] = _replaced(changed.get(str(path[0]), {}), path[1:], value)
    return changed


def _without(good: Json, path: Path) -> bytes:
    if len(path) == 1:
        return json.dumps({name: value for name, value in good.items() if name != path[0]}).encode()
    inner = json.loads(_without(good[path[0]], path[1:]))
    return json.dumps({**good, str(path[0]): inner}).encode()


# --- queries and paths -------------------------------------------------------------------------

BAD_TEXT = ("%00", "a%07b", "%FF", "a%ED%A0%80")
BAD_CURSORS = ("x", "%", "AAAA", "bnVsbA", "W10", "=" * 8, "é", "a" * 5000, "..%2f", "%00")


class InvalidQuery(NamedTuple):
    """An invalid query string, and the parameter that the error must name (``None``: any)."""

    query: str
    field: str | None


def invalid_queries(parameters: Json, components: Json, needed: str) -> Iterator[InvalidQuery]:
    """Invalid query strings of an operation; *needed*: its required parameters."""

    def beside(name: str, value: str) -> str:
        others = [pair for pair in needed.split("&") if pair and not pair.startswith(f"{name}=")]
        return "&".join([*others, f"{name}={value}"])

    yield InvalidQuery(beside("zz", "1"), "zz")
    yield InvalidQuery(beside("__proto__", "1"), "__proto__")
    yield InvalidQuery("&".join(f"p{n}=1" for n in range(150)), None)
    for parameter in parameters:
        if parameter.get("in") != "query":
            continue
        name, schema = parameter["name"], _resolved(parameter["schema"], components)
        good = next((pair for pair in needed.split("&") if pair.startswith(f"{name}=")), f"{name}=1")
        yield InvalidQuery(f"{beside(name, good.partition('=')[2])}&{good}", name)
        if parameter["required"]:
            yield InvalidQuery(
                "&".join(pair for pair in needed.split("&") if not pair.startswith(name)), name
            )
        for value, field in _invalid_parameters(name, schema, components):
            yield InvalidQuery(beside(name, value), field)


def _invalid_parameters(name: str, schema: Json, components: Json) -> Iterator[tuple[str, str | None]]:
    options = _options(schema, components)
    types = {option.get("type") for option in options}
    if name == "limit":
        yield from ((value, name) for value in ("0", "-1", "1000000000", "1e9", "9" * 30))
    if name == "cursor":
        yield from ((value, "cursor" if "%00" not in value else None) for value in map(_quoted, BAD_CURSORS))
    yield from ((value, name) for value in ALWAYS_INVALID.get(name, ()))
    if types & {"integer", "number"}:
        for value in ("", "x", "nan", "inf", "-inf", "1e999", "0x10", "1_000_x", "١٢x", "true", "[1]"):
            yield _quoted(value), name
    if "integer" in types:
        yield "1.5", name
    if "boolean" in types:
        yield from ((value, name) for value in ("2", "maybe", ""))
    for option in options:
        for bound, step in (("minimum", -1), ("maximum", 1)):
            if bound in option:
                yield str(option[bound] + step), name
        if "enum" in option:
            yield from ((value, name) for value in ("x", "", "%27"))
        if "pattern" in option and not re.search(option["pattern"], "!!"):
            yield "!!", name
    if "string" in types or any("enum" in option for option in options):
        yield from ((value, None) for value in BAD_TEXT)


def _quoted(value: str) -> str:
    return quote(value, safe="%")


def unknown_ids(real: str) -> list[str]:
    """Percent-encoded path segments that name no resource, made from the id of an existing one."""
    prefix = real.rpartition("_")[0]
    return [
        f"{prefix}_{'0' * 26}",
        f"{prefix}_01jdc0000000000000000000ro",
        real.upper(),
        f"{real}%20",
        f"%20{real}",
        f"{real}%00",
        f"{real}%0d%0aset-cookie:x",
        f"{real}'--",
        real[:-1],
        f"{real}0",
        prefix,
        "x",
        "-1",
        "null",
        "undefined",
        "%00",
        "%ff%fe",
        "%C3%A9",
        "..%2f..%2fetc%2fpasswd",
        "%252e%252e%252f",
        "..%5c..%5cwindows",
        "*",
        "$where",
        "%7B%22$ne%22:1%7D",
        "a" * 3000,
    ]
