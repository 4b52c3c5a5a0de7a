"""Latency from a commit to a connected client.  Writes ``benchmarks/results/realtime.json``.

``python benchmarks/realtime.py [--seconds S]``: messages of rescues are posted at an even rate, and
each arrives at two apps, the rider's and the driver's.  The API and real-time processes are those of
``supportcarr up``, each in a process of its own with a real Redis; the apps are python-socketio
clients in one more.  The time runs from when the commit has returned, taken by the process that
commits, to the app's callback; all read the machine's one monotonic clock.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from rig.city import City, build
from rig.cpu import Others
from rig.measure import RESULTS, machine, quantile, scratch
from rig.ratios import MAX_CPU_OF_OTHERS
from rig.seed import seed_ours, tokens_of
from rig.servers import PROCESSES, clean_environment, until_ready
from rig.tables import verdict

from supportcarr.bootstrap.settings import load_settings
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.supervisor.child_process import spawn_child, stop
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

RIG = Path(__file__).parent / "rig"
RESCUES = 40  # each with its rider and its driver connected
RATES = (50, 200)  # messages per second
BAR_RATE, BAR_MS = 50, 15.0  # p95 at 50 events per second
ARRIVAL_TIMEOUT_S = 3.0  # events that have not arrived by then, after the last message, are lost


class Edge:
    """The API and the real-time edge, with the city in their store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.realtime_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.realtime_url = f"http://127.0.0.1:{self.realtime_port}"
        self.environment = clean_environment() | {
            f"{PREFIX}DATA": str(folder),
            f"{PREFIX}PORT": str(self.port),
            f"{PREFIX}REALTIME_PORT": str(self.realtime_port),
            f"{PREFIX}PUBLIC_URL": self.url,
        }
        self.settings = load_settings(self.environment, dotenv=None)
        self.marks = [folder / f"commits-{number}" for number in range(PROCESSES)]
        self._processes: list[subprocess.Popen[bytes]] = []

    async def start(self, redis_url: str) -> None:
        environment = self.environment | {f"{PREFIX}REDIS_URL": redis_url}
        commands = [[sys.executable, str(RIG / "marked_api.py"), str(marks)] for marks in self.marks]
        commands.append([sys.executable, "-m", "supportcarr", "realtime"])
        for command in commands:
            log = self.folder / "supportcarr.log"
            self._processes.append(spawn_child(command, log=log, environment=environment))
        await until_ready(self.port, "/readyz", self.folder / "supportcarr.log")
        await until_ready(self.realtime_port, "/readyz", self.folder / "supportcarr.log")
        await asyncio.sleep(1.0)  # the port answers when the first API process is ready

    def stop(self) -> None:
        """End the processes; ``commits`` can be read then."""
        for process in self._processes:
            stop(process, 15)
        self._processes.clear()

    def commits(self) -> dict[str, float]:
        """Each document's id, and when it was first durable."""
        first: dict[str, float] = {}
        for marks in self.marks:
            for line in marks.read_text().splitlines():
                name, at = line.split()
                first[name] = min(float(at), first.get(name, float("inf")))
        return first


@asynccontextmanager
async def listening(edge: Edge, city: City, tokens: dict[str, str]) -> AsyncIterator[subprocess.Popen[str]]:
    """The apps, connected."""
    people = [person for rescue in city.rescues[:RESCUES] for person in (rescue.rider_id, rescue.driver_id)]
    apps = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(RIG / "listeners.py"), edge.realtime_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    try:
        assert apps.stdin is not None and apps.stdout is not None
        apps.stdin.write(
            json.dumps([(tokens[person], city.addresses[person]) for person in people if person])
        )
        apps.stdin.write("\n")
        apps.stdin.flush()
        line = await asyncio.to_thread(apps.stdout.readline)
        if line.strip() != "ready":
            raise SystemExit("The apps could not connect.")
        yield apps
    finally:
        apps.kill()
        apps.wait()


async def post(edge: Edge, city: City, tokens: dict[str, str], rate: int, seconds: float) -> dict[str, float]:
    """Send messages at an even rate, however long answers take; each message's id, and when it was sent."""
    people = itertools.cycle(
        [
            (rescue.id, person)
            for rescue in city.rescues[:RESCUES]
            for person in (rescue.rider_id, rescue.driver_id)
            if person
        ]
    )
    sent: dict[str, float] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as http:

        async def one() -> None:
            rescue_id, person = next(people)
            headers = {"Authorization": f"Bearer {tokens[person]}", "X-Forwarded-For": city.addresses[person]}
            url = f"{edge.url}/api/v1/rescues/{rescue_id}/messages"
            body = {"text": "I am at the corner by the bakery, with the hazard lights on."}
            at = time.monotonic()
            async with http.post(url, json=body, headers=headers) as answer:
                answer.raise_for_status()
                sent[(await answer.json())["id"]] = at

        begin = time.monotonic()
        async with asyncio.TaskGroup() as sending:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
                sending.create_task(one())
    return sent


def summary(rate: int, times: Sequence[float], lost: int, repeats: int) -> dict[str, Any]:
    """One row: *times* in seconds, one for each message and app."""
    ordered = sorted(times)
    row: dict[str, Any] = {
        "events_per_second": rate,
        "arrivals": len(ordered),
        "lost": lost,
        "repeats": repeats,
    }
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        row[f"{name}_ms"] = round(quantile(ordered, share) * 1000, 2)
    row["longest_ms"] = round(ordered[-1] * 1000, 2)
    return row


async def measure(folder: Path, rate: int, seconds: float) -> dict[str, Any]:
    async with AsyncExitStack() as closing:
        edge = Edge(folder)
        city = await seed_ours(edge.settings, build)
        redis = EmbeddedRedis(folder / "redis")
        redis.start()
        closing.callback(redis.stop)
        closing.callback(edge.stop)
        await edge.start(redis.url)
        tokens = tokens_of(edge.settings.auth, city)
        async with listening(edge, city, tokens) as apps:
            await post(edge, city, tokens, rate, 2.0)  # a warm-up, which does not count
            sent = await post(edge, city, tokens, rate, seconds)
            await asyncio.sleep(ARRIVAL_TIMEOUT_S)
            output, _ = await asyncio.to_thread(apps.communicate)
        edge.stop()
        return compare(rate, sent, edge.commits(), json.loads(output))


def compare(
    rate: int, sent: dict[str, float], committed: dict[str, float], arrivals: list[tuple[str, int, float]]
) -> dict[str, Any]:
    """The row for the messages that were sent, each of which should arrive once at two apps."""
    first: dict[tuple[str, int], float] = {}
    repeats = 0
    for message_id, app, at in arrivals:
        if message_id in sent:
            repeats += (message_id, app) in first
            first.setdefault((message_id, app), at)
    times = [at - committed[message_id] for (message_id, _), at in first.items()]
    return summary(rate, times, lost=2 * len(sent) - len(first), repeats=repeats)


def judged(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the result of its bar, if it has one; ``None`` if it cannot be judged.

    A bar that is met although others used the machine is met.
    """
    if row["events_per_second"] != BAR_RATE:
        return row
    met = row["p95_ms"] < BAR_MS and row["lost"] == 0
    return row | {"met": met if met or row["others"] <= MAX_CPU_OF_OTHERS else None}


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    columns = ["events_per_second", "arrivals", "lost", "repeats"]
    columns += ["p50_ms", "p95_ms", "p99_ms", "longest_ms", "others"]
    print("From commit to a connected app's callback")
    print("".join(f"{column:>18}" for column in columns))
    for row in rows:
        bar = ""
        if "met" in row:
            bar = f"   (bar: p95 below {BAR_MS:g} ms, nothing lost: {verdict(row['met'])})"
        print("".join(f"{row[column]:>18}" for column in columns) + bar)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a run, after its warm-up")
    options = parser.parse_args()
    info = machine()
    rows = []
    for rate in RATES:
        with scratch() as folder, Others() as others:
            row = asyncio.run(measure(folder, rate, options.seconds))
        rows.append(judged(row | {"others": round(others.share, 3)}))
    print_table(rows)
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": info, "apps": 2 * RESCUES, "seconds": options.seconds, "rows": rows}
    (RESULTS / "realtime.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
