"""The address of a Redis, from its URL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis is: ``redis://``, ``rediss://`` (TLS) or ``unix://``, with user, password, database."""

    host: str
    port: int
    path: str
    tls: bool
    user: str | None
    password: str | None
    database: int

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises ``ValueError`` for what is not such a URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ValueError("a Redis URL begins with redis://, rediss:// or unix://")
        is_socket = parts.scheme == "unix"
        database = parse_qs(parts.query).get("db", ["0"])[0] if is_socket else parts.path.strip("/") or "0"
        if not database.isdecimal():
            raise ValueError("the database of a Redis URL is a number, such as redis://cache.example:6379/0")
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 6379,
            path=parts.path if is_socket else "",
            tls=parts.scheme == "rediss",
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            database=int(database),
        )
