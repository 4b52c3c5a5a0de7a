"""Alerts on symptoms, by what is concerned."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts import channels, cluster, dispatch, events, payments, processes, stores
from supportcarr_lab.monitoring.model import Group


def groups() -> tuple[Group, ...]:
    """Each group becomes a file of rules and a file of tests."""
    return (
        Group("processes", processes.ALERTS),
        Group("events", events.ALERTS),
        Group("dispatch", dispatch.ALERTS),
        Group("payments", payments.ALERTS),
        Group("stores", stores.ALERTS),
        Group("channels", channels.ALERTS),
        Group("cluster", cluster.ALERTS),
    )
