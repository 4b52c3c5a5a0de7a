"""Every question that the code asks of the store is declared, and an index answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from support.store.queries import NO_QUESTIONS, QUERIES, Query, asked_in_code
from supportcarr.kit.store.sqlite.engine import SqliteStore


def test_every_question_in_the_code_is_in_the_list_and_no_other() -> None:
    assert asked_in_code().keys() - NO_QUESTIONS == {query.asked for query in QUERIES}
    assert asked_in_code().keys() >= NO_QUESTIONS


def test_each_condition_that_is_written_in_the_code_has_a_question_in_the_list() -> None:
    for asked, conditions in asked_in_code().items():
        if asked not in NO_QUESTIONS:
            declared = {tuple(query.where.items()) for query in QUERIES if query.asked == asked}
            assert len(declared) >= len(conditions), asked


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_sqlite_answers_it_by_an_index(query: Query, store: SqliteStore) -> None:
    asked: list[tuple[str, Sequence[Any]]] = []
    collection = store.collection(query.spec)
    await collection.count()  # its table is there
    read = store.read

    async def noted(sql: str, values: Sequence[Any] = (), **options: Any) -> Any:
        asked.append((sql, values))
        return await read(sql, values, **options)

    store.read = noted  # type: ignore[method-assign]  # to hear what it is asked
    await query.ask(collection)
    [(sql, values)] = asked
    steps = [row[3] for row in store.read_now(f"EXPLAIN QUERY PLAN {sql}", tuple(values))]
    assert steps
    for step in steps:
        if "TEMP B-TREE" in step:
            assert query.sorting != "index", steps
        elif step.startswith("SCAN"):  # all of it, in the order of an index
            assert "USING" in step and "INDEX" in step, steps
            assert not query.where, steps
        else:
            assert step.startswith(("SEARCH", "MULTI-INDEX OR", "INDEX")), steps


async def test_a_question_without_an_index_would_be_seen(store: SqliteStore) -> None:
    query = next(query for query in QUERIES if query.where)
    await store.collection(query.spec).count()
    [step] = [
        row[3]
        for row in store.read_now(
            f"EXPLAIN QUERY PLAN SELECT _id FROM {query.spec.name} WHERE _body = ?",
            ("x",),
        )
    ]
    assert step.startswith("SCAN") and "INDEX" not in step
