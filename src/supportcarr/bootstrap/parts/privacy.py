"""The part ``privacy``: exports and deletions of personal data, and how long each kind is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.files import FilesPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.retention import Retention
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask
from supportcarr.privacy import handlers, jobs, routes
from supportcarr.privacy.deletions import DeletionService
from supportcarr.privacy.exports import ExportService
from supportcarr.privacy.personal_data import ExportData


class PrivacyPart(Part):
    """*holders* are the parts that hold personal data, besides ``auth``."""

    def __init__(
        self, core: Core, auth: AuthPart, audit: AuditPart, files: FilesPart, holders: Sequence[Part]
    ) -> None:
        store, clock, settings = core.store, core.clock, core.settings.privacy
        account = auth.account_data
        gathered = [account, *(data for part in holders for data in part.personal_data())]
        self.exports = ExportService(
            store,
            clock,
            gathered,
            core.data_keys,
            files=files.data,
            kept=timedelta(days=settings.export_days),
        )
        self.deletions = DeletionService(
            store,
            clock,
            [*gathered, ExportData(self.exports)],
            account,
            core.data_keys,
            grace=timedelta(days=settings.grace_days),
        )
        self.retention = Retention(store, clock, settings, audit.chain)

    def routes(self) -> list[Route]:
        return routes.routes(self.deletions, self.exports)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.deletions, self.exports)

    def deadlines(self) -> list[Deadline]:
        return jobs.deadlines(self.deletions)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.retention.enforce)
