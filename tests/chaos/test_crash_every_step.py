"""Kill a process with SIGKILL after each of its steps, in every saga and every consumer.  Another process
recovers, all rescues end, and every effect must be there once.  The sagas run on SQLite in ``make test``, and
the background steps of scenarios that cover every consumer and job; all of it runs on both engines in
``make test-long``.

The recorded steps are first compared with those listed in ``docs/crashes.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import pytest

from support.crash.databases import Databases
from support.crash.documented_steps import names_of_kind, read_page
from support.crash.fixtures import MakeRunner
from support.crash.runner import collect_findings
from support.crash.scenarios import SCENARIOS
from support.crash.steps import Step
from support.crash.world import declared_names

DOCUMENTED = read_page()
STEP_KINDS = ("consumer", "job", "deadline", "periodic task")
SAGAS = (
    "requesting a rescue",
    "matching begins and an offer is made",
    "accepting an offer",
    "capturing the fare",
)


def killed_in(scenario: str) -> set[str]:
    """The consumers, jobs, deadlines and periodic tasks that the scenario is killed in."""
    steps = {scenario: DOCUMENTED.get(scenario, [])}
    return {f"{kind} {name}" for kind in STEP_KINDS for name in names_of_kind(kind, steps)}


def short_list() -> set[str]:
    """The sagas, and a few scenarios that together cover every consumer, job, deadline and periodic task.

    Chosen greedily: the one that covers most first.  ``make test`` runs these, ``make test-long`` all.
    """
    chosen = [name for name in SAGAS if name in DOCUMENTED]
    left = set[str]().union(*map(killed_in, DOCUMENTED)).difference(*map(killed_in, chosen))
    while left:
        best = max(DOCUMENTED, key=lambda name: (len(killed_in(name) & left), -len(DOCUMENTED[name])))
        chosen.append(best)
        left -= killed_in(best)
    return set(chosen)


SHORT = short_list()


def runs_on(engine: str) -> list[Any]:
    """Every scenario on that engine; on MongoDB, and outside the short list, they are long tests.

    A scenario that is in the short list for its background steps only is killed at those, and as a long test
    at every step.
    """
    runs = []
    for name in SCENARIOS:
        short = engine == "sqlite" and name in SHORT
        if short:
            runs.append(pytest.param(engine, name, name in SAGAS))
        if not short or name not in SAGAS:
            runs.append(pytest.param(engine, name, True, marks=pytest.mark.long))
    return runs


def is_background(step: Step) -> bool:
    return step.performed_by.startswith(tuple(f"{kind} " for kind in STEP_KINDS))


def in_one_order(steps: Sequence[Step]) -> list[Step]:
    """The steps, with neighbours sorted in which events leave the outbox: the relay removes those of one
    document at the same time, and a server may answer in any order."""
    ordered: list[Step] = []
    for leaves, neighbours in groupby(steps, key=lambda step: step.what.endswith("leaves the outbox")):
        run = list(neighbours)
        ordered += sorted(run, key=lambda step: step.what) if leaves else run
    return ordered


@pytest.mark.parametrize(
    ("engine", "name", "every"), [*runs_on("sqlite"), *runs_on("mongodb")], indirect=["engine"]
)
async def test_effect_happens_once_after_a_kill_at_each_step(
    name: str, every: bool, engine: Databases | None, make_runner: MakeRunner
) -> None:
    runner = make_runner(name, engine)
    steps = await runner.steps()
    assert in_one_order(steps) == in_one_order(DOCUMENTED.get(name, [])), (
        "docs/crashes.md lists other steps: run scripts/crash-steps"
    )
    numbers = [number for number, step in enumerate(steps, 1) if every or is_background(step)]
    assert await collect_findings(runner, numbers) == []


def test_documentation_lists_exactly_the_scenarios() -> None:
    assert list(DOCUMENTED) == list(SCENARIOS), "run scripts/crash-steps"


async def test_every_background_task_is_killed_in_a_scenario() -> None:
    names = await declared_names()
    quick = {f"consumer {name}" for name in names.quick_consumers}
    slow = {f"job {name}" for name in names.jobs}
    others = {f"deadline {name}" for name in names.deadlines} | {
        f"periodic task {name}" for name in names.periodic_tasks
    }
    killed = {f"{kind} {name}" for kind in STEP_KINDS for name in names_of_kind(kind, DOCUMENTED)}
    assert quick | slow | others == killed, "tests/support/crash/scenarios_*.py need a scenario for it"
