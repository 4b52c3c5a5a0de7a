"""Sets a cluster up: replica sets, the shards behind a router, and what is sharded how.

Everything here is a list of administrative commands that may be given again: what is so already is
left as it is.  *run* gives one command to one database and answers the server's answer; in tests it
is a recorded log.  A deployment calls ``python -m supportcarr.kit.store.mongo.cluster``; the sharding of
collections is part of ``supportcarr check --apply``.

``rescuerequests`` is sharded by ``{region, _id}``: the region is in the rescue's id, so every read and
write by id names its shard, and a zone can pin a region to machines in it.  Regions that are pinned before
the collection is sharded have their documents in the right place from the first one on.

``deploy/mongodb/cluster`` shows the order: the config servers' set, each shard's set, the router, the
shards, the regions, and then ``supportcarr check --apply``.
"""

from __future__ import annotations

import argparse
import asyncio
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
    """Make the replica set *name* of *members* (``host:port``) and wait for its primary.

    *run* reaches one of them directly.  *config_servers*: it is to hold the settings of a cluster.
    Raises ``StoreUnavailable`` if there is no primary in time; ``ValueError`` if the server is in a set of
    another name.
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
            if late.code != _ALREADY_INITIALIZED:  # another was faster
                raise
    for _ in range(max(1, int(within_s / POLL_S))):
        if (await run("admin", {"hello": 1})).get("primary"):
            return
        await asyncio.sleep(POLL_S)
    raise StoreUnavailable(f"{name} has no primary after {within_s:g} s")


async def add_shards(run: Run, shards: Sequence[str]) -> None:
    """Put replica sets (``NAME/host:port,…``) behind the router that *run* reaches."""
    known = {shard["_id"] for shard in (await run("admin", {"listShards": 1}))["shards"]}
    for shard in shards:
        name = shard.partition("/")[0]
        if name not in known:
            await run("admin", {"addShard": shard, "name": name})


async def shard_collection(run: Run, database: str, spec: CollectionSpec[Any]) -> None:
    """Shard a collection by its spec's field.  Raises ``ValueError`` for a spec that names none."""
    if not spec.sharded_by:
        raise ValueError(f"{spec.name} is not declared as sharded")
    await run("admin", {"enableSharding": database})
    await run("admin", {"shardCollection": f"{database}.{spec.name}", "key": shard_key(spec)})


def shard_key(spec: CollectionSpec[Any]) -> dict[str, int]:
    """The key that a collection is sharded by: its field, and the id so that one region can be split."""
    return {str(spec.sharded_by): 1, "_id": 1}


async def pin_regions(run: Run, database: str, spec: CollectionSpec[Any], regions: Mapping[str, str]) -> None:
    """Keep the documents of each region on the shard that *regions* gives it."""
    await pin(run, f"{database}.{spec.name}", str(spec.sharded_by), regions)


async def pin(run: Run, collection: str, field: str, regions: Mapping[str, str]) -> None:
    """Keep what has a region in its *field* on that region's shard; *collection* is ``DATABASE.NAME``."""
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


def runner(client: AsyncMongoClient[Row]) -> Run:
    """Gives commands to the servers of *client*; each may take ``COMMAND_S``, whatever the client's own
    patience: a shard that joins, or a collection that is split, is waited for."""

    async def run(database: str, command: Command) -> Mapping[str, Any]:
        with pymongo.timeout(COMMAND_S):
            return await client[database].command(dict(command))

    return run


async def main(arguments: argparse.Namespace) -> None:
    """Do what a command line asks for."""
    async with AsyncMongoClient[Row](arguments.url, directConnection=True) as client:
        run = runner(client)
        match arguments.what:
            case "replica-set":
                await initiate_replica_set(
                    run, arguments.name, arguments.members, config_servers=arguments.config_servers
                )
            case "shards":
                await add_shards(run, arguments.shards)
            case "regions":
                await pin(run, arguments.collection, arguments.field, dict(arguments.regions))


def arguments_of(given: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command line.  Ends the process with a usage if they are wrong."""
    parser = argparse.ArgumentParser(prog="mongo_cluster", description="Sets a MongoDB cluster up.")
    parser.add_argument("url", help="of one member, or of the router")
    what = parser.add_subparsers(dest="what", required=True)
    replica_set = what.add_parser("replica-set", help="make a replica set")
    replica_set.add_argument("name")
    replica_set.add_argument("members", nargs="+", metavar="HOST:PORT")
    replica_set.add_argument("--config-servers", action="store_true", help="to hold a cluster's settings")
    shards = what.add_parser("shards", help="put replica sets behind a router")
    shards.add_argument("shards", nargs="+", metavar="NAME/HOST:PORT,…")
    regions = what.add_parser("regions", help="keep regions on shards")
    regions.add_argument("collection", metavar="DATABASE.COLLECTION")
    regions.add_argument("field", help="that holds the region")
    regions.add_argument("regions", nargs="+", type=_pair, metavar="REGION=SHARD")
    return parser.parse_args(given)


def _pair(given: str) -> tuple[str, str]:
    region, _, shard = given.partition("=")
    if not region or not shard:
        raise argparse.ArgumentTypeError(f"{given!r} is not REGION=SHARD")
    return region, shard


if __name__ == "__main__":
    asyncio.run(main(arguments_of(sys.argv[1:])))
    sys.stdout.write("done\n")
