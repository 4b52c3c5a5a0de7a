"""Claims on riders by several processes at once: one rescue has a rider, and two reconcilers do no harm."""

from __future__ import annotations

import asyncio
import time

import pytest

from support.processes.python_process import python
from support.rescues.riders import live_rescue
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.riders.collections import RIDERS
from supportcarr.riders.service import CLAIM_DURATION, RiderService

CLAIMS = 60

pytestmark = pytest.mark.processes


async def run_concurrently(store: SqliteStore, *each: list[str]) -> list[str]:
    """The output of one process per list of arguments; they run concurrently."""

    async def run(arguments: list[str]) -> str:
        async with python("support.processes.rider_child", str(store.path), *arguments) as child:
            output, _ = await child.communicate()
            assert child.returncode == 0
            return output.decode()

    return list(await asyncio.gather(*map(run, each)))


@pytest.fixture
def earlier(store: SqliteStore) -> RiderService:
    """Makes claims so long ago that their deadlines are past."""
    past = CLAIM_DURATION.total_seconds() + 1
    return RiderService(store, Clock(wall=lambda: time.time() - past))


async def test_one_of_many_rescues_claims_the_rider(store: SqliteStore, earlier: RiderService) -> None:
    rescues = [[f"res_{n}_{i}" for i in range(10)] for n in range(2)]
    outputs = await run_concurrently(store, *(["claim", "usr_1", *mine] for mine in rescues))
    winners = "".join(outputs).split()
    assert winners == [await live_rescue(store, "usr_1")]


async def test_two_concurrent_reconcilers_release_only_orphaned_claims(
    store: SqliteStore, earlier: RiderService
) -> None:
    for n in range(CLAIMS):
        await earlier.claim(f"usr_{n}", f"res_{n}")
    living = [f"res_{n}" for n in range(0, CLAIMS, 2)]
    outputs = await run_concurrently(store, ["reconcile", *living], ["reconcile", *living])
    assert sum(map(int, outputs)) >= CLAIMS
    for n in range(CLAIMS):
        rider = await store.collection(RIDERS).get(f"usr_{n}")
        assert rider is not None
        assert rider.claim_until is None
        assert await live_rescue(store, f"usr_{n}") == (f"res_{n}" if n % 2 == 0 else None)


async def test_claim_that_cannot_be_reviewed_does_not_block_others(
    store: SqliteStore, earlier: RiderService
) -> None:
    class Unreadable:
        """One of the rescues cannot be read."""

        async def rescue_is_live(self, rescue_id: str) -> bool:
            if rescue_id == "res_0":
                raise ValueError("this document cannot be read")
            return False

    for n in range(3):
        await earlier.claim(f"usr_{n}", f"res_{n}")
    await RiderService(store, Clock()).reconcile(Unreadable())
    assert [await live_rescue(store, f"usr_{n}") for n in range(3)] == ["res_0", None, None]
