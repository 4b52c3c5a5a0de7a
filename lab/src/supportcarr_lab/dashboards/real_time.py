"""Sockets, and the Redis between them and the events."""

from __future__ import annotations

from supportcarr_lab.dashboards.model import Dashboard, Panel, Query, quantiles, rate, share_slower

DELIVERY = "realtime_delivery_seconds"

REAL_TIME = Dashboard(
    "real-time",
    "real time",
    (
        Panel(
            "Delivery",
            "p95 below 100 ms, mostly below 20 ms: from the save of an event to the socket.",
            "compare with Redis and with Event loop lag (Service); then the consumers before delivery: Read"
            " models (Background work).",
            quantiles(DELIVERY),
            "s",
            0.1,
        ),
        Panel(
            "Share delivered later than 100 ms",
            "below 5 %.",
            "the budget of the objective is being spent; see Delivery.",
            (Query(share_slower(DELIVERY, 0.1), "later"),),
            "percentunit",
            0.05,
        ),
        Panel(
            "Connected clients",
            "follows the day; spread evenly over the processes. A process has room for 16,384.",
            "one process has all: the load balancer keeps old connections; that evens out in hours.",
            (Query("realtime_connected_clients", "{{instance}}"),),
            stacked=True,
        ),
        Panel(
            "Events and locations",
            "locations are most: each driver who is online sends one every few seconds.",
            "no locations with drivers online: the API does not take them, or Redis is away.",
            (
                Query(rate("realtime_events_received_total"), "events"),
                Query(rate("realtime_locations_received_total"), "locations"),
                Query(rate(f"{DELIVERY}_count"), "deliveries"),
            ),
            "ops",
        ),
        Panel(
            "Queues of sockets",
            "near 0.",
            "the longest grows alone: one slow client, which is disconnected after a while. All grow: the"
            " process is overloaded.",
            (
                Query("sum(realtime_queued_frames)", "frames that wait"),
                Query("max(realtime_queued_frames_max)", "of the slowest client"),
                Query("sum(realtime_pending_locations)", "locations that wait"),
            ),
        ),
        Panel(
            "Events not sent yet",
            "0 at nearly every look.",
            "stays above 0: sessions do not catch up; look at the CPU of the real-time processes.",
            (Query("sum(realtime_event_lag)", "events"),),
        ),
        Panel(
            "Clients turned away",
            "near 0.",
            "slow clients: bad networks, or a bug of an app. Refused: one address opens too many"
            " connections.",
            (
                Query(rate("realtime_slow_clients_disconnected_total"), "slow, disconnected"),
                Query(rate("realtime_connections_refused_total"), "refused"),
            ),
            "ops",
        ),
        Panel(
            "Redis",
            "every process is connected; no reconnections.",
            "the runbook of Redis: rescues go on without it, clients are told late.",
            (
                Query("min by (use) (redis_connected)", "connected ({{use}}), the least of all processes"),
                Query(rate("redis_reconnects_total"), "reconnections, per s"),
            ),
        ),
        Panel(
            "Round trip to Redis",
            "below 5 ms.",
            "its CPU, a slow command, or the network; a worker that lags (Event loop lag) measures too much.",
            (Query("max by (use) (redis_round_trip_seconds)", "{{use}}"),),
            "s",
            0.05,
        ),
    ),
)
