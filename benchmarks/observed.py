"""What metrics, logs, traces and error reports cost together.  Writes ``benchmarks/results/observed.json``.

``python benchmarks/observed.py [--seconds S] [--pairs N]``: the CPU of a request of the mix, and of
``GET /me``, with all of them (metrics counted and scraped, an access line for each request, 1 % of requests
traced to a receiver of OpenTelemetry's protocol, Sentry's DSN set) and without any.  Both servers run at once
and are asked the same at the same even rate, so that what else the machine does strikes both alike.  The
receiver runs in the process that measures: its CPU is not that of the servers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import statistics
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from rig import cpu, scenarios
from rig.city import build
from rig.load import SETTLE_S, need_wrk
from rig.measure import RESULTS, machine, scratch
from rig.paced import figures_of, output, start, wrk
from rig.pairs import BASE, OURS, order, others_of, paired_ratio
from rig.ratios import Bar
from rig.seed import seed_again, seed_ours, tokens_of
from rig.servers import Ours

from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.runtime.settings import PREFIX

UNOBSERVED = (sys.executable, str(Path(__file__).parent / "rig" / "unobserved_api.py"))
SCENARIOS = ("mix", "me")
BAR = Bar("at most", 1.1)  # CPU of the mix, beside none of it
RATE = 500  # requests a second to each server
CONNECTIONS = 64
WARM_UP_S = 4.0
SCRAPE_EVERY_S = 15.0  # as deploy/prometheus does
LEAST_SUCCEEDED = 0.999


class Received:
    """What the receiver was sent."""

    def __init__(self) -> None:
        self.traces = self.reports = 0


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[int, Received]]:
    """A server that takes spans and envelopes and forgets them; its port."""
    received = Received()

    async def traces(request: web.Request) -> web.Response:
        received.traces += 1
        await request.read()
        return web.Response()

    async def reports(request: web.Request) -> web.Response:
        received.reports += 1
        await request.read()
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/v1/traces", traces)
    app.router.add_post("/api/1/envelope/", reports)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield port, received
    finally:
        await runner.cleanup()


async def scrape(ports: list[int]) -> None:
    """Read the metrics of each process, as Prometheus does, until cancelled."""
    async with aiohttp.ClientSession() as http:
        while True:
            for port in ports:
                with suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                        await answer.read()
            await asyncio.sleep(SCRAPE_EVERY_S)


def servers_in(folder: Path, port: int) -> dict[str, Ours]:
    """The API with all of it, and with none."""
    observed = Ours(
        folder / OURS,
        settings={
            f"{PREFIX}METRICS_PORT": str(free_port()),
            f"{PREFIX}LOG_LEVEL": "info",
            f"{PREFIX}TRACING_ENDPOINT": f"http://127.0.0.1:{port}/v1/traces",
            f"{PREFIX}TRACING_SAMPLE_RATIO": "0.01",
            f"{PREFIX}SENTRY_DSN": f"http://key@127.0.0.1:{port}/1",
        },
    )
    bare = Ours(
        folder / BASE, secrets=observed.folder, program=UNOBSERVED, settings={f"{PREFIX}LOG_LEVEL": "error"}
    )
    observed.key, observed.name = OURS, "metrics, logs, traces and reports"
    bare.key, bare.name = BASE, "none of them"
    return {OURS: observed, BASE: bare}


async def measure(folder: Path, pairs: int, seconds: float, rate: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with AsyncExitStack() as closing:
        port, received = await closing.enter_async_context(receiving())
        servers = servers_in(folder, port)
        city = await seed_ours(servers[OURS].settings, build)
        await seed_again(servers[BASE].settings, city, servers[OURS].settings)
        for server in servers.values():
            closing.push_async_callback(server.stop)
            await server.start()
        first = servers[OURS].settings.servers.metrics_port
        scraping = asyncio.create_task(scrape([first, first + 1]))
        closing.callback(scraping.cancel)
        offset = await servers[OURS].city_offset_seconds()
        for scenario in SCENARIOS:
            file = folder / f"{scenario}.requests"
            made = scenarios.requests_of(scenario, city)
            scenarios.write(file, made, city, tokens_of(servers[OURS].settings.auth, city))
            load = Load(file, str(math.floor(offset)), rate)
            found[scenario] = await of_scenario(load, servers, scenario, pairs, seconds)
        found["received"] = {"trace_batches": received.traces, "report_envelopes": received.reports}
    return found


class Load:
    """The same requests at the same rate to both servers at once: they share each moment of the machine."""

    def __init__(self, file: Path, offset: str, rate: int) -> None:
        self._file, self._offset, self._rate = file, offset, rate

    async def run(self, servers: Mapping[str, Ours], first: str, seconds: float) -> dict[str, dict[str, Any]]:
        """The figures of each server; CPU is that of its processes, in microseconds per request."""
        names = sorted(servers, key=lambda key: key != first)
        pids = {key: servers[key].pids() for key in names}
        with cpu.Others() as others:
            before = {key: cpu.of_all(pids[key]) for key in names}
            running = {
                key: await start(
                    wrk(
                        "paced.lua",
                        servers[key],
                        self._file,
                        CONNECTIONS,
                        seconds,
                        self._offset,
                        str(self._rate),
                    )
                )
                for key in names
            }
            told = dict(
                zip(names, await asyncio.gather(*(output(running[key]) for key in names)), strict=True)
            )
            await asyncio.sleep(SETTLE_S)
            after = {key: cpu.of_all(pids[key]) for key in names}
            used = {key: sum(after[key].values()) - sum(before[key].values()) for key in names}
        spare = sum(used.values()) / (seconds + SETTLE_S) / (os.cpu_count() or 1)
        figures = {}
        for key in names:
            said = figures_of(told[key])
            answered = max(1, said["requests"])
            failed = said["refused"] + said["broken"] + said["timeouts"]
            figures[key] = {
                "requests": answered,
                "cpu_us": used[key] / answered * 1e6,
                "succeeded": 1 - failed / answered,
                "others": max(0.0, others.share - spare),
            }
        return figures


async def of_scenario(
    load: Load, servers: Mapping[str, Ours], scenario: str, pairs: int, seconds: float
) -> dict[str, Any]:
    """The medians of both servers, and the ratio of their CPU."""
    await load.run(servers, OURS, WARM_UP_S)
    runs: dict[str, list[dict[str, Any]]] = {OURS: [], BASE: []}
    for first, _ in order(pairs):
        figures = await load.run(servers, first, seconds)
        for key, of_run in figures.items():
            runs[key].append(of_run)
        observed, bare = figures[OURS]["cpu_us"], figures[BASE]["cpu_us"]
        print(f"  {scenario:<6}{observed:>8.1f} µs  {bare:>8.1f} µs  {observed / bare:.3f}", flush=True)
    ratio = paired_ratio(
        "observed",
        "cpu_us",
        [run["cpu_us"] for run in runs[OURS]],
        [run["cpu_us"] for run in runs[BASE]],
    )
    return {
        "with": median(runs[OURS]),
        "without": median(runs[BASE]),
        "ratio": ratio.value,
        "error": ratio.error,
        "pairs": pairs,
        "others": round(others_of(runs), 3),
        "met": BAR.met(ratio.value) if scenario == "mix" else None,
    }


def median(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "cpu_us": round(statistics.median(run["cpu_us"] for run in runs), 1),
        "succeeded": round(min(run["succeeded"] for run in runs), 5),
        "runs": list(runs),
    }


def problems_of(found: Mapping[str, Any]) -> list[str]:
    """Why the figures are not what they should be."""
    told = []
    for scenario in SCENARIOS:
        of = found[scenario]
        if min(of["with"]["succeeded"], of["without"]["succeeded"]) < LEAST_SUCCEEDED:
            told.append(f"{scenario}: requests failed, so its figures cannot be compared.")
        if of["met"] is False:
            told.append(f"{scenario}: {of['ratio']:g} times the CPU, and the bar is {BAR.limit:g}.")
    if not found["received"]["trace_batches"]:
        told.append("No trace arrived, so they were not measured.")
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one run")
    parser.add_argument("--pairs", type=int, default=8, help="runs of each scenario")
    parser.add_argument("--rate", type=int, default=RATE, help="requests a second to each server")
    options = parser.parse_args()
    need_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    told = machine()
    with scratch() as folder:
        found = asyncio.run(measure(folder, options.pairs, options.seconds, options.rate))
    for scenario in SCENARIOS:
        of = found[scenario]
        print(
            f"{scenario:<6}{of['with']['cpu_us']:>8.1f} µs with, {of['without']['cpu_us']:>8.1f} µs without: "
            f"{of['ratio']:.3f} ± {of['error'] or 0:.3f} (others used {of['others']:.0%} of the machine)"
        )
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": told, "seconds": options.seconds, "rate": options.rate, **found}
    (RESULTS / "observed.json").write_text(json.dumps(report, indent=2) + "\n")
    failed = problems_of(found)
    for sentence in failed:
        print(sentence, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
