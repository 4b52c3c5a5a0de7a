"""Run single processes of the platform on one store and one Redis.

    async with Fleet(tmp_path, redis_server) as fleet:
        api = await fleet.start("api")
        async with fleet.session.get(f"{api.url}/api/v1/me", headers=...) as response: ...

Each process logs to a file in the folder; the log is shown if the process does not start.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from support.http.server import PASSWORD, new_address
from support.ports import free_port
from support.sms import code_of
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.settings import load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.kit.store.port import Store
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

READY_S = 180.0
READY_REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=5)
UNLIMITED = {"LIMITS_USER_PER_MINUTE": "1000000", "LIMITS_ADDRESS_PER_MINUTE": "1000000"}


@dataclass(slots=True)
class FleetProcess:
    """One running process."""

    process: asyncio.subprocess.Process
    url: str
    metrics_url: str
    log: Path

    def limit_files_to(self, size: int) -> None:
        """Limit the size of files that it writes, which looks like a full disk.  -1: no limit."""
        running = psutil.Process(self.process.pid)
        _, maximum = running.rlimit(psutil.RLIMIT_FSIZE)
        running.rlimit(psutil.RLIMIT_FSIZE, (maximum if size < 0 else size, maximum))

    async def end(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.terminate()
        return await self.process.wait()

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@dataclass(slots=True)
class Response:
    status: int
    headers: Any
    body: Any


class Fleet:
    def __init__(self, folder: Path, redis: EmbeddedRedis, **settings: str) -> None:
        given = {
            "DATA": str(folder / "data"),
            "REDIS_URL": redis.url,
            "AUTH_BCRYPT_COST": "4",
            "STRIPE_API_BASE": "http://127.0.0.1:9",
            "TWILIO_API_BASE": "http://127.0.0.1:9",
            "DRAIN_SECONDS": "2",
            "DRAIN_IDLE_SECONDS": "0",
        }
        self._settings = given | UNLIMITED | settings
        self._folder = folder
        self.store_path = Path(given["DATA"]) / "supportcarr.sqlite3"
        self._started: list[FleetProcess] = []
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Fleet:
        load_settings(self._environment({}), dotenv=None)  # creates the secrets that all processes share
        timeout = aiohttp.ClientTimeout(total=240)
        self.session = await self._closing.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._started:
            if each.process.returncode is None:
                await each.kill()
        await self._closing.aclose()

    async def start(self, role: str, *, port: int = 0, **settings: str) -> FleetProcess:
        """Start a process of that role (``api``, ``realtime``, ``worker``) with additional settings, and wait
        until it is ready for traffic.  *port*: of a process that it replaces."""
        port, metrics_port = port or free_port(), free_port()
        ports = {"PORT": str(port), "REALTIME_PORT": str(port), "METRICS_PORT": str(metrics_port)}
        log = self._folder / f"{role}-{port}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "supportcarr", role,
                env=self._environment(ports | settings), cwd=self._folder, stdout=out, stderr=out,
            )  # fmt: skip
        base = "http://127.0.0.1"
        started = FleetProcess(process, f"{base}:{port}", f"{base}:{metrics_port}/metrics", log)
        self._started.append(started)
        ready_url = f"{base}:{metrics_port}" if role == "worker" else started.url
        try:
            async with asyncio.timeout(READY_S):
                while not await self._is_ready(ready_url):
                    assert process.returncode is None, log.read_text()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{role} is not ready after {READY_S:g} s: {log.read_text()}") from None
        return started

    async def _is_ready(self, url: str) -> bool:
        try:
            async with self.session.get(f"{url}/readyz", timeout=READY_REQUEST_TIMEOUT) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        given = self._settings | more
        return kept | {PREFIX + name: value for name, value in given.items()}

    # --- requests ---------------------------------------------------------------------------------

    async def request(
        self,
        target: FleetProcess,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        key: str = "",
        address: str = "",
    ) -> Response:
        """Send a request below ``/api/v1``, from a new address unless one is given."""
        headers = {"x-forwarded-for": address or new_address()}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key:
            headers["idempotency-key"] = key
        url = f"{target.url}/api/v1{path}"
        async with self.session.request(method, url, json=body, headers=headers) as response:
            content = await response.json(content_type=None) if await response.read() else None
            return Response(response.status, response.headers, content)

    async def sign_up(self, target: FleetProcess, phone: str, role: str = "rider") -> str:
        """Create a person whose phone is verified, and return the access token."""
        body = {"phone": phone, "password": PASSWORD, "name": "Ana Roy", "role": role}
        response = await self.request(target, "POST", "/auth/sign-up", body, key=phone)
        assert response.status == 201, response
        token, user_id = str(response.body["access_token"]), str(response.body["user"]["id"])
        code = {"code": await self.code_of(user_id)}
        response = await self.request(target, "POST", "/auth/phone-verification", code, token=token)
        assert response.status == 200, response
        return str(response.body["access_token"])

    async def code_of(self, user_id: str) -> str:
        """The code that was requested last to verify the phone of that account."""
        secret = load_settings(self._environment({}), dotenv=None).auth.lookup_secret
        async with self.open_store() as store:
            return await code_of(store, secret, user_id)

    @asynccontextmanager
    async def open_store(self) -> AsyncIterator[Store]:
        """The store of the processes, with the keys that seal it."""
        store = store_of(load_settings(self._environment({}), dotenv=None))
        for spec in SPECS:
            store.collection(spec)
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    async def sign_in(self, target: FleetProcess, phone: str) -> str:
        """Sign in and return the access token of the new session."""
        response = await self.request(target, "POST", "/auth/sign-in", {"phone": phone, "password": PASSWORD})
        assert response.status == 200, response
        return str(response.body["access_token"])

    async def metric(self, target: FleetProcess, name: str) -> float:
        """The value of a metric of that process."""
        async with self.session.get(target.metrics_url) as response:
            lines = (await response.text()).splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))
