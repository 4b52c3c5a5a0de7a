"""The emulator's sender of webhooks stops when asked to, even at the moment when new work arrives."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from supportcarr_lab.emulators.stripe.database import EmulatorDatabase
from supportcarr_lab.emulators.stripe.webhooks import WebhookSender


@pytest.mark.parametrize("turns", range(6))
async def test_the_sender_stops_even_if_it_is_woken_at_that_moment(tmp_path: Path, turns: int) -> None:
    database = EmulatorDatabase(tmp_path / "database.sqlite3")
    database.schedule_delivery({"id": "evt_later", "type": "charge.succeeded"}, time.time() + 3600)
    sender = WebhookSender(database, url="http://127.0.0.1:1/", secret="whsec_test")
    sender.start()
    for _ in range(20):  # until it waits to be woken, or for the hour to pass
        await asyncio.sleep(0)
    sender.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    stopping = asyncio.create_task(sender.stop())
    ended, _ = await asyncio.wait({stopping}, timeout=30)
    stopping.cancel()
    assert ended
    database.close()
