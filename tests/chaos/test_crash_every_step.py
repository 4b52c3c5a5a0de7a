"""A process is killed with -9 after each of its steps, in every saga and every consumer; another takes
over, life goes on to its end, and every effect is there once.  A short list of scenarios runs on SQLite in
``make test``; all of them run on both engines in ``make test-long``.

``docs/crashes.md`` lists the steps; what really happens is held against it first.
"""

from __future__ import annotations

from typing import Any

import pytest

from support.crash.databases import Databases
from support.crash.documented_steps import declared, read_names
from support.crash.fixtures import MakeRuns
from support.crash.runs import findings_of
from support.crash.scenarios import SCENARIOS
from support.crash.world import declared_names

DECLARED = declared()
KINDS = ("consumer", "job", "deadline", "ticker")
SAGAS = (
    "asking for a rescue",
    "matching begins and an offer is made",
    "accepting an offer",
    "capturing the fare",
)


def killed_in(name: str) -> set[str]:
    """The consumers, jobs, deadlines and periodic tasks that the scenario kills a process in."""
    steps = {name: DECLARED.get(name, [])}
    return {f"{kind} {whose}" for kind in KINDS for whose in read_names(kind, steps)}


def short_list() -> set[str]:
    """The sagas, and few scenarios that together kill in every consumer, job, deadline and periodic task.

    Chosen greedily, the one that adds most first.  ``make test`` runs these, ``make test-long`` all.
    """
    chosen = [name for name in SAGAS if name in DECLARED]
    left = set[str]().union(*map(killed_in, DECLARED)).difference(*map(killed_in, chosen))
    while left:
        best = max(DECLARED, key=lambda name: (len(killed_in(name) & left), -len(DECLARED[name])))
        chosen.append(best)
        left -= killed_in(best)
    return set(chosen)


SHORT = short_list()


def runs_on(engine: str) -> list[Any]:
    """Every scenario on that engine; those that are not on the short list, and MongoDB's, are long."""
    return [
        pytest.param(engine, name, marks=[] if engine == "sqlite" and name in SHORT else [pytest.mark.long])
        for name in SCENARIOS
    ]


@pytest.mark.parametrize(("engine", "name"), [*runs_on("sqlite"), *runs_on("mongodb")], indirect=["engine"])
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
