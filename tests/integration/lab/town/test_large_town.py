"""A town of a quarter of its full size, and a smaller one on MongoDB."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from supportcarr.bootstrap.audit_commands import run_verify
from supportcarr.bootstrap.checks import run_check
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.drivers.collections import DRIVER_DOCUMENTS, PROFILES
from supportcarr.files.collections import FILES
from supportcarr.kit.runtime.clock import Clock
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.rescues.collections import PHOTOS, RESCUES
from supportcarr.riders.collections import BIKES, RIDERS
from supportcarr_lab.town.command import run
from supportcarr_lab.town.options import TownOptions
from supportcarr_lab.town.town import BOOKINGS_AHEAD
from supportcarr_lab.verification import invariants
from supportcarr_lab.verification.store_source import StoreRecordSource

QUARTER = TownOptions(until=date(2026, 3, 11), drivers=250, rescues=12_500, seed=3)
# mongo-java-server scans a sharded collection for each document that is written to it.
SMALLER = replace(QUARTER, drivers=100, rescues=2_500)

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("engine", "options"), [("sqlite", QUARTER), ("mongodb", SMALLER)])
def test_a_large_town_adds_up(
    tmp_path: Path, engine: str, options: TownOptions, request: pytest.FixtureRequest
) -> None:
    given = {"SUPPORTCARR_DATA": str(tmp_path)}
    if engine == "mongodb":
        given["SUPPORTCARR_STORE_URL"] = request.getfixturevalue("mongodb")
    settings = load_settings(given, dotenv=None)
    run(settings, options)
    run_check(settings, apply=True)  # on MongoDB it builds indexes
    assert [finding for finding in run_check(settings, apply=False) if not finding.harmless] == []
    verified = run_verify(settings, None)
    assert verified.problems == ()
    assert verified.records > 6 * options.drivers, "the application and five documents of most drivers"
    asyncio.run(_counts(settings, options))


async def _counts(settings: Settings, options: TownOptions) -> None:
    store = store_of(settings)
    await store.open()
    try:

        async def count(spec: Any) -> int:
            return await store.collection(spec).count()

        assert await count(PROFILES) == options.drivers
        assert await count(RIDERS) == options.riders
        rescues = await count(RESCUES)
        assert 0.99 * options.rescues < rescues <= options.rescues + BOOKINGS_AHEAD
        documents, photos = await count(DRIVER_DOCUMENTS), await count(PHOTOS)
        assert documents > 4.8 * options.drivers
        assert photos > 0.03 * rescues
        assert documents + photos + 0.1 * await count(BIKES) < await count(FILES)
        ledger = await LedgerService(store, Clock()).check()
        assert (ledger.sum_minor, ledger.unbalanced) == (0, ())
        assert ledger.transactions > 0.7 * rescues
        source = StoreRecordSource(store, "")
        found = await source.rescues()
        assert invariants.legal_transitions(found) == []
        assert invariants.one_job_per_driver(found) == []
        assert invariants.one_live_per_rider(found) == []
    finally:
        await store.close()
