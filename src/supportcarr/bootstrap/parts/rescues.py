"""The part ``rescues``: the rescue from request to end, its chat, photos and share links."""

from __future__ import annotations

from supportcarr.bootstrap.adapters import RescuePhotoFiles
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.drivers import DriversPart
from supportcarr.bootstrap.parts.files import FilesPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.payments import PaymentsPart
from supportcarr.bootstrap.parts.pricing import PricingPart
from supportcarr.bootstrap.parts.ratings import RatingsPart
from supportcarr.bootstrap.parts.riders import RidersPart
from supportcarr.bootstrap.parts.tracking import TrackingPart
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask
from supportcarr.privacy.ports import PersonalData
from supportcarr.rescues import handlers, jobs, photo_routes, routes, share_link_routes
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.personal_data import RescueData
from supportcarr.rescues.photos import PhotoService
from supportcarr.rescues.queries import RescueQueries
from supportcarr.rescues.service import RescueService
from supportcarr.rescues.share_links import ShareLinkService
from supportcarr.riders import jobs as riders_jobs


class RescuesPart(Part):
    def __init__(
        self,
        core: Core,
        *,
        audit: AuditPart,
        auth: AuthPart,
        drivers: DriversPart,
        files: FilesPart,
        payments: PaymentsPart,
        pricing: PricingPart,
        ratings: RatingsPart,
        riders: RidersPart,
        tracking: TrackingPart,
    ) -> None:
        store, clock, settings = core.store, core.clock, core.settings.rescues
        self._core, self._riders = core, riders
        self.chat = ChatService(store, clock, audit.log)
        self.photos = PhotoService(store, clock, RescuePhotoFiles(files.service), audit.log, settings)
        self.service = RescueService(
            store,
            clock,
            quotes=pricing.service,
            claims=riders.service,
            payment_methods=payments.methods,
            drivers=drivers.service,
            sightings=tracking.service,
            settings=settings,
        )
        self.queries = RescueQueries(
            store,
            clock,
            users=auth.service,
            drivers=drivers.service,
            ratings=ratings.service,
            settings=settings,
        )
        self.share_links = ShareLinkService(
            store,
            clock,
            drivers=drivers.service,
            positions=tracking.service,
            settings=settings,
            secret=core.settings.auth.lookup_secret,
        )

    def routes(self) -> list[Route]:
        public_url = self._core.settings.deployment.public_url
        return [
            *routes.routes(self.service, self.queries, self.chat),
            *photo_routes.routes(self.photos),
            *share_link_routes.routes(self.share_links, self._core.clock, public_url),
        ]

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service)

    def deadlines(self) -> list[Deadline]:
        return jobs.deadlines(self.service)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return riders_jobs.periodic_tasks(self._riders.service, self.service)

    def personal_data(self) -> list[PersonalData]:
        return [RescueData(self._core.store)]
