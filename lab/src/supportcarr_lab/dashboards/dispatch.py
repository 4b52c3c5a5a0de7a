"""From a request to a driver who comes."""

from __future__ import annotations

from supportcarr_lab.dashboards.business import hourly
from supportcarr_lab.dashboards.model import Dashboard, Panel, Query, quantile, quantiles, rate

OFFERS = "offers_total"
_ACCEPTED = hourly(OFFERS, labels='{outcome="accepted"}')
_MADE = hourly(OFFERS, labels='{outcome="made"}')

DISPATCH = Dashboard(
    "dispatch",
    "dispatch",
    (
        Panel(
            "Rescues that wait for a driver",
            "fewer than free drivers.",
            "drivers are free and rescues wait: Duration of a search, Deadlines; no drivers: call for some.",
            (Query('max by (status) (rescues_live{status=~"requested|matching"})', "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Longest wait",
            "below five minutes (city time).",
            "look at that rescue in the console: far from every driver, or nobody accepts.",
            (Query("max(rescues_longest_wait_seconds)", "longest"),),
            "s",
            600,
        ),
        Panel(
            "Drivers online",
            "some are always free.",
            "none is free: people wait. All gone at once: positions do not arrive (Real time: Locations).",
            (Query("max by (state) (drivers_online)", "{{state}}"),),
            stacked=True,
        ),
        Panel(
            "Duration of a search",
            "p95 below 50 ms.",
            "the store or Redis is slow (Stores), or the service for travel times is.",
            quantiles("dispatch_tick_seconds"),
            "s",
            0.25,
        ),
        Panel(
            "Searches",
            "one for each request, and for each offer that is not accepted.",
            "many searches and few rescues: the same rescues are searched again and again; look at the"
            " longest"
            " wait.",
            (Query(rate("dispatch_tick_seconds_count"), "searches"),),
            "ops",
        ),
        Panel(
            "Offers per hour",
            "most are accepted.",
            "expired: drivers do not see them (push, sockets). Declined: pay or distance.",
            (Query(hourly(OFFERS, "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Share of offers accepted",
            "above 60 %.",
            "see Offers per hour for what happens to the others.",
            (
                Query(
                    f"{_ACCEPTED} / {_MADE}",
                    "last hour",
                ),
            ),
            "percentunit",
        ),
        Panel(
            "Lateness of deadlines (p99)",
            "below 1 s for offers and cases; what is due at once waits for the next look (driverchecks 1 s, "
            "shifts 5 s, driverprofiles 10 s).",
            "the workers are overloaded or away: offers do not end, and searches do not go on.",
            (Query(quantile(0.99, "deadline_lateness_seconds", "collection"), "{{collection}}"),),
            "s",
            10,
        ),
        Panel(
            "Deadlines",
            "failures are 0.",
            "the log's deadline_failed lines name the collection; they are fired again.",
            (
                Query(rate("deadlines_fired_total"), "fired, per s"),
                Query(rate("deadlines_failures_total"), "failed, per s"),
                Query("sum(deadlines_in_flight)", "in flight"),
            ),
        ),
    ),
)
