"""Payments' jobs."""

from __future__ import annotations

from supportcarr.kit.work import JobHandler
from supportcarr.payments.webhooks import JOB, Webhooks


def job_handlers(webhooks: Webhooks) -> list[JobHandler]:
    """What ``Jobs.add`` may be asked for."""
    return [JobHandler(JOB, webhooks.handle)]
