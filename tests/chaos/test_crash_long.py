"""Crash tests that take too long for ``make test``, on both engines: a kill during a step, a kill while the
relay runs concurrently with the request, as in a real process (the order of the steps then varies, so they
are not compared with the lists), and two kills, the second one during the recovery.
"""

from __future__ import annotations

import os
import random

import pytest

from support.crash.databases import Databases
from support.crash.fixtures import MakeRunner
from support.crash.runner import Finding, ScenarioRunner, collect_findings
from support.crash.scenarios import SCENARIOS

pytestmark = [pytest.mark.long, pytest.mark.parametrize("engine", ["sqlite", "mongodb"], indirect=True)]

SEED = os.environ.get("SEED") or "1"  # chooses the step of the second kill: make test-long SEED=2


async def _kill_at_every_step(runner: ScenarioRunner) -> list[list[str]]:
    """Kill at step 1, 2, … until the process ends before it is killed."""
    found: list[list[str]] = []
    for number in range(1, 1000):
        problems = await runner.killed_at(number, concurrent_relay=True)
        if problems is None:
            return found
        if problems:
            found.append([f"step {number}", *problems])
    raise AssertionError("the scenario does not end")


@pytest.mark.parametrize("name", SCENARIOS)
async def test_kill_during_each_step(name: str, engine: Databases | None, make_runner: MakeRunner) -> None:
    runner = make_runner(name, engine)
    steps = len(await runner.steps())
    assert await collect_findings(runner, range(1, steps + 1), timing="during") == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_kill_with_a_concurrent_relay(
    name: str, engine: Databases | None, make_runner: MakeRunner
) -> None:
    assert await _kill_at_every_step(make_runner(name, engine)) == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_kill_after_each_step_and_during_recovery(
    name: str, engine: Databases | None, make_runner: MakeRunner
) -> None:
    runner = make_runner(name, engine)
    steps = len(await runner.steps())
    chance = random.Random(f"{SEED} {name}")
    found: list[Finding] = []
    for number in range(1, steps + 1):
        # The remaining steps, and up to three that are repeated.
        second_kill_at = chance.randint(1, steps - number + 3)
        problems = await runner.killed_at(number, second_kill_at=second_kill_at)
        assert problems is not None, f"nothing was killed at step {number}"
        if problems:
            found.append(Finding(number, problems, second_kill_at))
    assert found == []
