"""The emulator's database: one SQLite file, so that its data survives a kill of the process.

Everything that one request writes (objects, events, deliveries, the response stored under its
idempotency key) is one transaction.  In WAL mode, committed transactions survive ``kill -9``.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from supportcarr.kit.runtime.private_files import restrict_database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    customer TEXT,
    intent TEXT,
    card TEXT,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (kind, customer, seq);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (kind, intent, seq);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    due REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT 'waiting'
);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (due);
"""

_PAGE_OF_OLDER = """
SELECT body FROM objects
WHERE kind = :kind AND customer IS ifnull(:customer, customer) AND intent IS ifnull(:intent, intent)
AND (:after IS NULL OR seq < (SELECT seq FROM objects WHERE id = :after))
ORDER BY seq DESC LIMIT :limit
"""
_PAGE_OF_NEWER = """
SELECT body FROM objects
WHERE kind = :kind AND customer IS ifnull(:customer, customer) AND intent IS ifnull(:intent, intent)
AND seq > (SELECT seq FROM objects WHERE id = :before)
ORDER BY seq LIMIT :limit
"""

_ALPHABET = string.ascii_letters + string.digits

Object = dict[str, Any]  # one of Stripe's objects, as in its JSON


class StoredResponse(NamedTuple):
    """A response stored under an idempotency key; *request* is the hash of the request."""

    request: str
    status: int
    body: str
    request_id: str


class Delivery(NamedTuple):
    """A webhook to send; *due* is a Unix time in seconds, ``None`` once delivered or given up."""

    seq: int
    event_id: str
    type: str
    due: float | None
    attempts: int
    outcome: str


def new_id(prefix: str) -> str:
    """A random id in Stripe's format."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(24))}"


class EmulatorDatabase:
    """Reads and writes the emulator's objects, idempotency keys and deliveries.  For one thread."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        restrict_database(file)
        self._db = sqlite3.connect(file, isolation_level=None, timeout=10)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything written inside, or nothing if the block raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def get(self, id: str, kind: str | None = None) -> Object | None:
        row = self._db.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ifnull(?, kind)", (id, kind)
        ).fetchone()
        found: Object | None = json.loads(row[0]) if row else None
        return found

    def put(self, item: Object, *, card: str | None = None) -> None:
        """Insert or replace an object; *card* is the name of the test card behind a payment method."""
        intent = item.get("payment_intent")
        self._db.execute(
            "INSERT INTO objects (id, kind, customer, intent, card, body) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, "
            "card = ifnull(excluded.card, card), body = excluded.body",
            (item["id"], item["object"], item.get("customer"), intent, card, json.dumps(item)),
        )

    def card_of(self, method_id: str) -> str:
        """The name of the test card behind a payment method."""
        row = self._db.execute("SELECT card FROM objects WHERE id = ?", (method_id,)).fetchone()
        return str(row[0])

    def newest(
        self,
        kind: str,
        *,
        customer: str | None = None,
        intent: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> list[Object]:
        """Objects of a kind, newest first: those older than *after*, or those newer than *before*."""
        values = {"kind": kind, "customer": customer, "intent": intent}
        values |= {"after": after, "before": before}
        statement = _PAGE_OF_NEWER if before else _PAGE_OF_OLDER
        rows = self._db.execute(statement, values | {"limit": limit}).fetchall()
        found: list[Object] = [json.loads(row[0]) for row in rows]
        return found[::-1] if before else found

    def all(self, kind: str) -> Iterator[Object]:
        """Every object of a kind, oldest first."""
        for row in self._db.execute("SELECT body FROM objects WHERE kind = ? ORDER BY seq", (kind,)):
            yield json.loads(row[0])

    def stored_response(self, key: str) -> StoredResponse | None:
        row = self._db.execute(
            "SELECT request, status, body, request_id FROM idempotency WHERE key = ?", (key,)
        ).fetchone()
        return StoredResponse(*row) if row else None

    def store_response(self, key: str, response: StoredResponse, now: float) -> None:
        self._db.execute("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)", (key, *response, now))

    def delete_expired_keys(self, before: float) -> None:
        self._db.execute("DELETE FROM idempotency WHERE created < ?", (before,))

    def schedule_delivery(self, event: Object, due: float) -> None:
        """Schedule a webhook to be sent at *due* (Unix time, seconds)."""
        self._db.execute(
            "INSERT INTO deliveries (event_id, type, due) VALUES (?, ?, ?)", (event["id"], event["type"], due)
        )

    def due_deliveries(self, now: float, limit: int) -> list[Delivery]:
        rows = self._db.execute(
            "SELECT * FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?", (now, limit)
        ).fetchall()
        return [Delivery(*row) for row in rows]

    def next_delivery_at(self) -> float | None:
        row = self._db.execute("SELECT min(due) FROM deliveries").fetchone()
        return None if row[0] is None else float(row[0])

    def record_attempt(self, seq: int, outcome: str, due: float | None) -> None:
        """Record the outcome of an attempt; *due* is the time of the next one (``None``: no more)."""
        self._db.execute(
            "UPDATE deliveries SET attempts = attempts + 1, outcome = ?, due = ? WHERE seq = ?",
            (outcome, due, seq),
        )

    def latest_deliveries(self, limit: int) -> list[Delivery]:
        rows = self._db.execute("SELECT * FROM deliveries ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()
        return [Delivery(*row) for row in rows]
