"""Figures about the driver's pool of connections, from the events that it publishes."""

from __future__ import annotations

from pymongo.monitoring import (
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)


class PoolFigures(ConnectionPoolListener):
    """Counts the connections of all pools (one per server) of one client."""

    def __init__(self) -> None:
        self._open = self._in_use = self._waiting = self._failed = 0
        self._waited_s = 0.0

    def stats(self) -> dict[str, float]:
        """Figures for the metrics."""
        return {
            "connections": self._open,
            "connections_in_use": self._in_use,
            "connection_waiters": self._waiting,
            "connection_wait_seconds_total": self._waited_s,
            "connection_failures_total": self._failed,
        }

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        self._open += 1

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        self._open -= 1

    def connection_check_out_started(self, event: ConnectionCheckOutStartedEvent) -> None:
        self._waiting += 1

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        self._waiting -= 1
        self._failed += 1

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        self._waiting -= 1
        self._in_use += 1
        self._waited_s += event.duration or 0.0

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        self._in_use -= 1

    def connection_ready(self, event: ConnectionReadyEvent) -> None: ...

    def pool_created(self, event: PoolCreatedEvent) -> None: ...

    def pool_ready(self, event: PoolReadyEvent) -> None: ...

    def pool_cleared(self, event: PoolClearedEvent) -> None: ...

    def pool_closed(self, event: PoolClosedEvent) -> None: ...
