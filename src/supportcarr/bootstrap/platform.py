"""The platform on one machine: start its processes, supervise them, and end them in order."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import structlog

from supportcarr.bootstrap.added_commands import added_commands
from supportcarr.bootstrap.operators import Operator, operators
from supportcarr.bootstrap.ports import reachable_host, refuse_unusable_ports
from supportcarr.bootstrap.profile_rules import refuse_insecure
from supportcarr.bootstrap.settings import Settings, checks_of
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.log_file import LogFile
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.private_files import is_open_to_others, make_private_folder
from supportcarr.kit.runtime.process import set_title
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.supervisor.embedded_redis import EmbeddedRedis, EmbeddedRedisError
from supportcarr.supervisor.folder_lock import lock_folder
from supportcarr.supervisor.fork_spawner import ForkSpawner, can_fork
from supportcarr.supervisor.redis_keeper import keep_redis
from supportcarr.supervisor.spawner import OWN_PROGRAM, ExecSpawner, Spawner
from supportcarr.supervisor.supervisor import Role, RollingRestartFailed, Supervisor

READY_S = 60.0
POLL_S = 0.1
_REASON = "Error: "  # how a command that fails begins the sentence that says why
EMULATORS = "sandbox"  # the command of the lab that runs them

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Platform:
    """The running platform."""

    settings: Settings
    environment: Mapping[str, str]
    supervisor: Supervisor
    redis: EmbeddedRedis | None
    operators: dict[str, Operator] = field(default_factory=dict)
    wipes: int = 0
    log_began: int = 0  # where this run begins in the log, bytes

    @property
    def host(self) -> str:
        return reachable_host(self.settings.servers.host)

    @property
    def base_url(self) -> str:
        scheme = "https" if self.settings.tls.certificate else "http"
        return f"{scheme}://{self.host}:{self.settings.servers.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://{self.host}:{self.settings.servers.sandbox_port}"

    def wipe_redis(self) -> None:
        """Kill Redis and start it again, empty, at the same address.  If that fails, its keeper retries."""
        assert self.redis is not None
        log.warning("redis_wiped", pid=self.redis.pid)
        self.redis.kill()
        self.wipes += 1
        try:
            self.redis.start()
        except EmbeddedRedisError as error:
            log.warning("redis_not_started", reason=str(error))


@asynccontextmanager
async def platform(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Platform]:
    """Start Redis (unless its URL is set), the emulators and all processes; end them in order.

    Raises ``FolderInUse`` if another platform runs on the data folder; ``click.ClickException``.
    """
    data = Path(settings.deployment.data)
    make_private_folder(data)
    if is_open_to_others(data):  # not restricted, because it holds more than our files
        log.warning("data_folder_open_to_others", folder=str(data), remedy="chmod 700")
    with lock_folder(data):
        async with _platform(settings, environment, data) as running:
            yield running


@asynccontextmanager
async def _platform(
    settings: Settings, environment: Mapping[str, str], data: Path
) -> AsyncIterator[Platform]:
    refuse_insecure(settings)
    refuse_unusable_ports(settings.servers)
    _has_emulators(settings)  # fail before anything is started
    path = (data / "supportcarr.log").resolve()
    environment = dict(environment) | log_variable(settings, path)
    with closing(logs.log_file(path, settings.logs)) as output:
        # First, because loading the program takes longest.
        spawner = await _spawner(settings, environment, output)
        silence_s = settings.servers.watchdog_seconds
        redis = None
        keeper: asyncio.Task[None] | None = None
        supervisor: Supervisor | None = None
        restarting: asyncio.Task[None] | None = None
        try:
            if not settings.deployment.redis_url:
                redis = EmbeddedRedis(data / "redis")
                redis.start()
                environment[f"{PREFIX}REDIS_URL"] = redis.url
                keeper = asyncio.create_task(keep_redis(redis, silence_s=silence_s), name="keep redis")
            environment |= _emulator_addresses(settings)
            supervisor = Supervisor(environment, output=output, silence_s=silence_s, spawner=spawner)
            running = Platform(settings, environment, supervisor, redis, log_began=path.stat().st_size)
            running.operators = await _prepare(settings, supervisor, output)
            for role in _roles(settings):
                supervisor.start(role)
            await _until_ready(running)
            restarting = asyncio.create_task(restart_on_hangup(running), name="rolling restarts")
            yield running
        finally:
            if restarting is not None:
                await cancel_and_wait(restarting)
            if supervisor is not None:
                await supervisor.stop(grace_s=grace_s(settings))
            await spawner.close()
            if redis is not None and keeper is not None:
                keeper.cancel()
                with suppress(asyncio.CancelledError):
                    await keeper
                redis.stop()


def grace_s(settings: Settings) -> float:
    """How long a process may take to end: it drains connections, requests, relay and jobs in this order."""
    return settings.servers.drain_idle_seconds + 3 * settings.servers.drain_seconds + 5


def log_variable(settings: Settings, path: Path) -> dict[str, str]:
    """Have processes without a log file in their settings log to *path*.

    So each can rotate what it writes to, and follows when another has.
    """
    return {} if settings.logs.file else {f"{PREFIX}LOG_FILE": str(path)}


def _emulator_addresses(settings: Settings) -> dict[str, str]:
    """In the local profile, services without an address in the settings are called at their emulators.

    Checks of drivers are left out where the emulators are not installed: nobody needs them.
    """
    if settings.deployment.profile != "local":
        return {}
    emulators = f"http://{reachable_host(settings.servers.host)}:{settings.servers.sandbox_port}"
    given = {"STRIPE_API_BASE": settings.stripe.api_base, "TWILIO_API_BASE": settings.twilio.api_base}
    addresses = {f"{PREFIX}{name}": emulators for name, address in given.items() if not address}
    if EMULATORS in added_commands().names:
        if not settings.push.emulator_url:
            addresses[f"{PREFIX}PUSH_EMULATOR_URL"] = emulators
        for kind, checks in checks_of(settings).items():
            if not checks.api_base:
                name = f"{PREFIX}{checks.prefix}"
                addresses[f"{name}API_BASE"] = f"{emulators}/checks/{kind}"
                addresses[f"{name}API_KEY"] = checks.api_key or secrets.token_urlsafe(24)
                addresses[f"{name}WEBHOOK_SECRET"] = checks.webhook_secret or secrets.token_urlsafe(24)
    return addresses


async def _spawner(settings: Settings, environment: Mapping[str, str], output: LogFile) -> Spawner:
    """Where the system can, processes are forked from one that has loaded the program."""
    if not (settings.servers.preload and can_fork()):
        return ExecSpawner()
    spawner = ForkSpawner((*OWN_PROGRAM, "fork-server"), environment, output=output.fileno())
    try:
        await spawner.open()
    except OSError as error:
        log.warning("fork_server_not_started", reason=str(error))
        return ExecSpawner()
    return spawner


def _has_emulators(settings: Settings) -> bool:
    """Whether the platform starts the emulators: in the local profile, where the lab is installed.

    Raises ``click.ClickException`` if it needs them and they are not installed.
    """
    if settings.deployment.profile != "local":
        return False
    if EMULATORS in added_commands().names:
        return True
    if settings.stripe.api_base and settings.twilio.api_base:
        return False
    raise click.ClickException(
        "The local profile pays and sends texts through emulators of Stripe and Twilio, which are part of "
        f"the development tools: pip install supportcarr-lab, or set {PREFIX}STRIPE_API_BASE and "
        f"{PREFIX}TWILIO_API_BASE."
    )


def _roles(settings: Settings) -> list[Role]:
    servers = settings.servers
    first = servers.metrics_port
    counts = (
        ("worker", servers.worker_processes),
        ("realtime", servers.realtime_processes),
        ("api", servers.api_processes),
    )
    roles = [Role(EMULATORS, (EMULATORS,), rolls=False)] if _has_emulators(settings) else []
    for name, count in counts:
        ports = [{f"{PREFIX}METRICS_PORT": str(first + i)} for i in range(count)] if first else None
        roles.append(Role(name, (name,), count=count, each=ports))
        first += count if first else 0
    return roles


async def _prepare(settings: Settings, supervisor: Supervisor, output: LogFile) -> dict[str, Operator]:
    """Prepare the store (``run_prepare``) before the first process starts.  The operators that it seeded.

    A process of its own does it, so that this one need not load the program.  Raises
    ``click.ClickException`` with the sentence in which that process says what is wrong.
    """
    try:
        process = await supervisor.spawn_once(("prepare",), errors_too=True)
    except OSError as error:
        raise click.ClickException(f"No process can be started ({error}); see {output.path}.") from None
    assert process.stdout is not None
    said = (await process.stdout.read()).decode(errors="replace")
    output.write(said)
    if await process.wait() != 0:
        reasons = [line for line in said.splitlines() if line.startswith(_REASON)]
        unknown = f"The store cannot be prepared; see {output.path}."
        raise click.ClickException(reasons[-1].removeprefix(_REASON) if reasons else unknown)
    return operators(Path(settings.deployment.data)) if settings.deployment.profile == "local" else {}


async def _until_ready(running: Platform) -> None:
    servers = running.settings.servers
    tls = _tls_to_ourselves() if running.settings.tls.certificate else None
    addresses = [(servers.port, "/readyz", tls), (servers.realtime_port, "/readyz", tls)]
    if _has_emulators(running.settings):
        addresses.append((servers.sandbox_port, "/healthz", None))
    deadline = time.monotonic() + READY_S
    for port, path, context in addresses:
        while not await _answers(running.host, port, path, context):
            if time.monotonic() > deadline:
                raise click.ClickException(_not_ready(running, f"http://{running.host}:{port}{path}"))
            await asyncio.sleep(POLL_S)


def _not_ready(running: Platform, url: str) -> str:
    """Why the platform did not start: with the last error that one of its processes printed."""
    log = Path(running.settings.deployment.data) / "supportcarr.log"
    with log.open("rb") as lines:
        lines.seek(running.log_began)
        text = lines.read().decode(errors="replace")
    reasons = [line.removeprefix(_REASON) for line in text.splitlines() if line.startswith(_REASON)]
    reason = f" One of its processes said: {reasons[-1]}" if reasons else ""
    return f"{url} did not become ready in {READY_S:.0f} s; see {log}.{reason}"


def _tls_to_ourselves() -> ssl.SSLContext:
    """The certificate names the public host, not this address; what answers here is our own process."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _answers(host: str, port: int, path: str, tls: ssl.SSLContext | None) -> bool:
    """Whether a process of ours answers 200.  An HTTP client would double this process's memory."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host.strip("[]"), port, ssl=tls)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def stop_on_signals() -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def restart_on_hangup(running: Platform) -> None:
    """Replace every process, one after the other, each time that this process receives SIGHUP.

    Not where a terminal may send it, because there it says that the terminal was closed.
    """
    if os.isatty(0):
        return
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    while True:
        await asked.wait()
        asked.clear()
        began = time.monotonic()
        log.info("rolling_restart_began")
        try:
            replaced = await running.supervisor.roll(grace_s=grace_s(running.settings))
        except (RollingRestartFailed, OSError) as error:
            log.error("rolling_restart_failed", reason=str(error))
        else:
            log.info("rolling_restart_done", processes=replaced, seconds=round(time.monotonic() - began, 1))


def run_up(settings: Settings) -> int:
    """Run the platform until it is told to stop; returns the exit code."""
    set_title("up")
    logs.configure(settings.logs)

    async def main() -> int:
        stop = stop_on_signals()
        async with platform(settings, os.environ) as running:
            click.echo(f"SupportCarr is running at {running.base_url}; Ctrl-C ends it.")
            await stop.wait()
        return 0

    return asyncio.run(main())
