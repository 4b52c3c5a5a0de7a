"""Jobs and periodic tasks of notifications."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import JobHandler, PeriodicTask
from supportcarr.notifications.push.delivery import JOB, PushDelivery
from supportcarr.notifications.push.service import PushSubscriptions


def job_handlers(push: PushDelivery) -> list[JobHandler]:
    """A message to one browser."""
    return [JobHandler(JOB, push.deliver)]


def periodic_tasks(subscriptions: PushSubscriptions) -> list[PeriodicTask]:
    """The purge, every ten minutes, of browsers whose session has ended; nothing is pushed to them before."""
    return [PeriodicTask("notifications.purge_push_subscriptions", 600, subscriptions.purge)]
