"""What msgspec says of a value that does not fit, in an ordinary sentence.

msgspec writes for the programmer ("Expected `str` of length >= 8"); these sentences are for the person who
set a setting or calls the API.
"""

from __future__ import annotations

import re

import msgspec

_KINDS = {
    "array": "a list",
    "bool": "true or false",
    "bytes": "base64",
    "date": "a date such as 2026-06-01",
    "datetime": "a time such as 2026-06-01T12:00:00Z",
    "float": "a number",
    "int": "an integer",
    "null": "null",
    "object": "an object",
    "str": "text",
}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "==": "exactly"}
_AT = re.compile(r" - at `\$?[^`]*`$")
_TYPE = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<given>[^`]*)`")
_LENGTH = re.compile(r"Expected `(?P<kind>\w+)` of length (?P<bound>[<>=]+)? ?(?P<length>\d+)")
_RANGE = re.compile(r"Expected `(?:int|float|decimal)` (?P<bound>[<>]=?) (?P<number>\S+)")
_MULTIPLE = re.compile(r"Expected `(?:int|float)` that's a multiple of (?P<number>\S+)")
_ENUM = re.compile(r"Invalid (?:enum )?value ")


def sentence_of(error: msgspec.ValidationError) -> str:
    """The end of the sentence "X is not valid: ...", in lower case."""
    text = sentence(str(error))
    return text[0].lower() + text[1:]


def sentence(message: str) -> str:
    """One of msgspec's messages as a sentence, without a full stop."""
    what = _AT.sub("", message)
    if found := _TYPE.match(what):
        return f"It must be {_kinds(found['wanted'])}, not {_kinds(found['given'])}"
    if found := _LENGTH.match(what):
        length = int(found["length"])
        unit = "character" if found["kind"] == "str" else "item"
        bound = _BOUNDS[found["bound"] or "=="]
        return f"It must have {bound} {length} {unit}{'' if length == 1 else 's'}"
    if found := _RANGE.match(what):
        bound = _BOUNDS[found["bound"]]
        return f"It must be {bound} {found['number'].removesuffix('.0')}"
    if found := _MULTIPLE.match(what):
        return f"It must be a multiple of {found['number']}"
    if "matching regex" in what:
        return "It does not have the required form"
    if _ENUM.match(what):
        return "It is not one of the allowed values"
    if "missing required" in what:
        return "This field is required"
    if "unknown field" in what:
        return "There is no such field"
    if "timezone" in what:
        return "The time needs its time zone, such as Z or +02:00"
    if "RFC3339" in what or "datetime" in what:
        return f"It must be {_KINDS['datetime']}"
    if "out of range" in what:
        return "The number is out of range"
    return "It is not valid"


def _kinds(names: str) -> str:
    """Types by their names in JSON: "int | null"."""
    kinds = list(dict.fromkeys(_KINDS.get(name.strip(), "another type") for name in names.split("|")))
    return " or ".join(kinds)


def malformed(error: Exception) -> str:
    """Why a body is no JSON."""
    what = str(error)
    if isinstance(error, UnicodeDecodeError):
        return "The body is not UTF-8"
    if isinstance(error, RecursionError):
        return "The body is nested too deeply"
    if "truncated" in what:
        return "The body is not valid JSON: it ends too early"
    found = re.match(r"JSON is malformed: (?P<why>.*) \(byte (?P<byte>\d+)\)", what)
    if found:
        return f"The body is not valid JSON: {found['why']} at byte {found['byte']}"
    return "The body is not valid JSON"
