"""Audits failed sign-ins of operators' accounts.

It is done beside the request: a response that took longer would show whose numbers are operators'.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import structlog

from supportcarr.auth.model import User
from supportcarr.auth.ports import AttemptLog
from supportcarr.contracts.actors import OPERATOR_ROLES
from supportcarr.contracts.audit import Origin

Failure = Literal["auth.sign_in_failed", "auth.totp_failed"]

log = structlog.get_logger(__name__)


class FailedSignIns:
    def __init__(self, attempts: AttemptLog) -> None:
        self._attempts = attempts
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, user: User, what: Failure, origin: Origin) -> None:
        """Audit a wrong password or code, if the account is an operator's."""
        if OPERATOR_ROLES.isdisjoint(user.roles):
            return
        task = asyncio.create_task(self._write(user.id, what, origin), name=what)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait until everything is written."""
        await asyncio.gather(*self._writing)

    async def _write(self, user_id: str, what: Failure, origin: Origin) -> None:
        try:
            await self._attempts.failed(what, user_id, origin)
        except Exception as error:
            log.error("failed_sign_in_not_audited", user_id=user_id, what=what, error=repr(error))
