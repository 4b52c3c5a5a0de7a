"""Auth's periodic tasks."""

from __future__ import annotations

from supportcarr.auth.guesses import GuessLimiter
from supportcarr.auth.service import AuthService
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.kit.jobs.declarations import PeriodicTask


def periodic_tasks(service: AuthService, keys: SigningKeys, guesses: GuessLimiter) -> list[PeriodicTask]:
    """The purges of old sessions and counts of guesses, and the rotation of signing keys."""
    return [
        PeriodicTask("auth.purge_sessions", 600, service.sessions.purge),
        PeriodicTask("auth.purge_guesses", 600, guesses.purge),
        PeriodicTask("auth.rotate_signing_keys", 600, keys.keep_fresh),
    ]
