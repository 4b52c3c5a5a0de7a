"""The part ``drivers``: applications, checks, documents, vehicles, availability and shifts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from supportcarr.bootstrap.adapters import CheckCandidates
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.files import FilesPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.payments import PaymentsPart
from supportcarr.bootstrap.people_search import PeopleSearch
from supportcarr.bootstrap.settings import Settings, checks_of
from supportcarr.contracts.routing import Route
from supportcarr.drivers import handlers, jobs, routes, shift_routes
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.hours import HoursRules
from supportcarr.drivers.personal_data import DriverData
from supportcarr.drivers.plates import Plates
from supportcarr.drivers.ports import CheckKind, CheckProvider
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.drivers.vehicle_service import VehicleService
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask
from supportcarr.pricing.areas import MONTREAL
from supportcarr.privacy.ports import PersonalData
from supportcarr.providers.checks import HttpCheckProvider
from supportcarr.rescues.live_jobs import LiveJobs


class DriversPart(Part):
    def __init__(
        self,
        core: Core,
        auth: AuthPart,
        audit: AuditPart,
        files: FilesPart,
        payments: PaymentsPart,
        make_checks: Callable[[], Mapping[CheckKind, CheckProvider]] | None,
    ) -> None:
        store, clock, settings = core.store, core.clock, core.settings
        self._store = store
        live_jobs = LiveJobs(store)
        plates = Plates(store, settings.auth.lookup_secret)
        self.service = DriverService(
            store,
            clock,
            auth.service,
            live_jobs,
            timezone=MONTREAL.timezone,
            area_id=MONTREAL.id if settings.drivers.attention_events else None,
            hours_rules=HoursRules.from_settings(settings.shifts),
            documents_required=settings.drivers.requires_documents(settings.deployment.profile),
        )
        self.vehicles = VehicleService(
            store, clock, self.service, live_jobs, plates=plates, photos=files.service
        )
        self.documents = DriverDocumentService(store, clock, self.service, files.service, audit.log)
        self._providers = make_checks() if make_checks else check_providers_of(settings)
        self.checks = DriverCheckService(
            store,
            clock,
            CheckCandidates(auth.service),
            self._providers,
            events=settings.drivers.attention_events,
        )
        self.shifts = ShiftService(
            store, clock, self.service, live_jobs, payments.ledger, timezone=MONTREAL.timezone
        )
        self.people_search = PeopleSearch(auth.people, plates)

    def routes(self) -> list[Route]:
        return [
            *routes.routes(self.service, self.vehicles, self.documents, self.checks, self.people_search),
            *shift_routes.routes(self.shifts),
        ]

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service, self.vehicles, self.shifts, self.documents, self.checks)

    def deadlines(self) -> list[Deadline]:
        return jobs.deadlines(self.service, self.shifts, self.checks)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.service, self.documents)

    def personal_data(self) -> list[PersonalData]:
        return [DriverData(self._store)]

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()


def check_providers_of(settings: Settings) -> Mapping[CheckKind, CheckProvider]:
    """The providers of checks that have an address."""
    return {
        kind: HttpCheckProvider(group, kind) for kind, group in checks_of(settings).items() if group.api_base
    }
