"""The table of retention has every collection, and what it names exists."""

from __future__ import annotations

from collections import Counter

from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.commands import container_without_servers
from supportcarr.bootstrap.retention import retention_table
from supportcarr.privacy.settings import PrivacySettings

TABLE = retention_table(PrivacySettings())


def test_every_collection_has_one_row() -> None:
    rows = Counter(name for row in TABLE for name in row.collections)
    assert rows == Counter(spec.name for spec in SPECS)


async def test_every_task_that_a_row_names_exists() -> None:
    tasks = {task.name for task in container_without_servers().periodic_tasks()}
    assert {row.task for row in TABLE if row.task} <= tasks


def test_every_rule_uses_an_index_and_its_own_collection() -> None:
    for row in TABLE:
        if row.purge is not None:
            assert row.purge.spec.name in row.collections
            assert any(index.fields[0] == row.purge.field for index in row.purge.spec.indexes)
