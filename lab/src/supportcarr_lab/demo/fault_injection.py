"""Fault injection: kills of processes and wipes of Redis, planned from a seed before the run starts."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

REDIS = "redis"  # the target of a wipe
_MARGIN = 0.2  # part of a fault's time slot kept free at each end, so that no two faults coincide
_RETRY_S = 0.05  # between two attempts to kill a process that is not running


@dataclass(frozen=True, slots=True)
class Fault:
    """*at* seconds (wall time) after the start, process *number* of the role *target* is killed.

    If *target* is ``REDIS``, Redis is wiped.
    """

    at: float
    target: str
    number: int = 0


def plan_faults(
    seed: int, *, seconds: float, kills: int, wipes: int, roles: Mapping[str, int]
) -> list[Fault]:
    """Plan that many kills and wipes over *seconds*, in order of time.

    *roles* maps each role to its number of processes.  Kills go round the roles in random order: every
    role is hit once before any is hit again, and so are the processes within a role.  A role with many
    processes is not hit more often than others, because what matters is the unfinished work that a
    process of this role leaves behind.
    """
    rng = Random(f"chaos:{seed}")  # noqa: S311 - not used for secrets
    targets = list(itertools.islice(_rounds(rng, roles), kills)) if roles else []
    for _ in range(wipes):
        targets.insert(rng.randint(0, len(targets)), (REDIS, 0))
    slot_s = seconds / max(1, len(targets))
    return [
        Fault((i + rng.uniform(_MARGIN, 1 - _MARGIN)) * slot_s, target, number)
        for i, (target, number) in enumerate(targets)
    ]


def _rounds(rng: Random, roles: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield (role, number of its process) without end."""
    names = sorted(roles)
    for turn in itertools.count():
        for name in rng.sample(names, len(names)):
            yield name, turn % roles[name]


async def inject(faults: list[Fault], kill: Callable[[str, int], bool], wipe: Callable[[], None]) -> None:
    """Inject each fault at its time.

    *kill* returns False if the process is not running, because an earlier kill has not been followed by
    a restart yet.  The kill is then repeated until the process runs.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    for fault in faults:
        await asyncio.sleep(start + fault.at - loop.time())
        if fault.target == REDIS:
            wipe()
            continue
        while not kill(fault.target, fault.number):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(_RETRY_S)
