"""Values keep their order in columns, and conditions become SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.store.fixtures import PARCELS
from supportcarr.kit.store.port import In, Range
from supportcarr.kit.store.sqlite.query import Clause, after, column_of, column_value, condition

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - zones are drawn


class Colour(Enum):
    RED = "red"


@given(TIMES, TIMES)
def test_times_sort_in_columns_as_they_do_in_python(one: datetime, other: datetime) -> None:
    first, second = column_value(one), column_value(other)
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert (first < second, first == second) == (one < other, one == other)


def test_values_are_converted_for_columns() -> None:
    assert column_value(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000
    assert column_value(None) is None
    assert (column_value(True), column_value(False)) == (1, 0)
    assert (column_value("é"), column_value(-3), column_value(2.5)) == ("é", -3, 2.5)
    assert column_value(Colour.RED) == "red"


@pytest.mark.parametrize("value", [b"bytes", ["list"], {"a": 1}, object()])
def test_unsupported_values_are_rejected(value: object) -> None:
    with pytest.raises(TypeError):
        column_value(value)


def test_a_query_for_an_absent_value_is_rejected() -> None:
    for wanted in (None, In((None,))):  # type: ignore[arg-type]  # an untyped caller may pass it
        with pytest.raises(ValueError, match="absent"):
            condition(PARCELS, {"owner": wanted})  # type: ignore[dict-item]  # the same


def test_values_never_become_part_of_the_statement() -> None:
    evil = "x' OR 1=1; --"
    clause = condition(PARCELS, {"owner": evil, "shelf": In((evil, "b")), "weight": Range(ge=1, lt=3)})
    assert clause == Clause(
        '"owner" = ? AND "shelf" IN (?, ?) AND "weight" IS NOT NULL AND "weight" >= ? AND "weight" < ?',
        (evil, evil, "b", 1, 3),
    )


def test_an_empty_condition_matches_everything_and_an_empty_choice_nothing() -> None:
    assert condition(PARCELS, None) == condition(PARCELS, {}) == Clause("TRUE")
    assert condition(PARCELS, {"owner": In(())}) == Clause('"owner" IN ()')


def test_a_page_after_an_absent_value_continues_with_present_values() -> None:
    assert after('"due_at"', False, None, "p") == (
        Clause('"due_at" IS NULL AND _id > ?', ("p",)),
        Clause('"due_at" IS NOT NULL'),
    )
    assert after('"due_at"', True, 5, "p") == (
        Clause('("due_at", _id) < (?, ?)', (5, "p")),
        Clause('"due_at" IS NULL'),
    )


def test_a_query_on_an_undeclared_column_is_rejected() -> None:
    assert column_of(PARCELS, "id") == "_id"
    assert column_of(PARCELS, "owner") == '"owner"'
    for name in ("note", "_body", '"; DROP TABLE parcels', ""):
        with pytest.raises(ValueError, match="declares no index"):
            column_of(PARCELS, name)
