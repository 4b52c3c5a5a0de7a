"""``GET /me`` beside 200 concurrent sign-ins.  Writes ``benchmarks/results/sign-ins.json``.

``python benchmarks/sign_ins.py [--seconds S]``: wrk asks ``GET /me`` at an even rate, first alone, then while
200 people sign in, each again and again from an address of their own, and a few refresh sessions and sign up.
Who is told to wait (503 or 429 with Retry-After) waits and asks again.  The bars: no ``GET /me`` is refused,
its p95 is at most three times its idle value, and sign-ins complete at 60 % or more of the rate at which one
core hashes passwords (bcrypt, cost 12), all in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import bcrypt
import msgspec
from rig import cpu, scenarios
from rig.city import City
from rig.city import build as build_city
from rig.load import need_wrk
from rig.measure import RESULTS, machine, quantile, scratch
from rig.paced import figures_of, output, start, wrk
from rig.seed import seed_ours, tokens_of
from rig.servers import Ours
from rig.tables import verdict

PEOPLE = 200  # who sign in at the same time
REFRESHING, SIGNING_UP = 5, 2
RATE = 500  # GET /me, requests a second
CONNECTIONS = 64
PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a run
COST = 12
HASHES = 8  # of which the median is one core's rate
LEAD_S = 3.0  # before the measurement begins
MOST_SLOWER, LEAST_OF_ONE_CORE = 3.0, 0.6


def build(now: datetime, lookup_secret: str) -> City:
    """The city, in which everybody has the same password."""
    city = build_city(now, lookup_secret)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST)).decode()
    for people in (city.riders, city.drivers):
        people[:] = [msgspec.structs.replace(user, password_hash=hashed) for user in people]
    city.documents["users"][:] = [*city.riders, *city.drivers]
    return city


def hashes_per_second() -> float:
    """What one core does, alone."""
    times = []
    for _ in range(HASHES):
        began = time.thread_time()
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST))
        times.append(time.thread_time() - began)
    return 1 / statistics.median(times)


@dataclass(slots=True)
class Counted:
    """What the people's requests got: statuses, and the seconds of those that succeeded."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def row(self, seconds: float) -> dict[str, Any]:
        ordered = sorted(self.times)
        return {
            "per_second": round(len(ordered) / seconds, 2),
            "p50_s": round(quantile(ordered, 0.5), 2) if ordered else None,
            "p95_s": round(quantile(ordered, 0.95), 2) if ordered else None,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


class Crowd:
    """People who sign in, refresh and sign up until they are stopped."""

    def __init__(self, base: str, city: City, http: aiohttp.ClientSession) -> None:
        self._base = base
        self._city = city
        self._http = http
        self.counted = {"sign-in": Counted(), "refresh": Counted(), "sign-up": Counted()}
        self._sessions: list[dict[str, Any]] = []
        self.counts = False  # whether what happens is in the measurement

    async def _ask(self, kind: str, path: str, body: dict[str, Any], address: str, **headers: str) -> Any:
        """One request; waits if it is told to.  The body of a success, else ``None``."""
        began = time.perf_counter()
        sent = {"X-Forwarded-For": address, **headers}
        async with self._http.post(f"{self._base}/api/v1/auth/{path}", json=body, headers=sent) as answer:
            decoded = await answer.json(content_type=None)
            wait = float(answer.headers.get("Retry-After", "0"))
        if self.counts:
            self.counted[kind].statuses[answer.status] += 1
            if answer.ok:
                self.counted[kind].times.append(time.perf_counter() - began)
        if not answer.ok:
            await asyncio.sleep(wait)
        return decoded if answer.ok else None

    async def sign_in(self, number: int) -> None:
        user = self._city.riders[number]
        body = {"phone": user.phone, "password": PASSWORD}
        while True:
            await self._ask("sign-in", "sign-in", body, self._city.addresses[user.id])

    async def _session_of(self, number: int) -> dict[str, Any]:
        user = self._city.riders[PEOPLE + number]
        body = {"phone": user.phone, "password": PASSWORD}
        while True:
            session = await self._ask("sign-in", "sign-in", body, self._city.addresses[user.id])
            if session is not None:
                return dict(session)

    async def refresh(self, number: int, session: dict[str, Any]) -> None:
        address = self._city.addresses[self._city.riders[PEOPLE + number].id]
        while True:
            body = {"refresh_token": session["refresh_token"]}
            session = await self._ask("refresh", "refresh", body, address) or session
            await asyncio.sleep(1)

    async def sign_up(self, number: int) -> None:
        count = 0
        while True:
            phone = f"+1514{700 + number:03d}{count:04d}"
            body = {"phone": phone, "password": PASSWORD, "name": "Ana Roy", "role": "rider"}
            address = f"198.18.{number}.{count % 250 + 1}"
            done = await self._ask("sign-up", "sign-up", body, address, **{"Idempotency-Key": phone})
            count += done is not None

    async def prepare(self) -> None:
        """Sign those in who refresh: among 200 others few of them would get a session in time."""
        self._sessions = [await self._session_of(number) for number in range(REFRESHING)]

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(PEOPLE):
                group.create_task(self.sign_in(number))
            for number, session in enumerate(self._sessions):
                group.create_task(self.refresh(number, session))
            for number in range(SIGNING_UP):
                group.create_task(self.sign_up(number))


async def ask_me(server: Ours, file: Path, seconds: float) -> dict[str, Any]:
    """``GET /me`` at ``RATE``: what wrk says."""
    offset = str(int(await server.city_offset_seconds()))
    command = wrk("paced.lua", server, file, CONNECTIONS, seconds, offset, str(RATE))
    return figures_of(await output(await start(command)))


async def run(folder: Path, seconds: float) -> dict[str, Any]:
    server = Ours(folder / "supportcarr")
    city = await seed_ours(server.settings, build)
    file = folder / "me.requests"
    requests = scenarios.requests_of("me", city)
    scenarios.write(file, requests, city, tokens_of(server.settings.auth, city))
    one_core = hashes_per_second()
    try:
        await server.start()
        await ask_me(server, file, LEAD_S)
        idle = await ask_me(server, file, seconds)
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            crowd = Crowd(f"http://127.0.0.1:{server.port}", city, http)
            await crowd.prepare()
            signing_in = asyncio.create_task(crowd.run())
            await asyncio.sleep(LEAD_S)
            before = cpu.of_all(server.pids())
            crowd.counts, began = True, time.monotonic()
            busy = await ask_me(server, file, seconds)
            crowd.counts, measured_s = False, time.monotonic() - began
            after = cpu.of_all(server.pids())
            signing_in.cancel()
            await asyncio.gather(signing_in, return_exceptions=True)
    finally:
        await server.stop()
    rows = {kind: counted.row(measured_s) for kind, counted in crowd.counted.items()}
    refused = busy["refused"] + busy["broken"] + busy["timeouts"]
    slower = busy["p95_ms"] / idle["p95_ms"]
    hashes = rows["sign-in"]["per_second"] + rows["sign-up"]["per_second"]
    share = rows["sign-in"]["per_second"] / one_core
    bars = {
        f"GET /me refused: {refused} (bar: none)": refused == 0,
        f"its p95 beside idle: {slower:.2f} (bar: at most {MOST_SLOWER:g})": slower <= MOST_SLOWER,
        f"sign-ins beside one core: {share:.2f} (bar: at least {LEAST_OF_ONE_CORE:g})": share
        >= LEAST_OF_ONE_CORE,
    }
    return {
        "one_core_per_second": round(one_core, 2),
        "hashes_per_second": round(hashes, 2),
        "cores_used": round((sum(after.values()) - sum(before.values())) / measured_s, 2),
        "me": {"idle": idle, "busy": busy, "refused": refused, "slower": round(slower, 2)},
        "people": rows,
        "bars": bars,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each of the two measurements")
    options = parser.parse_args()
    need_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    told = machine()
    with scratch() as folder:
        found = asyncio.run(run(folder, options.seconds))
    print(
        f"One core hashes {found['one_core_per_second']} passwords a second; the servers used "
        f"{found['cores_used']} cores."
    )
    for name in ("idle", "busy"):
        said = " ".join(
            f"{share} {found['me'][name][f'{share}_ms']:.1f} ms" for share in ("p50", "p95", "p99")
        )
        print(f"GET /me, {name}: {said}")
    for kind, row in found["people"].items():
        times = f"p50 {row['p50_s']} s, p95 {row['p95_s']} s"
        print(f"{kind}: {row['per_second']} a second, {times}, {row['statuses']}")
    for bar, met in found["bars"].items():
        print(f"{bar}: {verdict(met)}")
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": told, "seconds": options.seconds, "rate": RATE, "people_at_once": PEOPLE} | found
    (RESULTS / "sign-ins.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
