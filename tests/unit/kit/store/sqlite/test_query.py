"""Values keep their order in columns, and conditions say what was asked."""

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


def test_what_a_column_holds() -> None:
    assert column_value(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000
    assert column_value(None) is None
    assert (column_value(True), column_value(False)) == (1, 0)
    assert (column_value("é"), column_value(-3), column_value(2.5)) == ("é", -3, 2.5)
    assert column_value(Colour.RED) == "red"


@pytest.mark.parametrize("value", [b"bytes", ["list"], {"a": 1}, object()])
def test_what_no_column_can_hold(value: object) -> None:
    with pytest.raises(TypeError):
        column_value(value)


def test_an_absent_value_cannot_be_asked_for() -> None:
    for wanted in (None, In((None,))):  # type: ignore[arg-type]  # what a careless caller might do
        with pytest.raises(ValueError, match="absent"):
            condition(PARCELS, {"owner": wanted})  # type: ignore[dict-item]  # the same


def test_values_never_become_part_of_the_statement() -> None:
    evil = "x' OR 1=1; --"
    clause = condition(PARCELS, {"owner": evil, "shelf": In((evil, "b")), "weight": Range(ge=1, lt=3)})
    assert clause == Clause(
        '"owner" = ? AND "shelf" IN (?, ?) AND "weight" IS NOT NULL AND "weight" >= ? AND "weight" < ?',
        (evil, evil, "b", 1, 3),
    )


def test_nothing_asked_matches_everything_and_no_choice_matches_nothing() -> None:
    assert condition(PARCELS, None) == condition(PARCELS, {}) == Clause("TRUE")
    assert condition(PARCELS, {"owner": In(())}) == Clause('"owner" IN ()')


def test_a_page_after_an_absent_value_goes_on_with_those_that_have_one() -> None:
    assert after('"due_at"', False, None, "p") == (
        Clause('"due_at" IS NULL AND _id > ?', ("p",)),
        Clause('"due_at" IS NOT NULL'),
    )
    assert after('"due_at"', True, 5, "p") == (
        Clause('("due_at", _id) < (?, ?)', (5, "p")),
        Clause('"due_at" IS NULL'),
    )


def test_a_column_is_asked_for_by_a_declared_name_only() -> None:
    assert column_of(PARCELS, "id") == "_id"
    assert column_of(PARCELS, "owner") == '"owner"'
    for name in ("note", "_body", '"; DROP TABLE parcels', ""):
        with pytest.raises(ValueError, match="declares no index"):
            column_of(PARCELS, name)
