"""Pending work in the store: claims for rescues that are over, stale rows of the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from support.rescues.builders import NOW, RESCUE_ID, rescue_in
from supportcarr.dispatch.collections import ROSTER
from supportcarr.dispatch.roster import JobClaim, OfferClaim, RosterEntry
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.operations.model import OpsRescue
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.rescues.collections import RESCUES
from supportcarr.riders.collections import RIDERS
from supportcarr.riders.model import LiveRescue, RiderProfile
from supportcarr.tracking.collections import CURRENT_JOBS
from supportcarr.tracking.model import CurrentJob
from supportcarr_lab.verification.records import PendingWork
from supportcarr_lab.verification.store_source import StoreRecordSource

ROW = OpsRescue(
    id=RESCUE_ID,
    area_id="montreal",
    rider_id="usr_rider",
    status="completed",
    requested_at=NOW,
    driver_id="usr_driver",
)
SOON = NOW + timedelta(seconds=15)
JOB = JobClaim(rescue_id=RESCUE_ID, entry=1, offer_id="off_1", area_id="montreal", confirmed=True, until=SOON)
CLAIMS: dict[str, Callable[[SqliteStore], Any]] = {
    "a rider's": lambda store: store.collection(RIDERS).insert(
        RiderProfile(id="usr_rider", live_rescue=LiveRescue(RESCUE_ID))
    ),
    "a driver's": lambda store: store.collection(ROSTER).insert(RosterEntry(id="usr_driver", job=JOB)),
    "a live job": lambda store: store.collection(CURRENT_JOBS).insert(
        CurrentJob(
            id="usr_driver",
            rescue_id=RESCUE_ID,
            rescue_version=5,
            rider_id="usr_rider",
            area_id="montreal",
            since=NOW,
        )
    ),
}


async def pending_work(store: SqliteStore) -> PendingWork:
    return await StoreRecordSource(store, "http://nobody").pending_work()


async def test_a_finished_city_has_no_pending_work(store: SqliteStore) -> None:
    await store.collection(RESCUES).insert(rescue_in("completed"))
    await store.collection(OPS_RESCUES).insert(ROW)
    await store.collection(RIDERS).insert(RiderProfile(id="usr_rider"))
    await store.collection(ROSTER).insert(RosterEntry(id="usr_driver"))
    assert (await pending_work(store)).is_empty


@pytest.mark.parametrize("whose", CLAIMS)
async def test_a_claim_for_a_rescue_that_is_over_is_pending_work(store: SqliteStore, whose: str) -> None:
    await store.collection(RESCUES).insert(rescue_in("completed"))
    await store.collection(OPS_RESCUES).insert(ROW)
    await CLAIMS[whose](store)
    assert await pending_work(store) == PendingWork(outbox=0, jobs=0, claims=1)


@pytest.mark.parametrize("whose", CLAIMS)
async def test_a_claim_for_a_live_rescue_is_not_pending_work(store: SqliteStore, whose: str) -> None:
    await store.collection(RESCUES).insert(rescue_in("en_route"))
    await store.collection(OPS_RESCUES).insert(replace(ROW, status="en_route"))
    await CLAIMS[whose](store)
    assert (await pending_work(store)).is_empty


async def test_a_claim_for_an_offer_is_pending_work(store: SqliteStore) -> None:
    await store.collection(ROSTER).insert(RosterEntry(id="usr_driver", offer=OfferClaim("off_1", SOON)))
    assert await pending_work(store) == PendingWork(outbox=0, jobs=0, claims=1)


STALE = {
    "status": replace(ROW, status="in_transit"),
    "driver": replace(ROW, driver_id=None),
    "money": replace(ROW, captured_minor=3140),
}


@pytest.mark.parametrize("what", [*STALE, "the row itself"])
async def test_an_outdated_row_of_the_console_is_stale(store: SqliteStore, what: str) -> None:
    await store.collection(RESCUES).insert(rescue_in("completed"))
    if what in STALE:
        await store.collection(OPS_RESCUES).insert(STALE[what])
    assert await pending_work(store) == PendingWork(outbox=0, jobs=0, stale_rows=1)
