"""Every query in the code is declared, and an index answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from support.store.queries import OTHER_CALLS, QUERIES, Query, calls_in_code
from supportcarr.kit.store.sqlite.engine import SqliteStore


def test_every_query_in_the_code_is_declared() -> None:
    assert calls_in_code().keys() - OTHER_CALLS == {query.caller for query in QUERIES}
    assert calls_in_code().keys() >= OTHER_CALLS


def test_every_condition_in_the_code_is_declared() -> None:
    for caller, conditions in calls_in_code().items():
        if caller not in OTHER_CALLS:
            declared = {tuple(query.where.items()) for query in QUERIES if query.caller == caller}
            assert len(declared) >= len(conditions), caller


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_sqlite_uses_an_index_for_every_query(query: Query, store: SqliteStore) -> None:
    sent: list[tuple[str, Sequence[Any]]] = []
    collection = store.collection(query.spec)
    await collection.count()  # makes its table
    read = store.read

    async def recording_read(sql: str, values: Sequence[Any] = (), **options: Any) -> Any:
        sent.append((sql, values))
        return await read(sql, values, **options)

    store.read = recording_read  # type: ignore[method-assign]
    await query.run(collection)
    [(sql, values)] = sent
    steps = [row[3] for row in store.read_sync(f"EXPLAIN QUERY PLAN {sql}", tuple(values))]
    assert steps
    for step in steps:
        if "TEMP B-TREE" in step:
            assert query.sorting != "index", steps
        elif step.startswith("SCAN"):  # the whole table, in the order of an index
            assert "USING" in step and "INDEX" in step, steps
            assert not query.where, steps
        else:
            assert step.startswith(("SEARCH", "MULTI-INDEX OR", "INDEX")), steps


async def test_a_query_without_an_index_is_reported_as_a_scan(store: SqliteStore) -> None:
    query = next(query for query in QUERIES if query.where)
    await store.collection(query.spec).count()
    [step] = [
        row[3]
        for row in store.read_sync(
            f"EXPLAIN QUERY PLAN SELECT _id FROM {query.spec.name} WHERE _body = ?",
            ("x",),
        )
    ]
    assert step.startswith("SCAN") and "INDEX" not in step
