"""The process that runs the simulated city (``supportcarr simulator``)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from supportcarr.bootstrap.operators import write_private
from supportcarr.bootstrap.platform import stop_on_signals
from supportcarr.kit.http.server import run as run_loop
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import LogSettings
from supportcarr.kit.runtime.process import set_title
from supportcarr_lab.simulator.accounts import Accounts
from supportcarr_lab.simulator.city import run_city
from supportcarr_lab.simulator.context import CityOptions
from supportcarr_lab.simulator.progress import Progress


def run_simulator(file: Path) -> int:
    """Run the city that *file* describes, and write progress to standard output as lines of JSON."""
    set_title("simulator")
    logs.configure(LogSettings())
    content = json.loads(file.read_bytes())
    options = msgspec.convert(content["city"], CityOptions, dec_hook=lambda kind, value: kind(value))
    if content["accounts"]:
        accounts = Accounts(options.data)
        riders = [accounts.account("rider", i) for i in range(options.riders)]
        drivers = [accounts.account("driver", i) for i in range(options.drivers)]
        people = {
            name: [{"phone": account.phone, "password": account.password} for account in group]
            for name, group in (("riders", riders), ("drivers", drivers))
        }
        write_private(Path(content["accounts"]["file"]), content["accounts"]["content"] | people)

    def write_progress(progress: Progress) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(progress) + b"\n")
        sys.stdout.buffer.flush()

    async def main() -> None:
        outcome = await run_city(options, write_progress, stop_on_signals())
        outcome.write(Path(content["outcome"]))

    run_loop(main())
    return 0
