"""Text messages, push messages, checks of drivers, photos."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts.examples import counted, counter
from supportcarr_lab.monitoring.model import Alert, Case

RUNBOOK = "channels.md"


def _grown(names: tuple[str, ...], window: str) -> str:
    """How much these counters grew together.  One that no process has yet counts as 0."""
    return " + ".join(f"(sum(increase({name}{{@platform}}[{window}])) or vector(0))" for name in names)


def _share(bad: tuple[str, ...], good: tuple[str, ...], window: str, share: float, least: int) -> str:
    """More than *share*, and at least *least*, of what was tried went wrong."""
    failed, tried = _grown(bad, window), _grown((*bad, *good), window)
    return f"({failed})\n/ ({tried}) > {share:g}\nand {failed} >= {least}"


ALERTS = (
    Alert(
        "TextMessagesFailing",
        "page",
        _share(
            ("sms_unavailable_total", "sms_unknown_total"),
            ("sms_sent_total", "sms_refused_total"),
            "15m",
            0.3,
            5,
        ),
        "5m",
        "{{ $value | humanizePercentage }} of the text messages cannot be handed over: nobody can sign up",
        RUNBOOK,
        Case(
            {**counter("sms_sent_total", 1), **counter("sms_unavailable_total", 2)},
            {**counter("sms_sent_total", 4), **counter("sms_unavailable_total", 0.5)},
        ),
    ),
    Alert(
        "TextMessagesNotDelivered",
        "ticket",
        _share(("sms_undelivered_total",), ("sms_delivered_total",), "1h", 0.3, 10),
        "10m",
        "{{ $value | humanizePercentage }} of the text messages are not delivered",
        RUNBOOK,
        Case(
            {**counter("sms_delivered_total", 1), **counter("sms_undelivered_total", 1)},
            {**counter("sms_delivered_total", 5), **counter("sms_undelivered_total", 1)},
            at="80m",
        ),
    ),
    Alert(
        "PushFailing",
        "ticket",
        _share(("push_unavailable_total", "push_refused_total"), ("push_sent_total",), "30m", 0.5, 10),
        "10m",
        "{{ $value | humanizePercentage }} of the push messages fail",
        RUNBOOK,
        Case(
            {**counter("push_sent_total", 1), **counter("push_unavailable_total", 4)},
            {**counter("push_sent_total", 4), **counter("push_unavailable_total", 1)},
            at="50m",
        ),
    ),
    Alert(
        "DriverChecksFailing",
        "ticket",
        _grown(("driver_checks_unavailable_total", "driver_checks_refused_total"), "1h") + " > 5",
        "0s",
        "{{ $value | humanize }} calls to providers of driver checks failed in an hour",
        RUNBOOK,
        counted("driver_checks_unavailable_total", 1, 0.05),
    ),
    Alert(
        "PhotosKilled",
        "ticket",
        "sum(increase(image_pool_killed_total{@platform}[1h])) > 5",
        "0s",
        "{{ $value | humanize }} processes that decode photos were ended in an hour",
        RUNBOOK,
        counted("image_pool_killed_total", 1, 0.05),
    ),
)
