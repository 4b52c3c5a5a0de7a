"""What takes too long for every day, on both engines: killed while a step is under way; killed while the
relay works beside the request, as it does in a real process (the order of the steps is then another each
time, so the lists do not count); and killed twice, the second time somewhere in the recovery.
"""

from __future__ import annotations

import os
import random

import pytest

from support.crash.databases import Databases
from support.crash.fixtures import MakeRuns
from support.crash.runs import Finding, Runs, findings_of
from support.crash.scenarios import SCENARIOS

pytestmark = [pytest.mark.long, pytest.mark.parametrize("engine", ["sqlite", "mongodb"], indirect=True)]

SEED = os.environ.get("SEED") or "1"  # of where the second kill comes: make test-long SEED=2


async def _killed_until_the_end(runs: Runs) -> list[list[str]]:
    """Killed at each step of a life whose number of steps is not known before."""
    found: list[list[str]] = []
    for number in range(1, 1000):
        sentences = await runs.killed_at(number, alive=True)
        if sentences is None:
            return found
        if sentences:
            found.append([f"step {number}", *sentences])
    raise AssertionError("it never comes to its end")


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_while_a_step_is_under_way(
    name: str, engine: Databases | None, runs_of: MakeRuns
) -> None:
    runs = runs_of(name, engine)
    steps = len(await runs.steps())
    assert await findings_of(runs, range(1, steps + 1), when="asked") == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_while_the_relay_works_beside_it(
    name: str, engine: Databases | None, runs_of: MakeRuns
) -> None:
    assert await _killed_until_the_end(runs_of(name, engine)) == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_after_each_step_and_again_in_the_recovery(
    name: str, engine: Databases | None, runs_of: MakeRuns
) -> None:
    runs = runs_of(name, engine)
    steps = len(await runs.steps())
    chance = random.Random(f"{SEED} {name}")
    found: list[Finding] = []
    for number in range(1, steps + 1):
        again = chance.randint(1, steps - number + 3)  # what is left to do, and a little of what is repeated
        sentences = await runs.killed_at(number, again=again)
        assert sentences is not None, f"nothing was killed at step {number}"
        if sentences:
            found.append(Finding(number, sentences, again))
    assert found == []
