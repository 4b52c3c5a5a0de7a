"""Jobs and periodic tasks of payments."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import JobHandler, PeriodicTask
from supportcarr.payments.webhooks import JOB, StripeWebhooks


def job_handlers(webhooks: StripeWebhooks) -> list[JobHandler]:
    """The handling of a stored webhook."""
    return [JobHandler(JOB, webhooks.handle)]


def periodic_tasks(webhooks: StripeWebhooks) -> list[PeriodicTask]:
    """The hourly purge of webhooks that were handled long ago."""
    return [PeriodicTask("payments.forget_stripe_events", 3600, webhooks.purge_events)]
