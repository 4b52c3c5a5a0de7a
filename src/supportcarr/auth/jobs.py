"""Auth's periodic tasks."""

from __future__ import annotations

from supportcarr.auth.service import AuthService
from supportcarr.kit.jobs.declarations import PeriodicTask


def periodic_tasks(service: AuthService) -> list[PeriodicTask]:
    """The sweep of sessions that were over long ago, every ten minutes."""
    return [PeriodicTask("auth.purge_sessions", 600, service.purge_sessions)]
