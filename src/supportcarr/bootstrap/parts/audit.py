"""The part ``audit``: what operators did, and the chain that shows that nothing was changed."""

from __future__ import annotations

from supportcarr.audit import handlers, jobs, routes
from supportcarr.audit.chain import AuditChain
from supportcarr.audit.personal_data import AuditData
from supportcarr.audit.service import AuditLog
from supportcarr.audit.signatures import HeadSigner
from supportcarr.bootstrap.anchors import anchor_of
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.privacy.ports import PersonalData


class AuditPart(Part):
    def __init__(self, core: Core) -> None:
        self._store = core.store
        self.log = AuditLog(core.store, core.clock, core.data_keys)
        self.signer = HeadSigner(core.settings.audit.secret)
        self.chain = AuditChain(core.store, core.clock, self.signer, anchor_of(core.settings))

    def routes(self) -> list[Route]:
        return routes.routes(self.log)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.log)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.chain)

    def personal_data(self) -> list[PersonalData]:
        return [AuditData(self._store)]
