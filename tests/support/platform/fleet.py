"""Our real processes, one by one, on one store and one Redis of a test's own.

    async with Fleet(tmp_path, redis_server) as fleet:
        api = await fleet.start("api")
        async with fleet.session.get(f"{api.url}/api/v1/me", headers=...) as answer: ...

They say nothing: their log is in the folder, and shown by who wants to know why one did not start.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from support.http.server import PASSWORD, new_address
from supportcarr.bootstrap.settings import load_settings
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

READY_S = 60.0  # as ``supportcarr up`` has
ASK_TIMEOUT = aiohttp.ClientTimeout(total=5)
ROOMY = {"LIMITS_USER_PER_MINUTE": "1000000", "LIMITS_ADDRESS_PER_MINUTE": "1000000"}


@dataclass(slots=True)
class Member:
    """One running process."""

    process: asyncio.subprocess.Process
    url: str
    metrics_url: str
    log: Path

    def limit_files_to(self, size: int) -> None:
        """Let no file that it writes be longer: what a full disk looks like.  -1: as long as it likes."""
        running = psutil.Process(self.process.pid)
        _, most = running.rlimit(psutil.RLIMIT_FSIZE)
        running.rlimit(psutil.RLIMIT_FSIZE, (most if size < 0 else size, most))

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@dataclass(slots=True)
class Said:
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
            "DRAIN_SECONDS": "2",
        }
        self._settings = given | ROOMY | settings
        self._folder = folder
        self.store_path = Path(given["DATA"]) / "supportcarr.sqlite3"
        self._members: list[Member] = []
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Fleet:
        load_settings(self._environment({}), dotenv=None)  # makes the secrets that all share
        timeout = aiohttp.ClientTimeout(total=30)
        self.session = await self._closing.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self._members:
            if member.process.returncode is None:
                await member.kill()
        await self._closing.aclose()

    async def start(self, role: str, **settings: str) -> Member:
        """Start a process of that role (``api``, ``realtime``, ``worker``), with settings of its own, and
        wait until it may take traffic."""
        port, metrics_port = free_port(), free_port()
        ports = {"PORT": str(port), "REALTIME_PORT": str(port), "METRICS_PORT": str(metrics_port)}
        log = self._folder / f"{role}-{port}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "supportcarr", role,
                env=self._environment(ports | settings), cwd=self._folder, stdout=out, stderr=out,
            )  # fmt: skip
        base = "http://127.0.0.1"
        member = Member(process, f"{base}:{port}", f"{base}:{metrics_port}/metrics", log)
        self._members.append(member)
        asked = f"{base}:{metrics_port}" if role == "worker" else member.url
        try:
            async with asyncio.timeout(READY_S):
                while not await self._is_ready(asked):
                    assert process.returncode is None, log.read_text()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{role} is not ready after {READY_S:g} s: {log.read_text()}") from None
        return member

    async def _is_ready(self, url: str) -> bool:
        try:
            async with self.session.get(f"{url}/readyz", timeout=ASK_TIMEOUT) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        given = self._settings | more
        return kept | {PREFIX + name: value for name, value in given.items()}

    # --- requests ---------------------------------------------------------------------------------

    async def ask(
        self,
        member: Member,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        key: str = "",
        address: str = "",
    ) -> Said:
        """One request below ``/api/v1``, from an address of its own unless one is given."""
        headers = {"x-forwarded-for": address or new_address()}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key:
            headers["idempotency-key"] = key
        url = f"{member.url}/api/v1{path}"
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            content = await answer.json(content_type=None) if await answer.read() else None
            return Said(answer.status, answer.headers, content)

    async def sign_up(self, member: Member, phone: str) -> str:
        """A new rider's access token."""
        body = {"phone": phone, "password": PASSWORD, "name": "Ana Roy", "role": "rider"}
        said = await self.ask(member, "POST", "/auth/sign-up", body, key=phone)
        assert said.status == 201, said
        return str(said.body["access_token"])

    async def sign_in(self, member: Member, phone: str) -> str:
        """An access token of another session."""
        said = await self.ask(member, "POST", "/auth/sign-in", {"phone": phone, "password": PASSWORD})
        assert said.status == 200, said
        return str(said.body["access_token"])

    async def figure(self, member: Member, name: str) -> float:
        """A metric of that process."""
        async with self.session.get(member.metrics_url) as answer:
            lines = (await answer.text()).splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))
