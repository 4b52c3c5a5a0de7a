"""One collection as a table: its columns, its statements, and its migration to a changed spec.

A table has ``_id``, ``_version``, ``_body`` (the document as JSON) and one column for each field that
a query may name, filled from the document at every write.  All collections share ``_outbox``.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.store.cursors import KeyValue
from supportcarr.kit.store.port import (
    CollectionSpec,
    DuplicateKey,
    StoredDocument,
    StoreError,
    VersionConflict,
)
from supportcarr.kit.store.sqlite.query import column_value

D = TypeVar("D", bound=Document)

OUTBOX = (
    """CREATE TABLE IF NOT EXISTS _outbox (
        seq INTEGER PRIMARY KEY,
        collection TEXT NOT NULL,
        document_id TEXT NOT NULL,
        event_id TEXT NOT NULL,
        saved_at REAL NOT NULL,
        body BLOB NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS _outbox_document ON _outbox (collection, document_id, seq)",
)

_STORED_EVENTS = (
    "SELECT document_id, body FROM _outbox"
    " WHERE collection = ? AND document_id BETWEEN ? AND ? ORDER BY document_id, seq"
)

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_encoder = msgspec.json.Encoder()
event_decoder = msgspec.json.Decoder(EventEnvelope)


class Table(Generic[D]):
    """The statements of one collection.  Methods that take a connection expect an open transaction."""

    def __init__(self, spec: CollectionSpec[D]) -> None:
        for name in (spec.name, *spec.fields):
            if not _NAME.match(name):
                raise ValueError(f"{name!r} cannot name a table or a column")
        self.spec = spec
        self.name = f'"{spec.name}"'
        self._decoder = msgspec.json.Decoder(spec.type)
        self._fields = spec.fields
        columns = ["_id", "_version", "_body", *(f'"{f}"' for f in spec.fields)]
        # The id of a deleted document stays taken while it has pending events, as with MongoDB's tombstones.
        self._insert = (
            f"INSERT INTO {self.name} ({', '.join(columns)}) SELECT {', '.join('?' * len(columns))}"  # noqa: S608 - names are declared, values are parameters
            " WHERE NOT EXISTS (SELECT 1 FROM _outbox WHERE collection = ? AND document_id = ?)"
        )
        self._insert_new = f"{self._insert} ON CONFLICT (_id) DO NOTHING"
        sets = ", ".join(f"{column} = ?" for column in columns[1:])
        # Most saves leave the indexed fields unchanged; naming them in SET would rewrite every index.
        same = "".join(f" AND {column} IS ?" for column in columns[3:])
        self._update_body = (
            f"UPDATE {self.name} SET _version = ?, _body = ? WHERE _id = ? AND _version = ?{same}"  # noqa: S608 - names are declared, values are parameters
        )
        self._update = f"UPDATE {self.name} SET {sets} WHERE _id = ? AND _version = ?"  # noqa: S608 - names are declared, values are parameters
        self._delete = f"DELETE FROM {self.name} WHERE _id = ? AND _version = ?"  # noqa: S608 - names are declared, values are parameters
        self._stored_ids = (
            f"SELECT * FROM (SELECT _id FROM {self.name} WHERE _id > ? ORDER BY _id LIMIT ?)"  # noqa: S608 - names are declared, values are parameters
            " UNION SELECT * FROM (SELECT DISTINCT document_id FROM _outbox"
            " WHERE collection = ? AND document_id > ? ORDER BY document_id LIMIT ?) ORDER BY 1 LIMIT ?"
        )
        self._stored_bodies = f"SELECT _id, _body FROM {self.name} WHERE _id BETWEEN ? AND ?"  # noqa: S608 - names are declared, values are parameters
        self.get = f"SELECT _body FROM {self.name} WHERE _id = ?"  # noqa: S608 - names are declared, values are parameters

    def decode(self, body: bytes) -> D:
        """The document of a body.  Raises ``StoreError`` if it does not fit the document's type."""
        try:
            return self._decoder.decode(body)
        except msgspec.DecodeError as error:
            raise StoreError(f"{self.spec.name}: a stored document cannot be read: {error}") from error

    def row(self, document: D) -> tuple[Any, ...]:
        """The values of the columns, in their order."""
        values = [column_value(getattr(document, field)) for field in self._fields]
        return (document.id, document.version, _encoder.encode(document), *values)

    # --- writes -------------------------------------------------------------------------------

    def insert(
        self, connection: sqlite3.Connection, row: tuple[Any, ...], events: Sequence[EventEnvelope]
    ) -> None:
        try:
            done = connection.execute(self._insert, (*row, self.spec.name, row[0]))
        except sqlite3.IntegrityError as error:
            raise self._duplicate(error) from None
        if not done.rowcount:
            raise DuplicateKey(self.spec.name, "id")
        self._record(connection, row[0], events)

    def insert_new(self, connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> int:
        """Insert the rows whose id is free; return how many.  Inserts none if a unique key is taken."""
        stored = 0
        connection.execute("SAVEPOINT many")
        try:
            for row in rows:
                stored += connection.execute(self._insert_new, (*row, self.spec.name, row[0])).rowcount
        except sqlite3.IntegrityError as error:
            connection.execute("ROLLBACK TO many")
            raise self._duplicate(error) from None
        finally:
            connection.execute("RELEASE many")
        return stored

    def save(
        self, connection: sqlite3.Connection, row: tuple[Any, ...], read: int, events: Sequence[EventEnvelope]
    ) -> None:
        name, *values = row
        if not connection.execute(self._update_body, (*values[:2], name, read, *values[2:])).rowcount:
            try:
                done = connection.execute(self._update, (*values, name, read))
            except sqlite3.IntegrityError as error:
                raise self._duplicate(error) from None
            if not done.rowcount:
                raise self._conflict(name, read)
        self._record(connection, row[0], events)

    def delete(self, connection: sqlite3.Connection, id: str, version: int) -> None:
        if not connection.execute(self._delete, (id, version)).rowcount:
            raise self._conflict(id, version)

    # --- copies to and from another engine ----------------------------------------------------

    def read_stored(self, connection: sqlite3.Connection, after: str, limit: int) -> list[StoredDocument[D]]:
        """As ``Collection.read_stored``, from one snapshot of the file."""
        connection.execute("BEGIN")
        try:
            ids = [
                row[0]
                for row in connection.execute(
                    self._stored_ids, (after, limit, self.spec.name, after, limit, limit)
                )
            ]
            if not ids:
                return []
            bodies = dict(connection.execute(self._stored_bodies, (ids[0], ids[-1])))
            events: dict[str, list[EventEnvelope]] = {}
            for name, body in connection.execute(_STORED_EVENTS, (self.spec.name, ids[0], ids[-1])):
                events.setdefault(name, []).append(event_decoder.decode(body))
        finally:
            connection.execute("COMMIT")
        return [
            StoredDocument(
                name, self.decode(bodies[name]) if name in bodies else None, tuple(events.get(name, ()))
            )
            for name in ids
        ]

    def write_stored(self, connection: sqlite3.Connection, documents: Sequence[StoredDocument[D]]) -> None:
        """As ``Collection.write_stored``; all or none of them."""
        connection.execute("SAVEPOINT many")
        try:
            self.erase_stored(connection, [stored.id for stored in documents])
            for stored in documents:
                if stored.document is not None:
                    row = self.row(stored.document)
                    connection.execute(self._insert, (*row, self.spec.name, row[0]))
                self._record(connection, stored.id, stored.events)
        except sqlite3.IntegrityError as error:
            connection.execute("ROLLBACK TO many")
            raise self._duplicate(error) from None
        finally:
            connection.execute("RELEASE many")

    def erase_stored(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        """As ``Collection.erase_stored``."""
        connection.executemany(f"DELETE FROM {self.name} WHERE _id = ?", [(name,) for name in ids])  # noqa: S608 - names are declared, values are parameters
        connection.executemany(
            "DELETE FROM _outbox WHERE collection = ? AND document_id = ?",
            [(self.spec.name, name) for name in ids],
        )

    def _record(self, connection: sqlite3.Connection, id: str, events: Sequence[EventEnvelope]) -> None:
        for event in events:
            connection.execute(
                "INSERT INTO _outbox (collection, document_id, event_id, saved_at, body)"
                " VALUES (?, ?, ?, ?, ?)",
                (self.spec.name, id, event.id, time.time(), _encoder.encode(event)),
            )

    def _conflict(self, id: str, version: int) -> VersionConflict:
        return VersionConflict(f"{self.spec.name}: {id} is not at version {version}")

    def _duplicate(self, error: sqlite3.IntegrityError) -> DuplicateKey:
        column = str(error).rpartition(".")[2]  # "UNIQUE constraint failed: users.phone_hash"
        return DuplicateKey(self.spec.name, "id" if column == "_id" else column)

    # --- schema -------------------------------------------------------------------------------

    def indexes(self) -> dict[str, str]:
        """The statement that creates each declared index, by the index's name."""
        result = {}
        for index in self.spec.indexes:
            fields = [f for f in index.fields if f != "id"]
            name = "__".join([self.spec.name, *fields])
            columns = ", ".join([*(f'"{f}"' for f in fields), "_id"])
            result[name] = f'CREATE INDEX "{name}" ON {self.name} ({columns})'
        for field in self.spec.unique:
            name = f"{self.spec.name}__{field}__unique"
            result[name] = (
                f'CREATE UNIQUE INDEX "{name}" ON {self.name} ("{field}") WHERE "{field}" IS NOT NULL'
            )
        return result

    def missing(self, connection: sqlite3.Connection) -> list[str]:
        """What the spec declares and the file lacks, as plain sentences."""
        columns = self._columns(connection)
        if not columns:
            return [f"The collection {self.spec.name} does not exist yet."]
        has = self._existing_indexes(connection)
        return [
            *(f"{self.spec.name} has no column for {f} yet." for f in self._fields if f not in columns),
            *(f"{self.spec.name} lacks the index {name}." for name in self.indexes() if name not in has),
        ]

    def undeclared(self, connection: sqlite3.Connection) -> list[str]:
        """Names of indexes that the spec does not declare any more."""
        return sorted(self._existing_indexes(connection) - set(self.indexes()))

    def migrate(self, connection: sqlite3.Connection) -> None:
        """Create the table, its columns and its indexes; fill new columns from the documents.

        Runs in the caller's transaction.  Raises ``StoreError`` if stored documents do not fit the spec.
        """
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {self.name}"
            " (_id TEXT NOT NULL PRIMARY KEY, _version INTEGER NOT NULL, _body BLOB NOT NULL)"
        )
        columns = self._columns(connection)
        added = [f for f in self._fields if f not in columns]
        for field in added:
            connection.execute(f'ALTER TABLE {self.name} ADD COLUMN "{field}"')
        if added:
            self._fill_columns(connection, added)
        has = self._existing_indexes(connection)
        for name, statement in self.indexes().items():
            if name not in has:
                try:
                    connection.execute(statement)
                except sqlite3.IntegrityError as error:
                    raise StoreError(
                        f"The index {name} cannot be created: stored documents repeat its value."
                    ) from error

    def _fill_columns(self, connection: sqlite3.Connection, fields: Sequence[str]) -> None:
        sets = ", ".join(f'"{field}" = ?' for field in fields)
        statement = f"UPDATE {self.name} SET {sets} WHERE _id = ?"  # noqa: S608 - names are declared, values are parameters
        last = ""
        while rows := connection.execute(
            f"SELECT _id, _body FROM {self.name} WHERE _id > ? ORDER BY _id LIMIT 1000",  # noqa: S608 - names are declared, values are parameters
            (last,),
        ).fetchall():
            for document_id, body in rows:
                document = self.decode(body)
                values: list[KeyValue] = [column_value(getattr(document, field)) for field in fields]
                connection.execute(statement, (*values, document_id))
            last = rows[-1][0]

    def _columns(self, connection: sqlite3.Connection) -> set[str]:
        return {row[1] for row in connection.execute(f"PRAGMA table_info({self.name})")}

    def _existing_indexes(self, connection: sqlite3.Connection) -> set[str]:
        return {row[1] for row in connection.execute(f"PRAGMA index_list({self.name})") if row[3] == "c"}
