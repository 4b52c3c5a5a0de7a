"""The plan of injected faults: determined by the seed, spread over roles and time."""

from __future__ import annotations

from collections import Counter

import pytest

from supportcarr_lab.demo.fault_injection import REDIS, Fault, inject, plan_faults

ROLES = {"sandbox": 1, "worker": 1, "realtime": 1, "api": 2}


def planned(seed: int = 1, *, kills: int = 30, wipes: int = 2, seconds: float = 720) -> list[Fault]:
    return plan_faults(seed, seconds=seconds, kills=kills, wipes=wipes, roles=ROLES)


def test_faults_depend_on_the_seed_alone() -> None:
    assert planned(7) == planned(7)
    assert [fault.target for fault in planned(7)] != [fault.target for fault in planned(8)]


@pytest.mark.parametrize("seed", range(20))
def test_every_role_is_hit_as_often_as_any_other(seed: int) -> None:
    hit = Counter(fault.target for fault in planned(seed))
    assert hit.pop(REDIS) == 2
    assert hit.keys() == ROLES.keys()
    assert max(hit.values()) - min(hit.values()) <= 1
    assert hit.total() == 30


def test_three_kills_hit_three_roles() -> None:
    assert len({fault.target for fault in planned(kills=3, wipes=0)}) == 3


def test_the_processes_of_a_role_are_hit_in_turn() -> None:
    api = Counter(fault.number for fault in planned() if fault.target == "api")
    assert api.keys() == {0, 1}
    assert abs(api[0] - api[1]) <= 1


def test_faults_are_spread_over_the_whole_run() -> None:
    faults = planned()
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    turn = 720 / len(faults)
    for i, fault in enumerate(faults):
        assert i * turn < fault.at < (i + 1) * turn


def test_without_kills_and_wipes_no_fault_is_planned() -> None:
    assert planned(kills=0, wipes=0) == []
    assert [fault.target for fault in planned(kills=0, wipes=1)] == [REDIS]


async def test_a_process_that_is_restarting_is_killed_as_soon_as_it_runs() -> None:
    injected: list[str] = []
    down = ["worker", "worker"]

    def kill(role: str, number: int) -> bool:
        if role in down:
            down.remove(role)
            return False
        injected.append(f"{role} {number}")
        return True

    faults = [Fault(0.0, "api", 1), Fault(0.0, "worker"), Fault(0.0, REDIS)]
    await inject(faults, kill, lambda: injected.append("wipe"))
    assert injected == ["api 1", "worker 0", "wipe"]
    assert down == []
