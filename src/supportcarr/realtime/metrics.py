"""The metrics of one real-time process, computed when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from supportcarr.realtime.fan_out import FanOut
from supportcarr.realtime.server import SocketServer


class RealtimeMetrics(Collector):
    """Register it with the process's registry."""

    def __init__(self, server: SocketServer, fan_out: FanOut) -> None:
        self._server = server
        self._fan_out = fan_out

    def collect(self) -> Iterator[Metric]:
        clients = self._server.clients.values()
        queued = [client.transport.queued() for client in clients]
        gauges = {
            "realtime_connected_clients": ("Clients connected and authenticated", len(queued)),
            "realtime_queued_frames": ("Frames waiting to be written, of all clients", sum(queued)),
            "realtime_queued_frames_max": (
                "Frames waiting to be written, of the slowest client",
                max(queued, default=0),
            ),
            "realtime_pending_locations": (
                "Latest driver locations waiting for slow clients",
                sum(client.session.pending_locations for client in clients),
            ),
            "realtime_event_lag": (
                "Events in the streams not yet sent, at the last broadcast of stream positions",
                self._fan_out.event_lag,
            ),
        }
        counters = {
            "realtime_events_received": ("Events received from Redis", self._fan_out.events_received),
            "realtime_locations_received": (
                "Driver locations received from Redis",
                self._fan_out.locations_received,
            ),
            "realtime_slow_clients_disconnected": (
                "Clients disconnected because they did not read",
                self._server.slow_clients_disconnected,
            ),
            "realtime_connections_refused": (
                "Connections refused because their address or user had its share",
                self._server.shares.refused if self._server.shares else 0,
            ),
        }
        for name, (help_, value) in gauges.items():
            yield GaugeMetricFamily(name, help_, value)
        for name, (help_, value) in counters.items():
            yield CounterMetricFamily(name, help_, value)
