"""The blows that chaos deals: drawn from the seed beforehand, so that timing decides nothing about them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

REDIS = "redis"  # the target of a wipe
_MARGIN = 0.2  # part of its turn before and after a blow, so that no two fall together
_LOOK_S = 0.05  # how often a process that is not running just now is looked for


@dataclass(frozen=True, slots=True)
class Fault:
    """*at* wall seconds from the start the *number*-th process of the role *target* (or Redis) dies."""

    at: float
    target: str
    number: int = 0


def plan_faults(
    seed: int, *, seconds: float, kills: int, wipes: int, roles: Mapping[str, int]
) -> list[Fault]:
    """That many kills and wipes over the time, in order; *roles* has the number of each role's processes.

    Kills go round: every role once, in an order of its own, before any role a second time, and so
    with the processes of a role.  A role with many processes is not hit more often than others:
    what chaos looks for is what a role leaves half-done.
    """
    chance = Random(f"chaos:{seed}")  # noqa: S311 - no secret
    targets = list(itertools.islice(_rounds(chance, roles), kills)) if roles else []
    for _ in range(wipes):
        targets.insert(chance.randint(0, len(targets)), (REDIS, 0))
    turn = seconds / max(1, len(targets))
    return [
        Fault((i + chance.uniform(_MARGIN, 1 - _MARGIN)) * turn, target, number)
        for i, (target, number) in enumerate(targets)
    ]


def _rounds(chance: Random, roles: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """(role, number of its process), for ever."""
    names = sorted(roles)
    for turn in itertools.count():
        for name in chance.sample(names, len(names)):
            yield name, turn % roles[name]


async def inject(blows: list[Fault], kill: Callable[[str, int], bool], wipe: Callable[[], None]) -> None:
    """Each at its time; whoever is being started again when its turn comes dies as soon as it runs.

    *kill* answers False when that process does not run.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    for blow in blows:
        await asyncio.sleep(start + blow.at - loop.time())
        if blow.target == REDIS:
            wipe()
            continue
        while not kill(blow.target, blow.number):  # noqa: ASYNC110 - the kernel tells no event of ours
            await asyncio.sleep(_LOOK_S)
