"""From bytes to valid values: what is malformed is 400, what does not fit is 422 and names the field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from supportcarr.contracts.errors import ApiError, ValidationFailed
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.routing import NoQuery, PageQuery
from supportcarr.gateway.decoding import body_decoder, query_decoder, refuse_naive_times
from supportcarr.gateway.problems import MalformedBody


class Item(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=5)]
    at: GeoPoint
    count: int = 1
    tags: list[str] = []

    def __post_init__(self) -> None:
        if self.count == 13:
            raise ValueError("thirteen is refused")


decode = body_decoder(Item)
GOOD = b'{"name":"a","at":{"lat":1,"lng":2}}'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        GOOD + b"x",
        b'{"name":NaN}',
        b'{"name":"a","at":{"lat":NaN,"lng":1}}',
        b'{"name":"a","at":{"lat":Infinity,"lng":1}}',
        b"\xff\xfe",
        b'{"name":"\xff","at":{"lat":1,"lng":2}}',
        b'{"name":"\\ud800","at":{"lat":1,"lng":2}}',
    ],
)
def test_invalid_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode(raw)


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (b"[]", "", "type"),
        (b"null", "", "type"),
        (b"{}", "name", "required"),
        (b'{"name":"a"}', "at", "required"),
        (b'{"name":1,"at":{"lat":1,"lng":2}}', "name", "type"),
        (b'{"name":"","at":{"lat":1,"lng":2}}', "name", "length"),
        (b'{"name":"abcdef","at":{"lat":1,"lng":2}}', "name", "length"),
        (b'{"name":"a","at":{"lat":1}}', "at.lng", "required"),
        (b'{"name":"a","at":{"lat":"1","lng":2}}', "at.lat", "type"),
        (b'{"name":"a","at":{"lat":91,"lng":2}}', "at.lat", "range"),
        (b'{"name":"a","at":{"lat":1e999,"lng":2}}', "at.lat", "range"),
        (b'{"name":"a","at":{"lat":1,"lng":2,"alt":3}}', "at.alt", "unknown_field"),
        (b'{"name":"a","at":{"lat":1,"lng":2},"x":3}', "x", "unknown_field"),
        (b'{"name":"a","at":{"lat":1,"lng":2},"count":1.5}', "count", "type"),
        (b'{"name":"a","at":{"lat":1,"lng":2},"count":99999999999999999999}', "count", "range"),
        (b'{"name":"a","at":{"lat":1,"lng":2},"count":13}', "", "invalid"),
        (b'{"name":"a","at":{"lat":1,"lng":2},"tags":["x",1]}', "tags[1]", "type"),
    ],
)
def test_a_validation_error_names_the_field(raw: bytes, field: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        decode(raw)
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == (field, code)


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(ValidationFailed) as refused:
        decode(b'{"name":"","count":"x","y":1,"z":2}')
    assert [(e.field, e.code) for e in refused.value.errors] == [
        ("name", "length"),
        ("at", "required"),
        ("count", "type"),
        ("y", "unknown_field"),
        ("z", "unknown_field"),
    ]


def test_digits_in_a_string_are_not_a_number() -> None:
    long = body_decoder(dict[str, str])
    assert long(b'{"card":"12345678901234567890123"}') == {"card": "12345678901234567890123"}


@pytest.mark.parametrize("control", ["\\u0000", "\\u001b", "\\u007F", "\\b", "\\f", "\x7f"])
def test_a_control_character_in_a_text_is_refused_and_its_field_named(control: str) -> None:
    raw = f'{{"name":"a","at":{{"lat":1,"lng":2}},"tags":["x","a{control}"]}}'
    with pytest.raises(ValidationFailed) as refused:
        decode(raw.encode())
    assert [(e.field, e.code) for e in refused.value.errors] == [("tags[1]", "control_character")]


def test_a_string_may_have_newlines_tabs_and_backslashes() -> None:
    text = body_decoder(dict[str, str])
    assert text(b'{"said":"a\\n\\r\\tb\\u0009"}') == {"said": "a\n\r\tb\t"}
    assert text(b'{"path":"c:\\\\u0000\\\\bin"}') == {"path": r"c:\u0000\bin"}


def test_deep_nesting_is_malformed_and_does_not_crash() -> None:
    with pytest.raises(MalformedBody):
        body_decoder(Any)(b"[" * 100_000)


def test_a_valid_body_is_decoded() -> None:
    assert decode(GOOD) == Item("a", GeoPoint(1, 2))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_cause_no_other_error(raw: bytes) -> None:
    try:
        decode(raw)
    except ApiError as error:
        assert error.status in (400, 422)


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    lat: float
    many: int = 1
    wide: bool = False
    state: list[str] = []


window = query_decoder(Window)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "lat"),
        (b"lat=x", "lat"),
        (b"lat=nan", "lat"),
        (b"lat=-inf", "lat"),
        (b"lat=1&lat=2", "lat"),
        (b"lat=1&many=1.5", "many"),
        (b"lat=1&many=99999999999999999999", "many"),
        (b"lat=1&wide=perhaps", "wide"),
        (b"lat=1&other=2", "other"),
    ],
)
def test_a_wrong_query_names_the_parameter(raw: bytes, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        window(raw)
    assert refused.value.errors[0].field == field


def test_a_query_reads_numbers_flags_and_lists_from_text() -> None:
    assert window(b"lat=45.5&many=3&wide=true&state=a&state=b") == Window(
        lat=45.5, many=3, wide=True, state=["a", "b"]
    )


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"lat=%ff", ["lat"]),
        (b"lat=1&many=%f0%9f&wide=%e9&wide=%ff", ["many", "wide"]),
        (b"lat=\xff", ["lat"]),
        (b"\xff", ["\N{REPLACEMENT CHARACTER}"]),
        (b"l%ff=1", ["l\N{REPLACEMENT CHARACTER}"]),
        (b"&".join([b"lat=1"] * 101), []),
    ],
)
def test_a_query_that_is_not_text_is_refused_by_parameter(raw: bytes, fields: list[str]) -> None:
    with pytest.raises(ValidationFailed) as refused:
        window(raw)
    assert [error.field for error in refused.value.errors] == fields


def test_a_route_without_query_parameters_refuses_any() -> None:
    assert query_decoder(NoQuery)(b"") == NoQuery()
    with pytest.raises(ValidationFailed):
        query_decoder(NoQuery)(b"a=1")


@pytest.mark.parametrize("raw", [b"limit=0", b"limit=201", b"limit=x"])
def test_the_limit_of_a_list_is_bounded(raw: bytes) -> None:
    with pytest.raises(ValidationFailed) as refused:
        query_decoder(PageQuery)(raw)
    assert [error.field for error in refused.value.errors] == ["limit"]


@given(st.binary(max_size=60))
def test_arbitrary_queries_cause_no_other_error(raw: bytes) -> None:
    try:
        window(raw)
    except ApiError as error:
        assert error.status == 422


def test_a_body_type_with_a_time_without_zone_cannot_be_declared() -> None:
    class Naive(msgspec.Struct):
        at: list[datetime | None]

    class Aware(msgspec.Struct):
        at: Annotated[datetime, Meta(tz=True)]

    refuse_naive_times(Aware, "POST /x")
    with pytest.raises(ValueError, match="POST /x"):
        refuse_naive_times(Naive, "POST /x")


class Searched(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    q: str = ""


@pytest.mark.parametrize("raw", [b"q=%00", b"q=a%1Bb", b"q=a%7f", b"q=a%0ab"])
def test_a_control_character_in_a_query_is_refused(raw: bytes) -> None:
    with pytest.raises(ValidationFailed) as refused:
        query_decoder(Searched)(raw)
    assert [(e.field, e.code) for e in refused.value.errors] == [("q", "control_character")]


class Letters(msgspec.Struct):
    a: list[str] = []
    b: list[str] = []


_parts = st.builds(str.__add__, st.sampled_from(["a=", "b="]), st.text("ab=;%+2 ", max_size=6))


@given(st.lists(_parts | st.just(""), max_size=5) | st.integers(98, 103).map(lambda n: ["a=1"] * n))
def test_queries_are_parsed_as_by_the_standard_library(parts: list[str]) -> None:
    query = "&".join(parts)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        with pytest.raises(ValidationFailed):
            query_decoder(Letters)(query.encode())
    else:
        read = query_decoder(Letters)(query.encode())
        assert read.a == [value for name, value in pairs if name == "a"]
        assert read.b == [value for name, value in pairs if name == "b"]
