"""Each way in which a value does not fit is an ordinary sentence, in none of msgspec's words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from supportcarr.kit.runtime.validation_sentences import malformed, sentence, sentence_of


class Point(msgspec.Struct, forbid_unknown_fields=True):
    lat: float


class Left(msgspec.Struct, tag="left"):
    a: int


class Right(msgspec.Struct, tag="right"):
    a: int


Zoned = Annotated[datetime, Meta(tz=True)]


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (int, "x", "It must be an integer, not text"),
        (int, 5.5, "It must be an integer, not a number"),
        (str, 5, "It must be text, not an integer"),
        (str | None, 5, "It must be text or null, not an integer"),
        (bool, "x", "It must be true or false, not text"),
        (list[int], 5, "It must be a list, not an integer"),
        (Point, 5, "It must be an object, not an integer"),
        (Annotated[str, Meta(min_length=8)], "x", "It must have at least 8 characters"),
        (Annotated[str, Meta(min_length=1)], "", "It must have at least 1 character"),
        (Annotated[str, Meta(max_length=1)], "xx", "It must have at most 1 character"),
        (Annotated[list[int], Meta(min_length=2)], [], "It must have at least 2 items"),
        (tuple[int, int], [1], "It must have exactly 2 items"),
        (Annotated[int, Meta(ge=1)], 0, "It must be at least 1"),
        (Annotated[int, Meta(le=65535)], 70000, "It must be at most 65535"),
        (Annotated[float, Meta(gt=0)], 0.0, "It must be more than 0"),
        (Annotated[float, Meta(lt=90)], 90.0, "It must be less than 90"),
        (Annotated[int, Meta(multiple_of=5)], 7, "It must be a multiple of 5"),
        (Annotated[str, Meta(pattern="^a$")], "b", "It does not have the required form"),
        (Literal["a", "b"], "c", "It is not one of the allowed values"),
        (Left | Right, {"type": "up", "a": 1}, "It is not one of the allowed values"),
        (Point, {}, "This field is required"),
        (Point, {"lat": 1.0, "x": 1}, "There is no such field"),
        (datetime, "yesterday", "It must be a time such as 2026-06-01T12:00:00Z"),
        (
            Zoned,
            "2026-06-01T12:00:00",
            "The time needs its time zone, such as Z or +02:00",
        ),
        (float, b"1e400", "The number is out of range"),
    ],
)
def test_a_value_that_does_not_fit(type_: Any, value: Any, expected: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(value if isinstance(value, bytes) else msgspec.json.encode(value), type=type_)
    assert sentence(str(refused.value)) == expected
    assert sentence_of(refused.value)[0].islower()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "The body is not valid JSON: it ends too early"),
        (b'{"a":', "The body is not valid JSON: it ends too early"),
        (b"{a}", "The body is not valid JSON: object keys must be strings at byte 1"),
        (b"[" * 100_000, "The body is nested too deeply"),
    ],
)
def test_a_body_that_is_no_json(body: bytes, expected: str) -> None:
    with pytest.raises((msgspec.DecodeError, RecursionError)) as refused:
        msgspec.json.decode(body)
    assert malformed(refused.value) == expected
