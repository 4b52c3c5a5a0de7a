"""Payments' jobs."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import JobHandler, PeriodicTask
from supportcarr.payments.webhooks import JOB, StripeWebhooks


def job_handlers(webhooks: StripeWebhooks) -> list[JobHandler]:
    """What ``Jobs.add`` may be asked for."""
    return [JobHandler(JOB, webhooks.handle)]


def periodic_tasks(webhooks: StripeWebhooks) -> list[PeriodicTask]:
    """The sweep of webhooks that were handled long ago, every hour."""
    return [PeriodicTask("payments.forget_stripe_events", 3600, webhooks.purge_events)]
