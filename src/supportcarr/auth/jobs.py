"""Auth's periodic tasks."""

from __future__ import annotations

from supportcarr.auth.service import AuthService
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.kit.jobs.declarations import PeriodicTask


def periodic_tasks(service: AuthService, keys: SigningKeys) -> list[PeriodicTask]:
    """The sweep of sessions that were over long ago, and the rotation of signing keys."""
    return [
        PeriodicTask("auth.purge_sessions", 600, service.sessions.purge),
        PeriodicTask("auth.rotate_signing_keys", 600, keys.keep_fresh),
    ]
