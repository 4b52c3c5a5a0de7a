"""The emulator's sender of webhooks ends when it is told to, whatever happens at that moment."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from supportcarr_lab.emulators.stripe.database import EmulatorDatabase
from supportcarr_lab.emulators.stripe.webhooks import WebhookSender


@pytest.mark.parametrize("turns", range(6))
async def test_it_ends_though_there_is_news_at_that_very_moment(tmp_path: Path, turns: int) -> None:
    books = EmulatorDatabase(tmp_path / "books.sqlite3")
    books.schedule_delivery({"id": "evt_later", "type": "charge.succeeded"}, time.time() + 3600)
    sender = WebhookSender(books, url="http://127.0.0.1:1/", secret="whsec_test")
    sender.start()
    for _ in range(20):  # until it waits for news, or for the hour to pass
        await asyncio.sleep(0)
    sender.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    stopping = asyncio.create_task(sender.stop())
    ended, _ = await asyncio.wait({stopping}, timeout=2)
    stopping.cancel()
    assert ended
    books.close()
