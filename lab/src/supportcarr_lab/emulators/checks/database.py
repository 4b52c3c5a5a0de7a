"""What the emulator of checks was sent: one SQLite file, which survives a kill of the process."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from supportcarr.kit.runtime.private_files import restrict_database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS candidates (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL, reference TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS reports (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    candidate_id TEXT NOT NULL REFERENCES candidates (id),
    reference TEXT NOT NULL,
    created REAL NOT NULL,
    ready REAL NOT NULL,
    webhooks TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, request TEXT NOT NULL, response TEXT NOT NULL);
"""


class Report(NamedTuple):
    """A report with its candidate; *created* and *ready* are Unix time, *webhooks* how they were answered."""

    id: str
    kind: str
    reference: str
    created: float
    ready: float
    webhooks: str
    name: str
    phone: str


class Key(NamedTuple):
    """An idempotency key, and the hash of the request that it came with."""

    key: str
    request: str


class CheckDatabase:
    """Reads and writes candidates and reports.  For one thread."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        restrict_database(file)
        self._db = sqlite3.connect(file, isolation_level=None, timeout=10)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def add_candidate(self, id: str, name: str, phone: str, reference: str, key: Key | None) -> None:
        """Store a candidate, and under *key* that it is the response."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("INSERT INTO candidates VALUES (?, ?, ?, ?)", (id, name, phone, reference))
            self._keep(key, {"id": id})

    def add_report(self, report: Report, candidate_id: str, key: Key | None, response: Any) -> None:
        """Store a report, and under *key* the response."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute(
                "INSERT INTO reports (id, kind, candidate_id, reference, created, ready) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (report.id, report.kind, candidate_id, report.reference, report.created, report.ready),
            )
            self._keep(key, response)

    def _keep(self, key: Key | None, response: Any) -> None:
        if key is not None:
            self._db.execute("INSERT INTO responses VALUES (?, ?, ?)", (*key, json.dumps(response)))

    def response_to(self, key: str) -> tuple[str, Any] | None:
        """The hash of the first request with that key, and the response that was given to it."""
        row = self._db.execute("SELECT request, response FROM responses WHERE key = ?", (key,)).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def candidate(self, id: str) -> tuple[str, str] | None:
        """The name and the phone number of a candidate."""
        row = self._db.execute("SELECT name, phone FROM candidates WHERE id = ?", (id,)).fetchone()
        return (row[0], row[1]) if row else None

    def report(self, id: str) -> Report | None:
        return next(iter(self._reports("WHERE r.id = ?", (id,))), None)

    def newest(self, limit: int) -> list[Report]:
        return self._reports("ORDER BY r.seq DESC LIMIT ?", (limit,))

    def note_webhook(self, id: str, outcome: str) -> None:
        """Note how a webhook about the report was answered."""
        self._db.execute(
            "UPDATE reports SET webhooks = trim(webhooks || ' ' || ?) WHERE id = ?", (outcome, id)
        )

    def unsent(self) -> list[Report]:
        """Reports about which no webhook was sent."""
        return self._reports("WHERE r.webhooks = ''", ())

    def _reports(self, which: str, values: tuple[Any, ...]) -> list[Report]:
        columns = "r.id, r.kind, r.reference, r.created, r.ready, r.webhooks, c.name, c.phone"
        query = f"SELECT {columns} FROM reports r JOIN candidates c ON c.id = r.candidate_id {which}"  # noqa: S608 - of constants
        return [Report(*row) for row in self._db.execute(query, values).fetchall()]
