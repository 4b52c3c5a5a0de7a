"""A process is killed with -9 after each of its steps, in every saga and every consumer; another takes
over, life goes on to its end, and every effect is there once.  On SQLite every day, on MongoDB among the
long tests.

``docs/crashes.md`` lists the steps; what really happens is held against it first.
"""

from __future__ import annotations

import pytest

from support.crash.databases import Databases
from support.crash.documented_steps import declared, read_names
from support.crash.fixtures import MakeRuns
from support.crash.runs import findings_of
from support.crash.scenarios import SCENARIOS
from support.crash.world import declared_names

DECLARED = declared()


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("mongodb", marks=pytest.mark.long)], indirect=True)
async def test_killed_after_each_step_the_effect_is_there_once(
    name: str, engine: Databases | None, runs_of: MakeRuns
) -> None:
    runs = runs_of(name, engine)
    steps = await runs.steps()
    assert steps == DECLARED.get(name), "docs/crashes.md lists other steps: run scripts/crash-steps"
    assert await findings_of(runs, range(1, len(steps) + 1)) == []


def test_the_page_lists_every_scenario_and_no_other() -> None:
    assert list(DECLARED) == list(SCENARIOS), "run scripts/crash-steps"


async def test_every_consumer_job_deadline_and_ticker_is_killed_in_some_scenario() -> None:
    names = await declared_names()
    quick = {f"consumer {name}" for name in names.quick_consumers}
    slow = {f"job {name}" for name in names.jobs}
    others = {f"deadline {name}" for name in names.deadlines} | {f"ticker {name}" for name in names.tickers}
    killed = {
        f"{kind} {name}"
        for kind in ("consumer", "job", "deadline", "ticker")
        for name in read_names(kind, DECLARED)
    }
    assert quick | slow | others == killed, "tests/support/crash_scenarios*.py need a scenario for it"
