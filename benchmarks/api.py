"""Requests per second of the API on each engine, of Express 4 peers and of a bare Granian, in the same run.

``python benchmarks/api.py [--engine NAME …] [--seconds S] [--rounds N] [--scenario NAME …]`` prints a table
per scenario and writes ``benchmarks/results/api.json`` (for one engine only: ``api-ENGINE.json``).
Without ``--engine`` both engines are measured; without a MongoDB server, SQLite only, with a message.
``docs/benchmarks.md`` explains what is compared and what the results mean.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
from rig import compare, mongo, ratios, scenarios, tables
from rig.city import City, build
from rig.cpu import ProcessGone
from rig.load import CONNECTIONS, PacedLoad, Run, median, need_wrk
from rig.measure import RESULTS, ROOT
from rig.measure import machine as measure_machine
from rig.mongo import MongoServer
from rig.seed import seed_again, seed_ours, shared_documents, tokens_of
from rig.servers import Echo, ExpressPeer, Ours, PeerKind, Server, node_version

from supportcarr.bootstrap.settings import Settings
from supportcarr.supervisor.embedded_redis import find_binary, version_of

WARM_UP_S = 4.0
Engine = Literal["sqlite", "mongodb"]
ENGINES: tuple[Engine, ...] = ("sqlite", "mongodb")
# The first peer of each engine is measured in every scenario; the bars refer to "tuned".
PEERS: Mapping[Engine, tuple[PeerKind, ...]] = {
    "sqlite": ("tuned", "as-written", "tuned-further", "by-hand"),
    "mongodb": ("mongoose-tuned", "mongoose"),
}
COMPARED_WITH_ALL = ("me", "mix")
LEAST_SUCCEEDED = 0.999


@dataclass(frozen=True, slots=True)
class Bench:
    """All servers, with the same city in every store."""

    city: City
    ours: Mapping[Engine, Ours]
    peers: Mapping[Engine, tuple[ExpressPeer, ...]]
    echo: Echo
    settings: Settings
    city_offset_s: float
    folder: Path
    full_again: dict[str, float] = field(default_factory=dict)  # by server: when each user's limit is

    def servers(self, scenario: str) -> list[Server]:
        """The servers to measure: all of them, or in minor scenarios each engine and its first peer."""
        if scenario in COMPARED_WITH_ALL:
            return [*self.compared(), self.echo]
        found: list[Server] = []
        for engine, ours in self.ours.items():
            found += [ours, self.peers[engine][0]]
        return found

    def compared(self) -> list[Server]:
        """The servers whose responses must be equal."""
        found: list[Server] = []
        for engine, ours in self.ours.items():
            found += [ours, *self.peers[engine]]
        return found

    def tokens(self) -> dict[str, str]:
        """A new access token for each user, valid on every server."""
        return tokens_of(self.settings.auth, self.city)


@asynccontextmanager
async def running(
    folder: Path, engines: Sequence[Engine], mongodb: MongoServer | None
) -> AsyncIterator[Bench]:
    """Seed and start all servers; end them and remove their data afterwards."""
    ours: dict[Engine, Ours] = {}
    for engine in engines:
        first = next(iter(ours.values()), None)
        ours[engine] = Ours(
            folder / f"supportcarr-{engine}",
            mongodb=mongodb if engine == "mongodb" else None,
            secrets=first.folder if first else None,
        )
    first, *others = ours.values()
    async with AsyncExitStack() as closing:
        city = await seed_ours(first.settings, build)
        for other in others:
            await seed_again(other.settings, city, first.settings)
        for server in ours.values():
            closing.push_async_callback(server.stop)
            await server.start()
        offset = await first.city_offset_seconds()
        peers = {
            engine: tuple(
                ExpressPeer(
                    kind,
                    folder / kind,
                    first.settings,
                    mongodb=mongodb if engine == "mongodb" else None,
                )
                for kind in PEERS[engine]
            )
            for engine in engines
        }
        for peer in itertools.chain.from_iterable(peers.values()):
            peer.seed(city, shared_documents())
            closing.push_async_callback(peer.stop)
            await peer.start(offset)
        echo = Echo(folder, b"x" * 160)  # as long as the answer to GET /me
        closing.push_async_callback(echo.stop)
        await echo.start()
        yield Bench(city, ours, peers, echo, first.settings, offset, folder)


@contextmanager
def mongodb_for(
    engines: Sequence[Engine] | None,
) -> Iterator[tuple[tuple[Engine, ...], str, MongoServer | None]]:
    """The engines to measure of the requested ones (``None``: all available ones), and the MongoDB
    server."""
    if engines is not None and "mongodb" not in engines:
        yield tuple(dict.fromkeys(engines)), "", None
        return
    chosen = mongo.choice()
    if chosen.start is None:
        if engines is not None:
            raise SystemExit(f"MongoDB cannot be measured here: {chosen.name}.")
        print(f"MongoDB is left out: {chosen.name}.", flush=True)
        yield ("sqlite",), "", None
        return
    with chosen.start() as server:
        _drop_databases(server)
        try:
            yield tuple(dict.fromkeys(engines or ENGINES)), chosen.name, server
        finally:
            _drop_databases(server)


def _drop_databases(server: MongoServer) -> None:
    for name in ("bench_ours", *(f"bench_{kind.replace('-', '_')}" for kind in PEERS["mongodb"])):
        mongo.drop(server.url, name)


async def measure(bench: Bench, scenario: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Medians of each server.  After a warm-up of each, runs alternate: A B C, A B C, A B C."""
    file = bench.folder / f"{scenario}.requests"
    requests = scenarios.requests_of(scenario, bench.city)
    scenarios.write(file, requests, bench.city, bench.tokens())
    servers = bench.servers(scenario)
    load = PacedLoad(
        file,
        bench.city_offset_s,
        users=len({request.user for request in requests}),
        per_minute=bench.settings.limits.user_per_minute,
        full_again=bench.full_again,
    )

    async def one(server: Server, seconds: float) -> Run:
        return await load.run(server, seconds, limited=server is not bench.echo)

    for server in servers:
        await one(server, WARM_UP_S)
    runs: dict[str, list[Run]] = {server.key: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            runs[server.key].append(await one(server, seconds))
    return [{"key": key} | median(of_server) for key, of_server in runs.items()]


def machine(mongodb: str, server: MongoServer | None) -> dict[str, Any]:
    redis = ".".join(map(str, version_of(find_binary())))
    info = measure_machine() | {"node": node_version(), "redis": redis, "connections": CONNECTIONS}
    if server is not None:
        info |= {"mongodb": mongodb, "mongodb_version": mongo.server_version(server.url)}
    return info


async def bench(options: argparse.Namespace) -> int:
    need_wrk()
    data = ROOT / ".data"  # on the checkout's disk: a temporary folder may be memory, where fsync is free
    data.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=data))
    os.chdir(folder)  # a .env file in the caller's folder must not change what is measured
    keep: bool = options.keep
    try:
        with mongodb_for(options.engine) as (engines, name, mongodb):
            info = machine(name, mongodb)
            results = await _run(folder, options, engines, mongodb)
    except (compare.ResponsesDiffer, ProcessGone) as error:
        keep = True
        print(error, file=sys.stderr)
        return 1
    finally:
        os.chdir(ROOT)
        if keep:
            print(f"Stores and logs are in {folder}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    found = ratios.of(results)
    print(tables.of_ratios(found))
    print(tables.busy_warning(results))
    RESULTS.mkdir(exist_ok=True)
    report = {
        "machine": info,
        "seconds": options.seconds,
        "ratios": msgspec.to_builtins(found),
        "scenarios": results,
    }
    file = f"api-{options.engine[0]}.json" if options.engine and len(engines) == 1 else "api.json"
    (RESULTS / file).write_text(json.dumps(msgspec.to_builtins(report), indent=2) + "\n")
    return _verdict(results)


async def _run(
    folder: Path, options: argparse.Namespace, engines: Sequence[Engine], mongodb: MongoServer | None
) -> dict[str, list[dict[str, Any]]]:
    results: dict[str, list[dict[str, Any]]] = {}
    async with running(folder, engines, mongodb) as everything:
        first, *others = everything.compared()
        same = await compare.verify_equal_responses(
            first,
            others,
            everything.city,
            everything.tokens(),
            everything.city_offset_s,
            everything.settings.limits,
        )
        print(f"{same} requests had equal responses from {first.name} and {len(others)} others.", flush=True)
        for scenario in options.scenario or scenarios.SCENARIOS:
            results[scenario] = await measure(everything, scenario, options.rounds, options.seconds)
            print(tables.of_scenario(scenarios.SCENARIOS[scenario], results[scenario]), flush=True)
    return results


def _verdict(results: dict[str, list[dict[str, Any]]]) -> int:
    """The exit code: 1 if requests failed, because the results are then not comparable."""
    code = 0
    for scenario, medians in results.items():
        for of_server in medians:
            if of_server["succeeded"] < LEAST_SUCCEEDED:
                share = f"{of_server['succeeded']:.2%}"
                print(
                    f"{scenario}: only {share} of {of_server['server']}'s responses were successful.",
                    file=sys.stderr,
                )
                code = 1
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--engine", action="append", choices=ENGINES, help="engine to measure; default: both")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of one run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each server; the medians count")
    parser.add_argument("--scenario", action="append", choices=list(scenarios.SCENARIOS))
    parser.add_argument("--keep", action="store_true", help="keep the stores and logs, to look at them")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    try:
        return asyncio.run(bench(parser.parse_args(arguments)))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
