"""Set up a MongoDB cluster: replica sets, shards, zones, and the sharding of collections.

Each function sends administrative commands and is idempotent.  *run* sends one command to one database
and returns the server's response; tests pass one that records the commands.  A deployment calls
``python -m supportcarr.kit.store.mongo.cluster``; collections are sharded by ``supportcarr check --apply``.

``rescuerequests`` is sharded by ``{region, _id}``: the region is in the rescue's id, so every read and
write by id goes to one shard, and a zone can pin a region to machines located in it.  Pin regions before
the collection is sharded, so that even their first documents are stored on the right shard.

``deploy/mongodb/cluster`` shows the order: the replica set of the config servers, that of each shard, the
router, the shards, the regions, and then ``supportcarr check --apply``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pymongo
from bson import MaxKey, MinKey
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from supportcarr.kit.store.mongo.document import Row
from supportcarr.kit.store.port import CollectionSpec, StoreUnavailable

Command = Mapping[str, Any]
Run = Callable[[str, Command], Awaitable[Mapping[str, Any]]]

# src/mongo/base/error_codes.yml
_ALREADY_INITIALIZED = 23
_NOT_YET_INITIALIZED = 94

POLL_S = 0.25
COMMAND_S = 120.0


async def initiate_replica_set(
    run: Run, name: str, members: Sequence[str], *, config_servers: bool = False, within_s: float = 60.0
) -> None:
    """Create the replica set *name* of *members* (``host:port``) and wait for its primary.

    *run* is connected directly to one of the members.  *config_servers*: these are the cluster's config
    servers.  Raises ``StoreUnavailable`` if there is no primary in time; ``ValueError`` if the server is
    in a replica set of another name.
    """
    try:
        status = await run("admin", {"replSetGetStatus": 1})
        if status["set"] != name:
            raise ValueError(f"this server is in the replica set {status['set']}")
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        config: Row = {"_id": name, "members": [{"_id": n, "host": host} for n, host in enumerate(members)]}
        if config_servers:
            config["configsvr"] = True
        try:
            await run("admin", {"replSetInitiate": config})
        except OperationFailure as late:
            if late.code != _ALREADY_INITIALIZED:  # another process did it in the meantime
                raise
    for _ in range(max(1, int(within_s / POLL_S))):
        if (await run("admin", {"hello": 1})).get("primary"):
            return
        await asyncio.sleep(POLL_S)
    raise StoreUnavailable(f"{name} has no primary after {within_s:g} s")


async def add_shards(run: Run, shards: Sequence[str]) -> None:
    """Add replica sets (``NAME/host:port,…``) as shards; *run* is connected to the router."""
    known = {shard["_id"] for shard in (await run("admin", {"listShards": 1}))["shards"]}
    for shard in shards:
        name = shard.partition("/")[0]
        if name not in known:
            await run("admin", {"addShard": shard, "name": name})


async def shard_collection(run: Run, database: str, spec: CollectionSpec[Any]) -> None:
    """Shard a collection by the field in its spec.  Raises ``ValueError`` for a spec without one."""
    if not spec.sharded_by:
        raise ValueError(f"{spec.name} is not declared as sharded")
    await run("admin", {"enableSharding": database})
    await run("admin", {"shardCollection": f"{database}.{spec.name}", "key": shard_key(spec)})


def shard_key(spec: CollectionSpec[Any]) -> dict[str, int]:
    """The shard key of a collection: its field, then the id, so that one region can be split."""
    return {str(spec.sharded_by): 1, "_id": 1}


async def pin_regions(run: Run, database: str, spec: CollectionSpec[Any], regions: Mapping[str, str]) -> None:
    """Pin the documents of each region to its shard in *regions*."""
    await pin_zones(run, f"{database}.{spec.name}", str(spec.sharded_by), regions)


async def pin_zones(run: Run, collection: str, field: str, regions: Mapping[str, str]) -> None:
    """Pin documents to shards by the region in their *field*; *collection* is ``DATABASE.NAME``."""
    for region, shard in regions.items():
        await run("admin", {"addShardToZone": shard, "zone": region})
        await run(
            "admin",
            {
                "updateZoneKeyRange": collection,
                "min": {field: region, "_id": MinKey()},
                "max": {field: region, "_id": MaxKey()},
                "zone": region,
            },
        )


def command_runner(client: AsyncMongoClient[Row]) -> Run:
    """A function that sends commands through *client*, each with a time-out of ``COMMAND_S`` in place of
    the client's: adding a shard or splitting a collection takes longer than other commands."""

    async def run(database: str, command: Command) -> Mapping[str, Any]:
        with pymongo.timeout(COMMAND_S):
            return await client[database].command(dict(command))

    return run


async def main(arguments: argparse.Namespace) -> None:
    """Run the command that the command line names."""
    name = arguments.url.removeprefix("env:")
    url = arguments.url if name == arguments.url else os.environ[name]
    async with AsyncMongoClient[Row](url, directConnection=True) as client:
        run = command_runner(client)
        match arguments.command:
            case "replica-set":
                await initiate_replica_set(
                    run, arguments.name, arguments.members, config_servers=arguments.config_servers
                )
            case "shards":
                await add_shards(run, arguments.shards)
            case "regions":
                await pin_zones(run, arguments.collection, arguments.field, dict(arguments.regions))


def parse_arguments(given: Sequence[str]) -> argparse.Namespace:
    """Parse a command line.  Prints the usage and ends the process if it is wrong."""
    parser = argparse.ArgumentParser(prog="mongo_cluster", description="Set up a MongoDB cluster.")
    parser.add_argument(
        "url",
        help="URL of one member, or of the router; or env:NAME, the variable that has it: "
        "whoever is on the machine sees arguments",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    replica_set = commands.add_parser("replica-set", help="create a replica set")
    replica_set.add_argument("name")
    replica_set.add_argument("members", nargs="+", metavar="HOST:PORT")
    replica_set.add_argument("--config-servers", action="store_true", help="these are the config servers")
    shards = commands.add_parser("shards", help="add replica sets as shards")
    shards.add_argument("shards", nargs="+", metavar="NAME/HOST:PORT,…")
    regions = commands.add_parser("regions", help="pin regions to shards")
    regions.add_argument("collection", metavar="DATABASE.COLLECTION")
    regions.add_argument("field", help="the field that holds the region")
    regions.add_argument("regions", nargs="+", type=_pair, metavar="REGION=SHARD")
    return parser.parse_args(given)


def _pair(given: str) -> tuple[str, str]:
    region, _, shard = given.partition("=")
    if not region or not shard:
        raise argparse.ArgumentTypeError(f"{given!r} is not REGION=SHARD")
    return region, shard


if __name__ == "__main__":
    asyncio.run(main(parse_arguments(sys.argv[1:])))
    sys.stdout.write("done\n")
