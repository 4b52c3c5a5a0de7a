"""What Prometheus is told of one real-time process, read when it asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from supportcarr.realtime.fanout import FanOut
from supportcarr.realtime.server import SocketServer


class RealtimeMetrics(Collector):
    """Register it with the process's registry."""

    def __init__(self, edge: SocketServer, node: FanOut) -> None:
        self._edge = edge
        self._node = node

    def collect(self) -> Iterator[Metric]:
        queued = [client.transport.queued() for client in self._edge.clients.values()]
        gauges = {
            "realtime_sockets": ("Sockets let in", len(queued)),
            "realtime_queued_frames": ("Frames that wait to be written", sum(queued)),
            "realtime_queued_frames_max": ("Frames that wait for the slowest socket", max(queued, default=0)),
            "realtime_waiting_positions": (
                "Drivers' latest positions that wait for slow sockets",
                sum(client.session.pending_locations for client in self._edge.clients.values()),
            ),
            "realtime_events_missing": (
                "Lag: events in Redis and not yet emitted when heads were last told",
                self._node.event_lag,
            ),
        }
        counters = {
            "realtime_events_heard": ("Events of all streams heard", self._node.events_received),
            "realtime_positions_heard": ("Positions heard", self._node.locations_received),
            "realtime_sockets_cut_off": (
                "Clients disconnected for not reading",
                self._edge.slow_clients_disconnected,
            ),
        }
        for name, (help_, value) in gauges.items():
            yield GaugeMetricFamily(name, help_, value)
        for name, (help_, value) in counters.items():
            yield CounterMetricFamily(name, help_, value)
