"""Auth's periodic tasks."""

from __future__ import annotations

from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.guesses import GuessLimiter
from supportcarr.auth.registration import Registration
from supportcarr.auth.service import AuthService
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.kit.jobs.declarations import PeriodicTask


def periodic_tasks(
    service: AuthService,
    keys: SigningKeys,
    guesses: GuessLimiter,
    registration: Registration,
    codes: SmsCodes,
    texts: CodeTexts,
) -> list[PeriodicTask]:
    """Sweeps of what was over long ago, and the rotation of signing keys."""
    return [
        PeriodicTask("auth.purge_sessions", 600, service.sessions.purge),
        PeriodicTask("auth.purge_guesses", 600, guesses.purge),
        PeriodicTask("auth.rotate_signing_keys", 600, keys.keep_fresh),
        PeriodicTask("auth.purge_provisional_accounts", 600, registration.purge),
        PeriodicTask("auth.purge_sms_codes", 600, codes.purge),
        PeriodicTask("auth.purge_text_messages", 600, texts.purge),
    ]
