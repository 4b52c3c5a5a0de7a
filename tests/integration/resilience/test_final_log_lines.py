"""A process that is terminated writes all its log lines before it ends."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import aiohttp
import pytest

from support.http.server import new_address, new_phone
from support.platform.fleet import Fleet
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

CLIENTS = 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_every_response_is_in_the_log_after_the_process_ended(
    tmp_path: Path, own_redis_server: EmbeddedRedis, number: signal.Signals
) -> None:
    async with Fleet(tmp_path, own_redis_server) as fleet:
        api = await fleet.start("api", DRAIN_SECONDS="60")
        token = await fleet.sign_up(api, new_phone())
        answered: set[str] = set()
        enough = asyncio.Event()

        async def ask_on(address: str) -> None:
            """Send requests until the process has ended."""
            headers = {"authorization": f"Bearer {token}", "x-forwarded-for": address}
            while True:
                try:
                    async with fleet.session.get(f"{api.url}/api/v1/me", headers=headers) as answer:
                        await answer.read()
                except aiohttp.ClientError:
                    return
                assert answer.status == 200
                answered.add(answer.headers["x-request-id"])
                if len(answered) > 500:
                    enough.set()

        asking = [asyncio.create_task(ask_on(new_address())) for _ in range(CLIENTS)]
        await enough.wait()
        api.process.send_signal(number)
        await asyncio.gather(*asking)
        assert await api.process.wait() == 0
        lines = [json.loads(line) for line in api.log.read_text().splitlines()]
    written = [line["request_id"] for line in lines if line["event"] == "request"]
    assert answered <= set(written)
    assert len(written) == len(set(written))
    assert [line for line in lines if line["level"] in ("warning", "error")] == []
