"""Translate values and conditions of ``find``, and page cursors, into SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from supportcarr.kit.store.cursors import KeyValue
from supportcarr.kit.store.port import CollectionSpec, In, Range, Where

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition and the values of its placeholders."""

    sql: str
    values: tuple[KeyValue, ...] = ()


def column_value(value: object) -> KeyValue:
    """The sortable form for a column: datetimes as microseconds since 1970, booleans as 0 and 1.

    Raises ``ValueError`` for a datetime without a zone, ``TypeError`` for unsupported types.
    """
    if value is None or type(value) is str:
        return value
    if isinstance(value, Enum):
        return column_value(value.value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"a field that queries use cannot hold a {type(value).__name__}")


def column_of(spec: CollectionSpec[Any], field: str) -> str:
    """The quoted column of a field.  Raises ``ValueError`` for one that the spec does not declare."""
    if field == "id":
        return "_id"
    if field not in spec.fields:
        raise ValueError(f"{spec.name} declares no index or unique key with {field!r}")
    return f'"{field}"'


def condition(spec: CollectionSpec[Any], where: Where | None) -> Clause:
    """The condition for rows that match all of *where*; ``TRUE`` if it is empty."""
    parts: list[str] = []
    values: list[KeyValue] = []
    for field, wanted in (where or {}).items():
        column = column_of(spec, field)
        if isinstance(wanted, In):
            parts.append(f"{column} IN ({', '.join('?' * len(wanted.values))})")
            values += [column_value(_required(field, value)) for value in wanted.values]
        elif isinstance(wanted, Range):
            parts.append(f"{column} IS NOT NULL")
            for operator, bound in ((">=", wanted.ge), ("<", wanted.lt)):
                if bound is not None:
                    parts.append(f"{column} {operator} ?")
                    values.append(column_value(bound))
        else:
            parts.append(f"{column} = ?")
            values.append(column_value(_required(field, wanted)))
    return Clause(" AND ".join(parts) or "TRUE", tuple(values))


def _required(field: str, value: object) -> object:
    if value is None:
        raise ValueError(f"{field}: a query cannot ask for an absent value")
    return value


def after(column: str, descending: bool, value: KeyValue, id: str) -> tuple[Clause, ...]:
    """Conditions for the rows after (*value*, *id*), to be queried one after the other.

    SQLite sorts NULL before all other values, as the port requires of absent fields.  Rows with and rows
    without a value have separate conditions because SQLite would not use the index for an OR of both.
    """
    if column == "_id":
        return (Clause(f"_id {'<' if descending else '>'} ?", (id,)),)
    if value is None:
        rest = Clause(f"{column} IS NULL AND _id {'<' if descending else '>'} ?", (id,))
        return (rest,) if descending else (rest, Clause(f"{column} IS NOT NULL"))
    rest = Clause(f"({column}, _id) {'<' if descending else '>'} (?, ?)", (value, id))
    return (rest, Clause(f"{column} IS NULL")) if descending else (rest,)
