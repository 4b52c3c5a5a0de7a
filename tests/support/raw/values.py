"""The personal values of a store, as its models declare them, and what lies in the places around it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import structs

from support.raw.search import DIGITS, Found, Value
from supportcarr.contracts.personal import DELETED
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.sealing.store import PersonalCollection
from supportcarr.kit.store.port import CollectionSpec, Store
from supportcarr.rescues.commands import Abort, Cancel, Release

# What a reason says in a code is published with events on purpose.
CODES = Abort.codes | Release.codes | Cancel.codes | {"no_show", "other", "CAD"}
_COORDINATE = re.compile(rf"-?\d+\.\d{{{DIGITS},}}")


async def personal_values(store: Store, specs: Iterable[CollectionSpec[Any]]) -> dict[str, set[Value]]:
    """Every personal text and exact coordinate in the store, by collection and field."""
    found: dict[str, set[Value]] = {}
    for spec in specs:
        collection = store.collection(spec)
        if not isinstance(collection, PersonalCollection):
            continue
        shape = collection.shape
        async for document in collection.scan():
            for part in shape.parts:
                _add(found, f"{spec.name}.{part.name}", part.value_of(document))
            for items in shape.items:
                for item in getattr(document, items.field):
                    if items.is_plain(item):
                        _add(found, f"{spec.name}.{items.field}", items.value_of(item))
    return found


def _add(found: dict[str, set[Value]], kind: str, value: Any) -> None:
    leaves = {leaf for leaf in _leaves(value) if leaf not in CODES and leaf not in ("", DELETED)}
    if leaves:
        found.setdefault(kind, set()).update(leaves)


def _leaves(value: Any) -> Iterator[Value]:
    """The texts in a value, and the numbers with the digits of an exact place."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, float):
        if _COORDINATE.fullmatch(repr(value)):
            yield value
    elif isinstance(value, msgspec.Struct):
        for field in structs.fields(value):
            if not _is_code(field.type):
                yield from _leaves(getattr(value, field.name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _leaves(one)


def _is_code(hint: Any) -> bool:
    """True of a type whose texts are words of ours."""
    return get_origin(hint) is Literal or any(_is_code(one) for one in get_args(hint))


def files_below(folder: Path, *but: str) -> Iterator[tuple[str, bytes]]:
    """The name and content of each file, but for those whose name begins with one of *but*."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(but):
            yield str(path.relative_to(folder)), path.read_bytes()


async def mongo_documents(url: str) -> bytes:
    """Every document of the database, as the server sends it (BSON)."""
    from bson.raw_bson import RawBSONDocument
    from pymongo import AsyncMongoClient

    client: AsyncMongoClient[RawBSONDocument] = AsyncMongoClient(url, document_class=RawBSONDocument)
    try:
        database = client.get_default_database("supportcarr")
        return b"\n".join(
            [
                name.encode() + b"\0" + document.raw
                for name in await database.list_collection_names()
                async for document in database[name].find()
            ]
        )
    finally:
        await client.close()


async def redis_values(redis: RedisClient) -> AsyncIterator[tuple[str, bytes]]:
    """Every key of Redis, and everything that it holds."""
    for name in await redis.call("KEYS", "*"):
        kind = str(await redis.call("TYPE", name, decode=True))
        read = {
            "string": ("GET", name),
            "hash": ("HGETALL", name),
            "list": ("LRANGE", name, 0, -1),
            "set": ("SMEMBERS", name),
            "zset": ("ZRANGE", name, 0, -1),
            "stream": ("XRANGE", name, "-", "+"),
        }.get(kind)
        if read is not None:  # it has expired meanwhile
            yield name.decode(), name + b" " + b"\n".join(_bytes_in(await redis.call(*read)))


def without_live_positions(place: str, hits: set[Found]) -> set[Found]:
    """What was found, but for coordinates among the live positions in Redis: the stated exception."""
    live = place.startswith("redis sc:{pos}:")
    return {hit for hit in hits if not (live and isinstance(hit.value, float))}


def _bytes_in(reply: Any) -> Iterator[bytes]:
    if isinstance(reply, bytes):
        yield reply
    elif isinstance(reply, dict):
        for pair in reply.items():
            yield from _bytes_in(pair)
    elif isinstance(reply, list | tuple | set):
        for one in reply:
            yield from _bytes_in(one)
    elif reply is not None:
        yield str(reply).encode()
