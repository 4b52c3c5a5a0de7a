"""The metrics of one real-time process, computed when Prometheus asks."""

from __future__ import annotations

from supportcarr.kit.observability.metrics import Metrics
from supportcarr.realtime.fan_out import FanOut
from supportcarr.realtime.server import SocketServer


def register(metrics: Metrics, server: SocketServer, fan_out: FanOut) -> None:
    """Export the figures of the process's connections."""

    def stats() -> dict[str, float]:
        clients = server.clients.values()
        queued = [client.transport.queued() for client in clients]
        return {
            "connected_clients": len(queued),
            "queued_frames": sum(queued),
            "queued_frames_max": max(queued, default=0),
            "pending_locations": sum(client.session.pending_locations for client in clients),
            "event_lag": fan_out.event_lag,
            "events_received_total": fan_out.events_received,
            "locations_received_total": fan_out.locations_received,
            "slow_clients_disconnected_total": server.slow_clients_disconnected,
            "connections_refused_total": server.shares.refused if server.shares else 0,
        }

    metrics.register_stats("realtime", stats)
    delivery = fan_out.delivery.timings
    metrics.register_timings("realtime_delivery_seconds", (), lambda: [((), delivery)])
