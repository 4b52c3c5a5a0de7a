"""The part ``payments``: cards, holds, captures, webhooks and the ledger."""

from __future__ import annotations

from collections.abc import Callable

from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import JobHandler, PeriodicTask
from supportcarr.payments import handlers, jobs, routes
from supportcarr.payments.cards import PaymentMethodService
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.personal_data import PaymentData
from supportcarr.payments.ports import PaymentGateway
from supportcarr.payments.service import PaymentService
from supportcarr.payments.unresolved import UnresolvedPayments
from supportcarr.payments.webhooks import StripeWebhooks
from supportcarr.privacy.ports import PersonalData
from supportcarr.providers.stripe import StripePaymentGateway
from supportcarr.rescues.personal_data import RescueData


class PaymentsPart(Part):
    def __init__(self, core: Core, make_gateway: Callable[[], PaymentGateway] | None) -> None:
        store, clock = core.store, core.clock
        self._store = store
        self.gateway = make_gateway() if make_gateway else StripePaymentGateway(core.settings.stripe)
        self.methods = PaymentMethodService(store, clock, self.gateway)
        self.ledger = LedgerService(store, clock)
        self.service = PaymentService(store, clock, self.gateway, self.methods, self.ledger)
        self.unresolved = UnresolvedPayments(store, clock)
        self.webhooks = StripeWebhooks(store, clock, self.gateway, self.service, core.jobs)

    def routes(self) -> list[Route]:
        return routes.routes(self.methods, self.service, self.ledger, self.webhooks)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.webhooks)

    def job_handlers(self) -> list[JobHandler]:
        return jobs.job_handlers(self.webhooks)

    def personal_data(self) -> list[PersonalData]:
        return [PaymentData(self._store, self.gateway, RescueData(self._store))]

    async def close(self) -> None:
        await self.gateway.close()
