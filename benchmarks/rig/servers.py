"""The servers under test: ours, the Express peers, the bare echo.  Each in processes of its own, on
loopback, none of which outlives this one.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import aiohttp
import msgspec
import psutil

from rig.city import City
from rig.mongo import MongoServer, with_database
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.supervisor.child_process import spawn_child, stop
from supportcarr.supervisor.embedded_redis import EmbeddedRedis
from supportcarr.supervisor.spawner import OWN_PROGRAM, ExecSpawner
from supportcarr.supervisor.supervisor import Role, Supervisor

PEERS = Path(__file__).resolve().parents[1] / "peers"
PROCESSES = 2  # of each server: as many as the default configuration has API processes
_READY_S = 30.0
_PEER_NAMES = {
    "tuned": "Express 4, tuned",
    "tuned-further": "Express 4, tuned further",
    "as-written": "Express 4, as people write it",
    "by-hand": "Express 4, our design by hand",
    "mongoose": "Express 4 and Mongoose",
    "mongoose-tuned": "Express 4 and Mongoose, tuned",
}


class Server(Protocol):
    """A server on ``port``; ``pids`` has every process whose CPU counts, with its role.

    ``key`` names it in ratios, ``name`` in tables.
    """

    key: str
    name: str
    port: int

    def pids(self) -> dict[int, str]: ...


async def until_ready(port: int, path: str, log: Path, *, within_s: float = _READY_S) -> None:
    """Wait until the server responds 200.  Raises ``SystemExit`` with the path of its log."""
    deadline = time.monotonic() + within_s
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            if time.monotonic() > deadline:
                raise SystemExit(f"The server on port {port} did not start; its log is {log}.")
            await asyncio.sleep(0.1)


def clean_environment() -> dict[str, str]:
    """The environment without SupportCarr settings, so that the default configuration is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


class Ours:
    """SupportCarr's API processes and its Redis, as ``supportcarr up`` runs them.

    *mongodb*: a server for its documents, in the database ``bench_ours``; without one they are in SQLite.
    *secrets* is the data folder of another one, whose tokens it also accepts.  *program* is the command
    that starts its processes, by default that of this checkout.  *worker*: whether a worker runs as well.
    *settings*: variables beside those of the default configuration.

    Otherwise the worker, the real-time process and the emulators are left out: the peer has none, and none
    of the routes that are measured waits for them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mongodb: MongoServer | None = None,
        secrets: Path | None = None,
        program: Sequence[str] = OWN_PROGRAM,
        worker: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.key = "ours_mongodb" if mongodb else "ours"
        self.name = "SupportCarr on MongoDB" if mongodb else "SupportCarr"
        self.mongodb = mongodb
        self.folder = folder
        self._program = program
        self._worker = worker
        self.port = free_port()
        self.redis = EmbeddedRedis(folder / "redis")
        self.log = folder / "supportcarr.log"
        self._supervisor: Supervisor | None = None
        folder.mkdir(parents=True)
        if secrets is not None:
            shutil.copy(secrets / "secrets.env", folder)
        self._environment = clean_environment() | {
            f"{PREFIX}DATA": str(folder),
            f"{PREFIX}PORT": str(self.port),
            f"{PREFIX}PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            **(settings or {}),
        }
        if mongodb is not None:
            self._environment[f"{PREFIX}STORE_URL"] = with_database(mongodb.url, "bench_ours")
        self.settings: Settings = load_settings(self._environment, dotenv=None)

    async def start(self) -> None:
        """Start; the store must hold the city by then."""
        self.redis.start()
        self._environment[f"{PREFIX}REDIS_URL"] = self.redis.url
        self._supervisor = Supervisor(
            self._environment, output=self.log.open("a"), spawner=ExecSpawner(self._program)
        )
        if self._worker:
            self._supervisor.start(Role("worker", ("worker",)))
        self._supervisor.start(Role("api", ("api",), count=PROCESSES))
        await until_ready(self.port, "/readyz", self.log)
        await asyncio.sleep(1.0)  # the port responds when the first process is ready: wait for the second

    async def city_offset_seconds(self) -> float:
        """How far city time is ahead of wall time."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{self.port}/api/v1/clock") as answer,
        ):
            clock = await answer.json()
        city, wall = (datetime.fromisoformat(clock[name]) for name in ("city_time", "wall_time"))
        return (city - wall).total_seconds()

    def pids(self) -> dict[int, str]:
        assert self._supervisor is not None and self.redis.pid is not None
        started = {pid: role for role, pid in self._supervisor.alive()}
        return started | {self.redis.pid: "redis"} | _of(self.mongodb)

    async def stop(self) -> None:
        if self._supervisor is not None:
            await self._supervisor.stop(grace_s=15)
        self.redis.stop()


PeerKind = Literal["tuned", "as-written", "tuned-further", "by-hand", "mongoose", "mongoose-tuned"]


class ExpressPeer:
    """A peer on Express 4 and a Redis of its own, seeded with the same documents.

    ``as-written`` is the service as Express engineers write it with the ecosystem's packages,
    ``tuned`` the same with caches of tokens and documents and with automatic pipelining,
    ``tuned-further`` with all that can be tuned and still be those packages, ``by-hand`` our own
    design ported to Express.  These keep their documents in SQLite.  ``mongoose`` is ``as-written``
    with Mongoose and *mongodb*, ``mongoose-tuned`` the same with the caches of ``tuned``.
    """

    def __init__(
        self, kind: PeerKind, folder: Path, settings: Settings, *, mongodb: MongoServer | None = None
    ) -> None:
        self.kind = kind
        self.mongodb = mongodb
        self.key = kind.replace("-", "_")
        self.name = _PEER_NAMES[kind]
        self.folder = folder
        self.port = free_port()
        self.redis = EmbeddedRedis(folder / "redis")
        self.log = folder / "express.log"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    def seed(self, city: City, shared: Mapping[str, Any]) -> None:
        """Store the city in the peer's database; *shared* are documents both have from the start."""
        file = self.folder / "city.json"
        documents = {name: msgspec.to_builtins(some) for name, some in city.documents.items()}
        file.write_bytes(msgspec.json.encode(documents | dict(shared)))
        seed = "seed.mjs" if self.mongodb is None else "mongoose/seed.mjs"
        subprocess.run(  # noqa: S603 - our own command
            [_node(), "--no-warnings", str(PEERS / "express" / seed), self._database, str(file)],
            check=True,
            env=clean_environment(),
        )
        file.unlink()

    @property
    def _database(self) -> str:
        """A file, or a database on the MongoDB server."""
        if self.mongodb is not None:
            return with_database(self.mongodb.url, f"bench_{self.key}")
        return str(self.folder / "peer.sqlite3")

    async def start(self, city_offset_seconds: float) -> None:
        self.redis.start()
        limits, dispatch, routing = self._settings.limits, self._settings.dispatch, self._settings.routing
        given = {
            "peer": self.kind,
            "public_url": f"http://127.0.0.1:{self.port}",
            "port": self.port,
            "processes": PROCESSES,
            "database": self._database,
            "redis_url": self.redis.url,
            "token_secrets": self._settings.auth.token_secrets,
            "city_offset_ms": round(city_offset_seconds * 1000),
            "log": str(self.log),
            "max_body_bytes": self._settings.http.max_body_bytes,
            "limits": {"user": limits.user_per_minute, "address": limits.address_per_minute},
            "fresh_seconds": dispatch.fresh_seconds,
            "radius_m": dispatch.radius_max_m,
            "detour": routing.detour,
            "speed_kmh": routing.speed_kmh,
            "streams": msgspec.to_builtins(self._settings.streams),
        }
        self._process = spawn_child(
            [_node(), "--no-warnings", str(PEERS / "express/server.mjs")],
            stdin=json.dumps(
                given
            ).encode(),  # not as arguments: it contains secrets, and every user can read arguments
            log=self.folder / "express.err",
            environment=clean_environment() | {"NODE_ENV": "production"},
        )
        await until_ready(self.port, "/readyz", self.folder / "express.err")
        await asyncio.sleep(1.0)

    def pids(self) -> dict[int, str]:
        assert self._process is not None and self.redis.pid is not None
        primary = psutil.Process(self._process.pid)
        workers = {child.pid: "api" for child in primary.children(recursive=True)}
        return workers | {primary.pid: "cluster", self.redis.pid: "redis"} | _of(self.mongodb)

    async def stop(self) -> None:
        if self._process is not None:
            stop(self._process)
        self.redis.stop()


def _of(mongodb: MongoServer | None) -> dict[int, str]:
    """The MongoDB server among the processes whose CPU counts, if it is known."""
    return {mongodb.pid: "mongodb"} if mongodb is not None and mongodb.pid is not None else {}


class Echo:
    """Granian in our configuration, with an application that sends the same bytes to every request."""

    key = "echo"
    name = "bare Granian echo"

    def __init__(self, folder: Path, body: bytes) -> None:
        self.port = free_port()
        self.log = folder / "echo.log"
        self._body = body
        self._processes: list[subprocess.Popen[bytes]] = []

    async def start(self) -> None:
        for _ in range(PROCESSES):
            self._processes.append(
                spawn_child(
                    [sys.executable, str(PEERS / "echo.py"), str(self.port)],
                    stdin=self._body,
                    log=self.log,
                    environment=clean_environment(),
                )
            )
        await until_ready(self.port, "/", self.log)
        await asyncio.sleep(0.5)

    def pids(self) -> dict[int, str]:
        return {process.pid: "echo" for process in self._processes}

    async def stop(self) -> None:
        for process in self._processes:
            stop(process)


def _node() -> str:
    """Node 24 from its wheel, which ``scripts/setup node`` puts beside our Python."""
    return str(Path(sys.prefix) / "node" / "bin" / "node")


def node_version() -> str:
    completed = subprocess.run([_node(), "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    return completed.stdout.strip().removeprefix("v")
