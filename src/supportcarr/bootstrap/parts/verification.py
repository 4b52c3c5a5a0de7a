"""What workers verify over and over: the ledger of ``payments`` and the log of ``audit``."""

from __future__ import annotations

from supportcarr.audit.verification import AuditVerifier
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.jobs.verification import Verifications
from supportcarr.payments.ledger_verification import LedgerVerifier


class VerificationPart(Part):
    def __init__(self, core: Core, audit: AuditPart) -> None:
        self.verifications = Verifications(
            core.store,
            core.clock,
            {"ledger": LedgerVerifier(core.store), "audit_log": AuditVerifier(core.store, audit.signer)},
        )

    def periodic_tasks(self) -> list[PeriodicTask]:
        return self.verifications.periodic_tasks()
