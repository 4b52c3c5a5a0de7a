"""Whom chaos hits, and when: from the seed alone, and everybody in turn."""

from __future__ import annotations

from collections import Counter

import pytest

from supportcarr_lab.demo.fault_injection import REDIS, Fault, inject, plan_faults

ROLES = {"sandbox": 1, "worker": 1, "realtime": 1, "api": 2}


def drawn(seed: int = 1, *, kills: int = 30, wipes: int = 2, seconds: float = 720) -> list[Fault]:
    return plan_faults(seed, seconds=seconds, kills=kills, wipes=wipes, roles=ROLES)


def test_a_seed_gives_the_same_blows_again_and_another_gives_others() -> None:
    assert drawn(7) == drawn(7)
    assert [blow.target for blow in drawn(7)] != [blow.target for blow in drawn(8)]


@pytest.mark.parametrize("seed", range(20))
def test_every_role_is_hit_as_often_as_any_other(seed: int) -> None:
    hit = Counter(blow.target for blow in drawn(seed))
    assert hit.pop(REDIS) == 2
    assert hit.keys() == ROLES.keys()
    assert max(hit.values()) - min(hit.values()) <= 1
    assert hit.total() == 30


def test_three_kills_hit_three_roles() -> None:
    assert len({blow.target for blow in drawn(kills=3, wipes=0)}) == 3


def test_each_process_of_a_role_has_its_turn() -> None:
    api = Counter(blow.number for blow in drawn() if blow.target == "api")
    assert api.keys() == {0, 1}
    assert abs(api[0] - api[1]) <= 1


def test_blows_are_spread_over_the_whole_time() -> None:
    blows = drawn()
    assert [blow.at for blow in blows] == sorted(blow.at for blow in blows)
    turn = 720 / len(blows)
    for i, blow in enumerate(blows):
        assert i * turn < blow.at < (i + 1) * turn


def test_nothing_asked_for_is_nothing_dealt() -> None:
    assert drawn(kills=0, wipes=0) == []
    assert [blow.target for blow in drawn(kills=0, wipes=1)] == [REDIS]


async def test_who_is_being_started_again_dies_as_soon_as_it_runs() -> None:
    dealt: list[str] = []
    down = ["worker", "worker"]

    def kill(role: str, number: int) -> bool:
        if role in down:
            down.remove(role)
            return False
        dealt.append(f"{role} {number}")
        return True

    blows = [Fault(0.0, "api", 1), Fault(0.0, "worker"), Fault(0.0, REDIS)]
    await inject(blows, kill, lambda: dealt.append("wipe"))
    assert dealt == ["api 1", "worker 0", "wipe"]
    assert down == []
