"""Translate errors of SQLite into errors of the port."""

from __future__ import annotations

import sqlite3

from supportcarr.kit.store.port import StoreUnavailable

_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def as_unavailable(error: sqlite3.Error) -> StoreUnavailable | None:
    """``StoreUnavailable`` if *error* means that the file cannot be used, ``None`` for others."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _UNAVAILABLE:
        return None
    return StoreUnavailable(f"SQLite: {error} ({error.sqlite_errorname})")
