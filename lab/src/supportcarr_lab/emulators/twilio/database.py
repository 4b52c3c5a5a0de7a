"""The messages that the Twilio emulator accepted: one SQLite file, which survives a kill of the process."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from supportcarr.kit.runtime.private_files import restrict_database

KEPT = 20_000  # messages; older ones are deleted
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL UNIQUE,
    sent_to TEXT NOT NULL,
    sent_from TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    error INTEGER,
    created REAL NOT NULL,
    callback TEXT
);
CREATE INDEX IF NOT EXISTS messages_by_number ON messages (sent_to, seq);
"""


class Message(NamedTuple):
    """A message; *created* is Unix time, *callback* the URL that its changes are reported to."""

    seq: int
    sid: str
    sent_to: str
    sent_from: str
    body: str
    status: str
    error: int | None
    created: float
    callback: str | None


class MessageDatabase:
    """Reads and writes the messages.  For one thread."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        restrict_database(file)
        self._db = sqlite3.connect(file, isolation_level=None, timeout=10)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def add(
        self, sid: str, *, to: str, sender: str, body: str, created: float, callback: str | None
    ) -> Message:
        """Store a message that is queued."""
        cursor = self._db.execute(
            "INSERT INTO messages (sid, sent_to, sent_from, body, status, created, callback) "
            "VALUES (?, ?, ?, ?, 'queued', ?, ?)",
            (sid, to, sender, body, created, callback),
        )
        self._db.execute("DELETE FROM messages WHERE seq <= ?", ((cursor.lastrowid or 0) - KEPT,))
        message = self.get(sid)
        assert message is not None, "it has just been stored"
        return message

    def get(self, sid: str) -> Message | None:
        row = self._db.execute("SELECT * FROM messages WHERE sid = ?", (sid,)).fetchone()
        return Message(*row) if row else None

    def set_status(self, sid: str, status: str, error: int | None = None) -> None:
        self._db.execute("UPDATE messages SET status = ?, error = ? WHERE sid = ?", (status, error, sid))

    def newest(self, to: str | None, *, before: int | None = None, limit: int) -> list[Message]:
        """Messages, newest first, to that number or to all; older than the one with the number *before*."""
        rows = self._db.execute(
            "SELECT * FROM messages WHERE sent_to = ifnull(:to, sent_to) "
            "AND (:before IS NULL OR seq < :before) ORDER BY seq DESC LIMIT :limit",
            {"to": to, "before": before, "limit": limit},
        )
        return [Message(*row) for row in rows.fetchall()]
