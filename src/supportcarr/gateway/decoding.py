"""Bodies and queries, from bytes to valid values.

A body that is not JSON gets 400 ``malformed_body``; JSON that does not fit its type gets 422
``validation_failed`` with the path of each wrong field.  JSON has no NaN and no infinity, and numbers that
overflow a float or a 64-bit integer are refused, so no document contains one.  Control characters (except
line breaks and tabs) are refused as well: people do not type them, and terminals, logs and databases each
interpret them differently.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from supportcarr.contracts.errors import FieldError, ValidationFailed
from supportcarr.contracts.routing import FieldRules
from supportcarr.gateway.problems import InvalidHeader, MalformedBody, UnsupportedMediaType
from supportcarr.kit.runtime.validation_sentences import malformed, sentence

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$[^`]*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?:required|unknown) field `(?P<name>[^`]*)`")
_SUSPICIOUS = re.compile(rb"\d{19}|\\u00[017]|\\[bf]|\x7f")  # a long number, perhaps a control character
# Most bodies have neither a long number nor an escape.  That is checked in a fifth of the time on a copy in
# which one character stands for all digits and one for whatever begins a control character.
_SHAPES = bytes.maketrans(b"123456789\x7f", b"000000000\\")
_LONG_NUMBER = b"0" * 19
# Refused in bodies and in query strings; parts of regular expressions, also in the OpenAPI document.
CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
CONTROL_OR_END_OF_LINE = r"\x00-\x1f\x7f"
_CONTROL = re.compile(f"[{CONTROL}]")
_CONTROL_OR_END_OF_LINE = re.compile(f"[{CONTROL_OR_END_OF_LINE}]")
_ETAG = re.compile(rb'(?:W/)?"(\d{1,15})"')  # a proxy that compresses responses weakens our tags
MOST_PARAMETERS = 100
_CODES = (
    ("missing required", "required"),
    ("unknown field", "unknown_field"),
    ("of length", "length"),
    ("matching regex", "pattern"),
    ("Invalid enum", "choice"),
    ("Invalid value", "choice"),
    ("out of range", "range"),
    ("` <", "range"),
    ("` >", "range"),
    ("multiple of", "range"),
    ("got `", "type"),
)


def body_decoder(type_: Any) -> Callable[[bytes], Any]:
    """Decodes one body.  Raises ``MalformedBody`` or ``ValidationFailed``."""
    decode = msgspec.json.Decoder(type_).decode

    def decoded(raw: bytes) -> Any:
        if not raw:
            raise MalformedBody("The body is empty: send JSON")
        try:
            value = decode(raw)
        except msgspec.ValidationError as error:
            raise refused(error, type_, _builtins(raw)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedBody(malformed(error)) from None
        shapes = raw.translate(_SHAPES)
        if (_LONG_NUMBER in shapes or b"\\" in shapes) and _SUSPICIOUS.search(raw):
            _refuse_unstorable(_builtins(raw), "")
        return value

    return decoded


def may_be_absent(type_: Any) -> bool:
    """True for the type of a body that a request may leave out: one that may be ``None``."""
    return type(None) in get_args(type_)


class NoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a route that takes none: ``{}``, which many clients send."""


refuse_body = body_decoder(NoBody | None)


def require_json(headers: Mapping[bytes, bytes]) -> None:
    """Raise ``UnsupportedMediaType`` if the Content-Type is not that of JSON, or the body is encoded."""
    if _media_type(headers.get(b"content-type", b"application/json")) != b"application/json":
        raise UnsupportedMediaType("Send application/json")
    _refuse_encoded(headers)


def require_media_type(headers: Mapping[bytes, bytes], media_types: Sequence[str]) -> None:
    """Raise ``UnsupportedMediaType`` if the Content-Type is none of these, or the body is encoded."""
    if _media_type(headers.get(b"content-type", b"")).decode("latin-1") not in media_types:
        raise UnsupportedMediaType(f"Send {' or '.join(media_types)}")
    _refuse_encoded(headers)


def _media_type(content_type: bytes) -> bytes:
    return content_type.partition(b";")[0].strip().lower()


def _refuse_encoded(headers: Mapping[bytes, bytes]) -> None:
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding")


def version_of(if_match: bytes) -> int | None:
    """The version that ``If-Match`` names; ``None`` for ``*``.  Raises ``InvalidHeader``."""
    if if_match.strip() == b"*":
        return None
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise InvalidHeader('If-Match takes one ETag as it was given, such as "7", or *')
    return int(match[1])


def names_etag(if_none_match: bytes, etag: bytes) -> bool:
    """True if ``If-None-Match`` lists that ETag, strong or weak (RFC 9110, 13.1.2)."""
    return any(tag.strip().removeprefix(b"W/") == etag for tag in if_none_match.split(b","))


def empty_query(type_: Any) -> Any:
    """The value of an empty query string; ``None`` if a parameter is required."""
    with contextlib.suppress(msgspec.ValidationError):
        return msgspec.convert({}, type_)
    return None


def query_decoder(type_: Any) -> Callable[[bytes], Any]:
    """Decodes one query string (numbers and booleans from text).  Raises ``ValidationFailed``."""
    fields = msgspec.structs.fields(type_)
    if not fields and not type_.__struct_config__.forbid_unknown_fields:
        anything = type_()  # a page ignores its query parameters
        return lambda _: anything
    lists = {f.encode_name for f in fields if _is_list(f.type)}
    no_query = empty_query(type_)

    def decoded(raw: bytes) -> Any:
        if not raw and no_query is not None:
            return no_query
        values: dict[str, Any] = {}
        try:
            pairs = _pairs(raw.decode("ascii"))
        except ValueError:
            raise _undecodable(raw) from None
        for name, value in pairs:
            if _CONTROL_OR_END_OF_LINE.search(value):
                raise _control_character(name)
            if name in lists:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise ValidationFailed.of(name, "repeated", f"{name} is given more than once")
            else:
                values[name] = value
        try:
            query: Any = msgspec.convert(values, type_, strict=False)
        except msgspec.ValidationError as error:
            raise refused(error, type_, values, strict=False) from None
        for name in values:
            number = getattr(query, name, None)
            if isinstance(number, float) and not math.isfinite(number):
                raise ValidationFailed.of(name, "range", f"{name} must be a finite number")
            if isinstance(number, int):
                _refuse_unstorable(number, name)
        return query

    return decoded


def _pairs(query: str) -> list[tuple[str, str]]:
    """Names and values, as ``parse_qsl`` returns them.  Raises ``ValueError``."""
    if "%" in query or "+" in query or query.count("&") >= MOST_PARAMETERS:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    pairs = []  # nothing is escaped: a third of the time
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((name, value))
    return pairs


def _undecodable(raw: bytes) -> ValidationFailed:
    """Why a query string cannot be read: the parameters that are not text, or that there are too many."""
    if raw.count(b"&") >= MOST_PARAMETERS:
        return ValidationFailed(f"The query string has more than {MOST_PARAMETERS} parameters")
    wrong: dict[str, FieldError] = {}
    for part in raw.split(b"&"):
        name, value = map(unquote_to_bytes, part.partition(b"=")[::2])
        if not (part.isascii() and _is_text(name) and _is_text(value)):
            field = name.decode("ascii", "replace")
            wrong[field] = FieldError(field, "type", f"{field} must be text in UTF-8, percent-encoded")
    return ValidationFailed(
        "The query string is not valid: it must be text in UTF-8, percent-encoded",
        errors=tuple(wrong.values()),
    )


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_list(type_: Any) -> bool:
    return isinstance(
        msgspec.inspect.type_info(type_), msgspec.inspect.ListType | msgspec.inspect.VarTupleType
    )


def _builtins(raw: bytes) -> Any:
    """The body as plain values; ``None`` if a number in it is too large for any type."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(malformed(error)) from None


def _refuse_unstorable(value: Any, path: str) -> None:
    """Raise ``ValidationFailed`` for an integer of more than 64 bits and for a control character."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValidationFailed.of(path, "range", "The number is out of range")
    if isinstance(value, str) and _CONTROL.search(value):
        raise _control_character(path)
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_unstorable(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_unstorable(item, f"{path}[{index}]")


def _control_character(field: str) -> ValidationFailed:
    return ValidationFailed.of(field, "control_character", "There is a control character in it")


def refused(
    error: msgspec.ValidationError, type_: Any, value: Any, *, strict: bool = True
) -> ValidationFailed:
    """The error that names every wrong top-level field, and of a nested value the first wrong field.

    Fields that fit their type are checked by the ``field_rules`` of the type: else a person would learn of
    them only after the others are right.
    """
    struct = _struct_of(type_)
    found: list[FieldError] = []
    if struct is not None and isinstance(value, dict):
        known = set()
        rules: FieldRules = getattr(struct, "field_rules", {})
        for field in msgspec.structs.fields(struct):
            known.add(field.encode_name)
            if field.encode_name not in value:
                if field.required:
                    found.append(FieldError(field.encode_name, "required", "This field is required"))
                continue
            try:
                given = msgspec.convert(value[field.encode_name], field.type, strict=strict)
                if rule := rules.get(field.encode_name):
                    rule(given)
            except msgspec.ValidationError as wrong:
                found.append(_field_error(str(wrong), field.encode_name))
            except ValidationFailed as wrong:
                found += wrong.errors
        if struct.__struct_config__.forbid_unknown_fields:
            unknown = sorted(name for name in value if name not in known)
            found += [FieldError(name, "unknown_field", "There is no such field") for name in unknown[:20]]
    if not found:
        found.append(_field_error(str(error), ""))
    first = found[0]
    return ValidationFailed(
        f"{first.field}: {first.detail}" if first.field else first.detail, errors=tuple(found)
    )


def _struct_of(type_: Any) -> Any:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return type_ if not type_.__struct_config__.tag_field else None
    origin = getattr(type_, "__origin__", None)
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct) and not get_args(type_):
        return origin
    return None


def _field_error(message: str, below: str) -> FieldError:
    match = _AT.match(message)
    assert match is not None  # the pattern takes anything
    what = match["what"]
    path = below + (match["path"] or "$")[1:]
    named = _NAMED.search(what)
    if named:
        path = f"{path}.{named['name']}"
    code = next((code for sign, code in _CODES if sign in what), "invalid")
    return FieldError(path.lstrip("."), code, sentence(what))


def refuse_naive_times(type_: Any, where: str) -> None:
    """Raise ``ValueError`` if a body of that type could hold a time without its zone."""
    seen: set[int] = set()

    def walk(info: Any) -> None:
        if isinstance(info, msgspec.inspect.DateTimeType) and info.tz is not True:
            raise ValueError(f"{where}: a time in a body needs its zone: Annotated[datetime, Meta(tz=True)]")
        if isinstance(info, msgspec.inspect.StructType):
            if id(info.cls) in seen:
                return
            seen.add(id(info.cls))
            for field in info.fields:
                walk(field.type)
        elif isinstance(info, msgspec.inspect.UnionType):
            for member in info.types:
                walk(member)
        elif isinstance(info, msgspec.inspect.TupleType):
            for item in info.item_types:
                walk(item)
        elif isinstance(info, msgspec.inspect.CollectionType):
            walk(info.item_type)
        elif isinstance(info, msgspec.inspect.DictType):
            walk(info.value_type)
        elif isinstance(info, msgspec.inspect.Metadata):
            walk(info.type)

    walk(msgspec.inspect.type_info(type_))
