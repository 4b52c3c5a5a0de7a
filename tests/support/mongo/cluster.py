"""The sharded MongoDB of ``deploy/mongodb``, for tests that need more than one server.

``SUPPORTCARR_TEST_CLUSTER`` is the URL of its router.  Without it those tests are skipped.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from supportcarr.kit.store.mongo.document import Row

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = ROOT / "deploy" / "mongodb" / "compose.yaml"
VARIABLE = "SUPPORTCARR_TEST_CLUSTER"
SKIP_REASON = (
    f"{VARIABLE} is not set: this needs a sharded MongoDB in containers (deploy/mongodb/cluster up), "
    "which GitHub Actions has"
)
TIMEOUT_S = 120.0


def router_url() -> str | None:
    """The URL of the router, if there is one."""
    return os.environ.get(VARIABLE) or None


def direct_url(member: str) -> str:
    """The URL of a member, bypassing the router: each publishes its port on the loopback interface."""
    return f"mongodb://127.0.0.1:{member.rpartition(':')[2]}/?directConnection=true"


def service_of(member: str) -> str:
    """The container of a member."""
    return member.partition(":")[0]


def members_of(listed: Mapping[str, Any], shard: str) -> tuple[str, ...]:
    """The members of a shard, from the answer to ``listShards``.  Raises ``KeyError``."""
    hosts = {one["_id"]: one["host"] for one in listed["shards"]}[shard]
    return tuple(hosts.partition("/")[2].split(","))


class Cluster:
    """A running cluster.  Members have the names that the servers use (``east-2:27102``)."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def members(self, shard: str) -> tuple[str, ...]:
        async with AsyncMongoClient[Row](self.url) as client:
            return members_of(await client.admin.command("listShards"), shard)

    async def run_command(self, member: str, command: str) -> Mapping[str, Any]:
        """The response of one member."""
        async with AsyncMongoClient[Row](direct_url(member), serverSelectionTimeoutMS=2000) as client:
            return await client.admin.command(command)

    async def primary(self, shard: str, *, other_than: str | None = None) -> str:
        """The primary of a shard; waits until there is one.  Raises ``TimeoutError``."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                for member in await self.members(shard):
                    try:
                        hello = await self.run_command(member, "hello")
                    except PyMongoError:
                        continue
                    if hello.get("isWritablePrimary") and member != other_than:
                        return member
                await asyncio.sleep(0.2)

    async def secondaries(self, shard: str) -> list[str]:
        """The secondaries of a shard; waits until all of them are.  Raises ``TimeoutError``."""
        primary = await self.primary(shard)
        others = [member for member in await self.members(shard) if member != primary]
        for member in others:
            await self.wait_until_secondary(member)
        return others

    async def wait_until_secondary(self, member: str) -> None:
        """Wait until a member is a secondary.  Raises ``TimeoutError``."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    if (await self.run_command(member, "hello")).get("secondary"):
                        return
                except PyMongoError:
                    pass  # it is not up yet
                await asyncio.sleep(0.2)

    @asynccontextmanager
    async def killed(self, member: str) -> AsyncIterator[None]:
        """``kill -9`` a member; on exit start it again and wait until it is a secondary."""
        await _compose("kill", "--signal", "SIGKILL", service_of(member))
        try:
            yield
        finally:
            await _compose("up", "--detach", "--wait", "--no-recreate", service_of(member))
            await self.wait_until_secondary(member)

    @asynccontextmanager
    async def failing(self, commands: Sequence[str], **how: object) -> AsyncIterator[None]:
        """Make the router fail our next command of one of these names; *how*: options of ``failCommand``.

        https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
        """
        async with AsyncMongoClient[Row](self.url) as client:
            data = {"failCommands": list(commands), "appName": "supportcarr", **how}
            point = {"configureFailPoint": "failCommand"}
            await client.admin.command({**point, "mode": {"times": 1}, "data": data})
            try:
                yield
            finally:
                await client.admin.command({**point, "mode": "off"})


async def _compose(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "docker",
        "compose",
        "--file",
        str(COMPOSE),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"docker compose {' '.join(arguments)}: {output.decode(errors='replace')}")
