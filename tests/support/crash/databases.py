"""MongoDB databases for scenarios: each run has its own, filled with a copy of the snapshot."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from rig.mongo import with_database


@dataclass(frozen=True)
class CollectionCopy:
    """A collection's name, its indexes except that of the id, and its documents as raw BSON."""

    name: str
    indexes: list[dict[str, Any]]
    rows: list[RawBSONDocument]


class Databases:
    """Databases on the server at *url*."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: MongoClient[Any] = MongoClient(url)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a new database, which is dropped at the end."""
        name = f"crash_{secrets.token_hex(6)}"
        try:
            yield with_database(self._url, name)
        finally:
            self._client.drop_database(name)

    def copy(self, url: str) -> list[CollectionCopy]:
        """Everything in the database at *url*."""
        database = self._client[_name(url)]
        raw = database.codec_options.with_options(document_class=RawBSONDocument)
        return [
            CollectionCopy(
                name,
                [_index_spec(index) for index in database[name].list_indexes() if index["name"] != "_id_"],
                list(database[name].with_options(codec_options=raw).find()),
            )
            for name in database.list_collection_names()
        ]

    def fill(self, url: str, copies: Sequence[CollectionCopy]) -> None:
        """Write the copies into the empty database at *url*."""
        database = self._client[_name(url)]
        for copied in copies:
            if copied.indexes:
                database.command("createIndexes", copied.name, indexes=copied.indexes)
            if copied.rows:
                database[copied.name].insert_many(copied.rows)


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _index_spec(index: Any) -> dict[str, Any]:
    """The specification that creates an index which the server describes as *index*."""
    return {name: value for name, value in index.items() if name not in ("v", "ns")}
