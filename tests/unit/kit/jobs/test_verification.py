"""What is stored is verified pass by pass, in bounded steps that any worker takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from supportcarr.kit.jobs.verification import (
    DOCUMENTS,
    PAUSE,
    PROBLEMS_KEPT,
    Step,
    Verifications,
    VerificationState,
)
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store

pytestmark = pytest.mark.usefixtures("logs")


class Numbers:
    """A verifier of some numbers, of which some are wrong."""

    def __init__(self, count: int, wrong: Iterable[int] = ()) -> None:
        self.count, self.wrong = count, set(wrong)
        self.steps: list[tuple[str | None, int]] = []

    async def step(self, cursor: str | None, limit: int) -> Step:
        self.steps.append((cursor, limit))
        first = int(cursor or 0)
        last = min(first + limit, self.count)
        problems = tuple(f"{n} is wrong." for n in sorted(self.wrong) if first <= n < last)
        return Step(None if last == self.count else str(last), last - first, problems)


class Wall:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def passes(self, by: timedelta) -> None:
        self.now += by.total_seconds()


class World:
    """One store with the verifications of two workers."""

    def __init__(self, store: Store, numbers: Numbers) -> None:
        self.wall = Wall()
        clock = Clock(wall=self.wall)
        self.numbers = numbers
        self.one, self.other = (Verifications(store, clock, {"numbers": numbers}) for _ in range(2))

    async def state(self) -> VerificationState:
        return (await self.other.states())["numbers"]


async def test_a_pass_goes_on_where_another_worker_left_it(service_store: Store) -> None:
    world = World(service_store, Numbers(2 * DOCUMENTS + 1))
    for worker in (world.one, world.other, world.one):
        assert (await world.state()).completed_at is None
        await worker.step("numbers")
    assert world.numbers.steps == [(None, DOCUMENTS), ("1000", DOCUMENTS), ("2000", DOCUMENTS)]
    state = await world.state()
    assert (state.completed_checked, state.findings, state.cursor) == (2 * DOCUMENTS + 1, 0, None)
    assert state.completed_at is not None and state.completed_at.timestamp() == world.wall.now


async def test_the_next_pass_begins_after_a_pause(service_store: Store) -> None:
    world = World(service_store, Numbers(3))
    await world.one.step("numbers")
    world.wall.passes(PAUSE - timedelta(seconds=1))
    await world.one.step("numbers")
    assert len(world.numbers.steps) == 1
    world.wall.passes(timedelta(seconds=1))
    await world.other.step("numbers")
    assert world.numbers.steps == [(None, DOCUMENTS)] * 2


async def test_a_problem_is_known_at_once_and_until_a_whole_pass_found_none(service_store: Store) -> None:
    world = World(service_store, Numbers(DOCUMENTS + 1, {1, 2}))
    await world.one.step("numbers")
    assert (await world.state()).findings == 2
    await world.one.step("numbers")
    world.numbers.wrong.clear()
    world.wall.passes(PAUSE)
    await world.one.step("numbers")
    state = await world.state()
    assert (state.findings, state.problems) == (2, ("1 is wrong.", "2 is wrong."))
    await world.one.step("numbers")
    state = await world.state()
    assert (state.findings, state.problems) == (0, ())


async def test_another_problem_replaces_the_sentences_of_the_pass_before(service_store: Store) -> None:
    world = World(service_store, Numbers(3, {1}))
    await world.one.step("numbers")
    world.numbers.wrong = {2}
    world.wall.passes(PAUSE)
    await world.one.step("numbers")
    state = await world.state()
    assert (state.findings, state.problems) == (1, ("2 is wrong.",))


async def test_all_problems_are_counted_and_some_are_kept(service_store: Store) -> None:
    world = World(service_store, Numbers(100, set(range(50))))
    await world.one.step("numbers")
    state = await world.state()
    assert (state.findings, len(state.problems)) == (50, PROBLEMS_KEPT)


async def test_of_two_workers_that_take_the_same_step_one_is_counted(service_store: Store) -> None:
    world = World(service_store, Numbers(10, {3}))

    class Slow(Numbers):
        async def step(self, cursor: str | None, limit: int) -> Step:
            if not self.steps:
                self.steps.append((cursor, limit))
                await world.other.step("numbers")
            return await super().step(cursor, limit)

    slow = Slow(10, {3})
    world.one._verifiers = {"numbers": slow}
    world.other._verifiers = {"numbers": slow}
    await world.one.step("numbers")
    state = await world.state()
    assert (state.findings, state.completed_checked, state.version) == (1, 10, 1)
