"""``supportcarr demo`` and ``up``: every process on this machine, and a city to live in them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import aiohttp
import click
import msgspec

from supportcarr.bootstrap.processes import store_of
from supportcarr.bootstrap.seeding import Operator, seed, write_private
from supportcarr.kit import logging as logs
from supportcarr.kit.city import city_clock
from supportcarr.kit.process import set_title
from supportcarr.kit.redis.server import RedisServer
from supportcarr.kit.settings import PREFIX, Logs, Settings, SettingsError, load
from supportcarr.kit.supervise import Role, Supervisor

READY_S = 60.0
SETTLE_S = 60.0  # for outbox and jobs to run dry after the city has ended


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of ``supportcarr demo`` (``supportcarr demo --help``)."""

    seconds: float | None = None
    riders: int = 60
    drivers: int = 40
    speed: float = 1.0
    demand: str | None = None
    seed: int = 1
    kills: int = 0
    redis_wipes: int = 0
    port: int = 8000
    data: str = ".data/demo"
    accounts: str | None = None
    report: str | None = None


@dataclass(slots=True)
class Platform:
    """Every process of the platform, running."""

    settings: Settings
    environment: Mapping[str, str]
    supervisor: Supervisor
    redis: RedisServer | None
    operators: dict[str, Operator] = field(default_factory=dict)
    wipes: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.servers.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.servers.sandbox_port}"

    def wipe_redis(self) -> None:
        """Redis dies and comes back empty, at the same address."""
        assert self.redis is not None
        self.redis.kill()
        self.redis.start()
        self.wipes += 1


def _refuse_taken_ports(settings: Settings) -> None:
    servers = settings.servers
    for port in (servers.port, servers.realtime_port, servers.sandbox_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((servers.host, port))
            except OSError:
                raise click.ClickException(
                    f"Port {port} is taken. Choose another: make demo PORT=9000, or --port 9000 "
                    "(the next two ports are used as well)."
                ) from None


@asynccontextmanager
async def platform(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Platform]:
    """Start Redis (unless one is named), the twins and every process; end them all in order."""
    _refuse_taken_ports(settings)
    environment = dict(environment)
    data = Path(settings.place.data)
    data.mkdir(parents=True, exist_ok=True)
    redis = None
    if not settings.place.redis_url:
        redis = RedisServer(data / "redis")
        redis.start()
        environment[f"{PREFIX}REDIS_URL"] = redis.url
    output: TextIO = (data / "supportcarr.log").open("a")
    supervisor = Supervisor(environment, output=output)
    running = Platform(settings, environment, supervisor, redis)
    try:
        running.operators = await _prepare(settings)
        for role in _roles(settings):
            supervisor.start(role)
        await _until_ready(running)
        yield running
    finally:
        await supervisor.stop(grace_s=settings.servers.drain_seconds + 5)
        if redis is not None:
            redis.stop()
        output.close()


def _roles(settings: Settings) -> list[Role]:
    servers = settings.servers
    first = servers.metrics_port
    counts = (
        ("worker", servers.worker_processes),
        ("realtime", servers.realtime_processes),
        ("api", servers.api_processes),
    )
    roles = [Role("sandbox", ("sandbox",))] if settings.place.profile == "local" else []
    for name, count in counts:
        ports = [{f"{PREFIX}METRICS_PORT": str(first + i)} for i in range(count)] if first else None
        roles.append(Role(name, (name,), count=count, each=ports))
        first += count if first else 0
    return roles


async def _prepare(settings: Settings) -> dict[str, Operator]:
    """What must be there before the first process starts: area, tariff, operators, the city's clock."""
    store = store_of(settings)
    await store.open()
    try:
        operators = await seed(settings, store)
        await city_clock(store, speed=settings.city.speed)
        return operators
    finally:
        await store.close()


async def _until_ready(running: Platform) -> None:
    servers = running.settings.servers
    urls = [f"{running.base_url}/readyz", f"http://127.0.0.1:{servers.realtime_port}/readyz"]
    if running.settings.place.profile == "local":
        urls.append(f"{running.sandbox_url}/healthz")
    deadline = time.monotonic() + READY_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        for url in urls:
            while not await _answers(http, url):
                if time.monotonic() > deadline:
                    log = Path(running.settings.place.data) / "supportcarr.log"
                    raise click.ClickException(f"{url} did not become ready in {READY_S:.0f} s; see {log}.")
                await asyncio.sleep(0.1)


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


# --- demo -----------------------------------------------------------------------------------------


def _environment(options: DemoOptions) -> dict[str, str]:
    port = options.port
    given = {
        "PROFILE": "local",
        "DATA": options.data,
        "PORT": str(port),
        "REALTIME_PORT": str(port + 1),
        "SANDBOX_PORT": str(port + 2),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REALTIME_URL": f"http://127.0.0.1:{port + 1}",
        "CITY_SPEED": str(options.speed),
        "STRIPE_API_BASE": f"http://127.0.0.1:{port + 2}",
    }
    return dict(os.environ) | {PREFIX + name: value for name, value in given.items()}


def run(options: DemoOptions) -> int:
    """The exit code: 0, or 1 if an invariant fell."""
    set_title("demo")
    environment = _environment(options)
    try:
        settings = load(environment, dotenv=None)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    Path(options.data).mkdir(parents=True, exist_ok=True)
    logs.configure(Logs(level="warning", file=str(Path(options.data) / "supportcarr.log")))
    return asyncio.run(_demo(options, settings, environment))


async def _demo(options: DemoOptions, settings: Settings, environment: Mapping[str, str]) -> int:
    stop = _stop_on_signals()
    async with platform(settings, environment) as running:
        _tell(running, options)
        city = await _start_city(options, running)
        try:
            chaos = asyncio.create_task(_chaos(options, running, city))
            ended = asyncio.create_task(city.process.wait())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
            chaos.cancel()
            if not ended.done():
                city.process.terminate()
                await city.process.wait()
                click.echo("\nStopping…")
                return 0
        finally:
            await city.end()
        return await _judge(options, running, city)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def _tell(running: Platform, options: DemoOptions) -> None:
    click.echo(f"\n  SupportCarr is running.   Console   {running.base_url}/admin")
    click.echo(f"                            API       {running.base_url}/docs")
    click.echo(f"                            Twins     {running.base_url}/sandbox")
    for role, operator in running.operators.items():
        click.echo(f"  {role:<8} {operator.phone}   password {operator.password}")
    until = "Ctrl-C ends it" if options.seconds is None else f"for {options.seconds:g} s"
    click.echo(
        f"  {options.riders} riders, {options.drivers} drivers, speed ×{options.speed:g}; {until}; "
        f"log: {options.data}/supportcarr.log\n"
    )


@dataclass(slots=True)
class CityProcess:
    """The simulator, in a process of its own, and what it says."""

    process: asyncio.subprocess.Process
    outcome: Path
    reader: asyncio.Task[None] | None = None
    living: asyncio.Event = field(default_factory=asyncio.Event)

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if self.reader is not None:
            await self.reader


async def _start_city(options: DemoOptions, running: Platform) -> CityProcess:
    admin = running.operators["admin"]
    data = Path(options.data)
    plan = {
        "base_url": running.base_url,
        "realtime_url": running.settings.place.realtime_url,
        "operator": {"phone": admin.phone, "password": admin.password},
        "riders": options.riders,
        "drivers": options.drivers,
        "data": str(data / "simulator"),
        "seed": options.seed,
        "seconds": options.seconds,
        "demand": options.demand,
    }
    outcome = data / "outcome.json"
    file = data / "city.json"
    write_private(file, {"city": plan, "outcome": str(outcome), "accounts": _accounts(options, running)})
    process = await running.supervisor.spawn_once(("simulator", str(file)))
    city = CityProcess(process, outcome)
    city.reader = asyncio.create_task(_show_progress(city))
    return city


def _accounts(options: DemoOptions, running: Platform) -> dict[str, Any] | None:
    if options.accounts is None:
        return None
    people = {role: msgspec.to_builtins(operator) for role, operator in running.operators.items()}
    return {
        "file": options.accounts,
        "content": {
            "base_url": running.base_url,
            "realtime_url": running.settings.place.realtime_url,
            **people,
            "partner": None,
        },
    }


async def _show_progress(city: CityProcess) -> None:
    """One line that is written over and over, on a terminal; a line every now and then elsewhere."""
    assert city.process.stdout is not None
    terminal = sys.stdout.isatty()
    shown = 0.0
    async for line in city.process.stdout:
        told = json.loads(line)
        if told["phase"] == "living":
            city.living.set()
        text = (
            f"  {told['phase'].replace('_', ' ')}: {told['drivers_online']} drivers online, "
            f"{told['riders_ready']} riders, {told['requested']} rescues asked for, {told['live']} live"
        )
        now = time.monotonic()
        if terminal:
            sys.stdout.write(f"\r\x1b[K{text}")
            sys.stdout.flush()
        elif now - shown > 10:
            click.echo(text)
            shown = now
    if terminal:
        click.echo()


async def _chaos(options: DemoOptions, running: Platform, city: CityProcess) -> None:
    """The kills and wipes, spread evenly over the time, in an order that the seed gives."""
    if options.seconds is None or not options.kills + options.redis_wipes:
        return
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    blows = ["kill"] * options.kills + ["wipe"] * options.redis_wipes
    chance.shuffle(blows)
    await city.living.wait()
    pause = options.seconds / (len(blows) + 1)
    for blow in blows:
        await asyncio.sleep(pause)
        if blow == "kill":
            running.supervisor.kill_one(chance)
        else:
            running.wipe_redis()


async def _judge(options: DemoOptions, running: Platform, city: CityProcess) -> int:
    from supportcarr.bootstrap.evidence import StoreEvidence
    from supportcarr.simulator.city import CityOutcome
    from supportcarr.simulator.report import judge

    if city.process.returncode != 0 or not city.outcome.is_file():
        raise click.ClickException(f"The simulator broke down; see {options.data}/supportcarr.log.")
    store = store_of(running.settings)
    await store.open()
    try:
        evidence = StoreEvidence(store, running.sandbox_url)
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            left = await evidence.leftovers()
            if not left.outbox and not left.jobs:
                break
            await asyncio.sleep(0.5)
        judgement = await judge(
            CityOutcome.read(city.outcome),
            evidence,
            kills=running.supervisor.kills,
            redis_wipes=running.wipes,
        )
    finally:
        await store.close()
    report = msgspec.json.format(msgspec.json.encode(judgement.report), indent=2)
    if options.report:
        Path(options.report).write_bytes(report + b"\n")
    click.echo(report.decode())
    for name, findings in judgement.findings.items():
        for finding in findings[:5]:
            click.echo(f"{name}: {finding}", err=True)
    return 0 if judgement.report.passed else 1


# --- the simulator's process, and up --------------------------------------------------------------


def run_simulator(file: Path) -> int:
    """Run the city that *file* describes; progress goes to standard output, one JSON line each."""
    from supportcarr.kit.serve import run as run_loop
    from supportcarr.simulator.accounts import Accounts
    from supportcarr.simulator.city import Progress, run_city
    from supportcarr.simulator.town import CityOptions

    set_title("simulator")
    logs.configure(Logs())
    plan = json.loads(file.read_bytes())
    options = msgspec.convert(plan["city"], CityOptions, dec_hook=lambda kind, value: kind(value))
    if plan["accounts"]:
        accounts = Accounts(options.data)
        riders = [accounts.account("rider", i) for i in range(options.riders)]
        drivers = [accounts.account("driver", i) for i in range(options.drivers)]
        people = {
            name: [{"phone": account.phone, "password": account.password} for account in group]
            for name, group in (("riders", riders), ("drivers", drivers))
        }
        write_private(Path(plan["accounts"]["file"]), plan["accounts"]["content"] | people)

    def tell(progress: Progress) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(progress) + b"\n")
        sys.stdout.buffer.flush()

    async def main() -> None:
        outcome = await run_city(options, tell, _stop_on_signals())
        outcome.write(Path(plan["outcome"]))

    run_loop(main())
    return 0


def run_up(settings: Settings) -> int:
    """Every process of the platform, until told to stop."""
    set_title("up")
    logs.configure(settings.logs)

    async def main() -> int:
        stop = _stop_on_signals()
        async with platform(settings, os.environ) as running:
            click.echo(f"SupportCarr is running at {running.base_url}; Ctrl-C ends it.")
            await stop.wait()
        return 0

    return asyncio.run(main())
