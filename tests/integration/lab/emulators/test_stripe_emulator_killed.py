"""The emulator's data survives ``kill -9`` of its process."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from support.payments.world import API_KEY, Emulator, gateway_to, until_answering
from support.ports import free_port

SCRIPT = """
import sys
from pathlib import Path
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import run, serve
from supportcarr_lab.emulators.app import create_app
app = create_app(data=Path(sys.argv[1]), api_key=sys.argv[2], webhook_secret="whsec", webhook_url=None)
run(serve(app, "127.0.0.1", int(sys.argv[3]), 1.0, lifecycle=Lifecycle()))
"""


@asynccontextmanager
async def emulator_process(folder: Path) -> AsyncIterator[Emulator]:
    """An emulator in a process of its own, which is killed at the end."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, str(folder), API_KEY, str(port)
    )
    base = f"http://127.0.0.1:{port}"
    try:
        await until_answering(base, lambda: process.returncode is not None)
        async with aiohttp.ClientSession() as session:
            yield Emulator(base, session)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def test_answered_requests_survive_a_kill(tmp_path: Path) -> None:
    async with emulator_process(tmp_path) as emulator, gateway_to(emulator) as gateway:
        customer = await gateway.create_customer("usr_1", key="c")
        card = await gateway.attach("pm_card_visa", customer)
        made = await gateway.hold(
            key="h1",
            amount_minor=2500,
            currency="CAD",
            customer=customer,
            method=card.id,
            payment_id="pay_1",
            rescue_id="res_1",
        )
    async with emulator_process(tmp_path) as emulator, gateway_to(emulator) as gateway:
        assert await gateway.create_customer("usr_1", key="c") == customer
        assert (await gateway.retrieve(made.id)).status == "requires_capture"
        captured = await gateway.capture(made.id, 2500, key="c1")
        assert captured.received_minor == 2500
    async with emulator_process(tmp_path) as emulator:
        [line] = await emulator.intents()
        assert (line["id"], line["status"], line["captured_minor"]) == (made.id, "succeeded", 2500)
