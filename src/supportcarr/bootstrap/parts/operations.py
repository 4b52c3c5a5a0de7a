"""The part ``operations``: the console's read model and queries, and the figures of the business."""

from __future__ import annotations

from supportcarr.bootstrap.adapters import AdminRescueView, ConsoleDrivers, ConsoleOffers, ConsolePayments
from supportcarr.bootstrap.areas import AREAS, area_ids
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.dispatch import DispatchPart
from supportcarr.bootstrap.parts.drivers import DriversPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.payments import PaymentsPart
from supportcarr.bootstrap.parts.rescues import RescuesPart
from supportcarr.bootstrap.parts.tracking import TrackingPart
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.operations import handlers, routes
from supportcarr.operations.business_metrics import BusinessMetrics
from supportcarr.operations.personal_data import OperationsData
from supportcarr.operations.service import OperationsService
from supportcarr.pricing.areas import MONTREAL_TARIFF
from supportcarr.privacy.ports import PersonalData
from supportcarr.rescues.admin_view import RescueDetails


class OperationsPart(Part):
    def __init__(
        self,
        core: Core,
        *,
        audit: AuditPart,
        dispatch: DispatchPart,
        drivers: DriversPart,
        payments: PaymentsPart,
        rescues: RescuesPart,
        tracking: TrackingPart,
    ) -> None:
        store, clock = core.store, core.clock
        self._store, self._clock, self._audit = store, clock, audit
        self._rescues = RescueDetails(store, rescues.queries, rescues.chat)
        self._offers = ConsoleOffers(dispatch.service)
        self._payments = ConsolePayments(payments.service)
        self._drivers = ConsoleDrivers(tracking.supply, tracking.service, area_ids())
        self.business = BusinessMetrics([MONTREAL_TARIFF.currency])
        # Below the sealing: what is counted is not personal, and an event need not be opened for it.
        engine = store.inner if isinstance(store, SealingStore) else store
        engine.subscribe(self.business.committed)
        self.service = OperationsService(store, clock, self._drivers, AREAS, drivers.people_search)

    def routes(self) -> list[Route]:
        return routes.routes(
            self.service,
            self._clock,
            self._rescues,
            self._offers,
            self._payments,
            self._drivers,
            AdminRescueView,
            self._audit.log,
        )

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service)

    def personal_data(self) -> list[PersonalData]:
        return [OperationsData(self._store)]
