"""The connections of one process: how many each address may have, and which are closed first when all places
are taken.

A connection costs nothing to open, so places are not given to whoever came first.  In a full process the
oldest connection that has not sent a whole head is closed, then the one that has rested longest; only if all
others are in use is a new one refused.  A client that has its share makes room among its own likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

CROWDED = 0.75  # share of the places from which silent connections get little time
RESTING_SECONDS = 10.0  # between two requests, after which a connection may be closed for another

# The client that a peer's address counts for; ``None``: it is not bounded (a trusted proxy).
ClientOfPeer = Callable[[str], str | None]


class Closable(Protocol):
    """A connection as this module looks at it.  Implemented by ``kit.http.protocol.HttpProtocol``."""

    @property
    def has_asked(self) -> bool:
        """Whether a whole head has come."""

    @property
    def rests(self) -> bool:
        """Whether it has been between two requests for ``RESTING_SECONDS``."""

    def make_room(self) -> None:
        """Close: another connection takes the place."""


class ConnectionTable:
    """At most *most* connections, of one client *most_per_client*.

    Connections that are to be closed are found without a search: lists hold them in the order in which they
    would be closed, and what no longer belongs there is dropped when it is looked at.
    """

    def __init__(self, most: int, most_per_client: int = 0, client_of: ClientOfPeer = lambda _: None) -> None:
        self._most = most
        self._most_per_client = most_per_client
        self._client_of = client_of
        self._open: dict[Closable, str | None] = {}  # with their clients
        self._silent: dict[Closable, None] = {}  # perhaps; the oldest first
        self._resting: dict[Closable, None] = {}  # perhaps; the longest first
        self._of_client: dict[str, dict[Closable, None]] = {}
        self._closed_for_others = 0
        self._refused = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def crowded(self) -> bool:
        return len(self._open) >= self._most * CROWDED

    def stats(self) -> dict[str, float]:
        """For the metrics."""
        return {
            "open": len(self._open),
            "closed_for_others_total": self._closed_for_others,
            "refused_total": self._refused,
        }

    def add(self, connection: Closable, peer: str | None) -> int:
        """Give a new connection a place, if need be that of another.

        Returns the status to refuse it with (429: its client has too many, 503: no place is free); 0: it has
        a place.
        """
        client = None if peer is None else self._client_of(peer)
        own = None if client is None else self._of_client.get(client)
        if own is not None and len(own) >= self._most_per_client and not self._close_one_of(own):
            self._refused += 1
            return 429
        if len(self._open) >= self._most and not self._close_one():
            self._refused += 1
            return 503
        self._open[connection] = client
        self._silent[connection] = None
        if client is not None:
            self._of_client.setdefault(client, {})[connection] = None
        return 0

    def remove(self, connection: Closable) -> None:
        """Free the place of a connection.  Harmless when repeated."""
        client = self._open.pop(connection, None)
        self._silent.pop(connection, None)
        self._resting.pop(connection, None)
        if client is not None:
            own = self._of_client[client]
            own.pop(connection, None)
            if not own:
                del self._of_client[client]

    def note_rest(self, connection: Closable) -> None:
        """The connection rests: it may be closed for another as long as it does."""
        self._resting[connection] = None

    def _close_one_of(self, own: dict[Closable, None]) -> bool:
        """Close the client's oldest connection that has not sent a whole head, or the oldest that rests.

        Behind one address there may be many users, each with connections that the browser keeps open.
        """
        found = next((connection for connection in own if not connection.has_asked), None)
        if found is None:
            found = next((connection for connection in own if connection.rests), None)
        if found is not None:
            self._close(found)
        return found is not None

    def _close_one(self) -> bool:
        """Close the oldest connection that has not sent a whole head, or the one that rests longest."""
        while self._silent:
            connection = next(iter(self._silent))
            if not connection.has_asked:
                self._close(connection)
                return True
            del self._silent[connection]
        while self._resting:
            connection = next(iter(self._resting))
            if connection.rests:
                self._close(connection)
                return True
            del self._resting[connection]
        return False

    def _close(self, connection: Closable) -> None:
        self._closed_for_others += 1
        self.remove(connection)
        connection.make_room()
