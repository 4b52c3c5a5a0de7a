"""The composition root: all parts of one process with their dependencies.  Nothing runs yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from supportcarr.auth.ports import SmsSender
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.auth_routes import AuthRoutes
from supportcarr.bootstrap.parts.core import Core, RedisClients
from supportcarr.bootstrap.parts.dispatch import DispatchPart
from supportcarr.bootstrap.parts.drivers import DriversPart
from supportcarr.bootstrap.parts.files import FilesPart
from supportcarr.bootstrap.parts.geocoding import GeocodingPart
from supportcarr.bootstrap.parts.notifications import NotificationsPart
from supportcarr.bootstrap.parts.operations import OperationsPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.payments import PaymentsPart
from supportcarr.bootstrap.parts.pricing import PricingPart
from supportcarr.bootstrap.parts.privacy import PrivacyPart
from supportcarr.bootstrap.parts.ratings import RatingsPart
from supportcarr.bootstrap.parts.realtime import RealtimePart
from supportcarr.bootstrap.parts.rescues import RescuesPart
from supportcarr.bootstrap.parts.riders import RidersPart
from supportcarr.bootstrap.parts.tracking import TrackingPart
from supportcarr.bootstrap.parts.verification import VerificationPart
from supportcarr.bootstrap.settings import Settings
from supportcarr.contracts.routing import Route
from supportcarr.drivers.ports import CheckKind, CheckProvider
from supportcarr.gateway.idempotency import Idempotency
from supportcarr.kit.events.consumer import Consumer, job_handlers_of
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.jobs.declarations import Deadline, JobHandler, PeriodicTask
from supportcarr.kit.jobs.service import Jobs
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.ratelimit.limiter import Limiter
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.data_keys import DataKeys
from supportcarr.kit.sealing.streams import SealedStreams
from supportcarr.kit.store.port import Store
from supportcarr.payments.ports import PaymentGateway
from supportcarr.providers.s3 import S3Objects


class Container:
    """The parts of one process.

    *durable_url* is the URL of BullMQ's Redis; *data_keys* are those of the store.  What is not given is
    made from the settings.  To add a part, write its module in ``bootstrap/parts``, build it here, and add it
    to the tuples below that it belongs to.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        redis: RedisClients,
        *,
        durable_url: str,
        data_keys: DataKeys,
        payment_gateway: Callable[[], PaymentGateway] | None = None,
        sms: Callable[[], SmsSender] | None = None,
        objects: Callable[[], LocalObjects | S3Objects] | None = None,
        checks: Callable[[], Mapping[CheckKind, CheckProvider]] | None = None,
        streams: Callable[[SealedStreams], SealedStreams] | None = None,
    ) -> None:
        for spec in SPECS:
            store.collection(spec)
        self.settings, self.store, self.clock, self.redis = settings, store, clock, redis
        self.data_keys = data_keys
        self.jobs = Jobs(store, clock, durable_url)
        sealed = SealedStreams(EventStreams(redis.durable, settings.streams), data_keys)
        self.streams = streams(sealed) if streams else sealed
        self.limiter = Limiter(redis.durable, lease=settings.limits.lease)

        # Each part, after those that it needs.
        core = Core(settings, store, clock, redis, data_keys, self.jobs)
        audit = AuditPart(core)
        auth = AuthPart(core, audit, sms)
        files = FilesPart(core, objects)
        payments = PaymentsPart(core, payment_gateway)
        drivers = DriversPart(core, auth, audit, files, payments, checks)
        riders = RidersPart(core, files)
        tracking = TrackingPart(core)
        pricing = PricingPart(core, tracking, riders)
        ratings = RatingsPart(core, audit, drivers)
        rescues = RescuesPart(
            core,
            audit=audit,
            auth=auth,
            drivers=drivers,
            files=files,
            payments=payments,
            pricing=pricing,
            ratings=ratings,
            riders=riders,
            tracking=tracking,
        )
        dispatch = DispatchPart(core, rescues, tracking, drivers)
        notifications = NotificationsPart(core, auth, dispatch)
        operations = OperationsPart(
            core,
            audit=audit,
            dispatch=dispatch,
            drivers=drivers,
            payments=payments,
            rescues=rescues,
            tracking=tracking,
        )
        geocoding = GeocodingPart(core, riders)
        realtime = RealtimePart(
            self.streams,
            auth=auth,
            dispatch=dispatch,
            notifications=notifications,
            rescues=rescues,
            tracking=tracking,
        )
        # In the order in which an export has them, and a refusal of a deletion says what is in its way.
        holders = (
            riders,
            drivers,
            tracking,
            pricing,
            rescues,
            dispatch,
            payments,
            ratings,
            notifications,
            operations,
            audit,
            files,
        )
        privacy = PrivacyPart(core, auth, audit, files, holders)
        verification = VerificationPart(core, audit)
        # In the order in which consumers of one phase are called.
        self._parts: tuple[Part, ...] = (
            auth,
            rescues,
            riders,
            drivers,
            dispatch,
            tracking,
            pricing,
            geocoding,
            operations,
            ratings,
            realtime,
            notifications,
            payments,
            audit,
            privacy,
            files,
            verification,
        )
        # In the order of the API reference.
        self._with_routes: tuple[Part, ...] = (
            AuthRoutes(core, auth, privacy, audit),
            riders,
            geocoding,
            pricing,
            payments,
            rescues,
            dispatch,
            drivers,
            tracking,
            ratings,
            notifications,
            privacy,
            files,
            audit,
            operations,
        )
        self._idempotency = Idempotency(store, clock, settings.auth.lookup_secret)

        # What processes, commands and tests use of the parts.
        self.auth = auth.service
        self.tokens = auth.tokens
        self.revocations = auth.revocations
        self.signing_keys = auth.signing_keys
        self.session_activity = auth.session_activity
        self.passwords = auth.passwords
        self.guesses = auth.guesses
        self.failed_sign_ins = auth.failed_sign_ins
        self.registration = auth.registration
        self.code_texts = auth.code_texts
        self.partners = auth.partners
        self.files = files.service
        self.file_figures = files.figures
        self.file_removal = files.removal
        self.file_data = files.data
        self.image_pool = files.image_pool
        self.objects = files.objects
        self.payments = payments.service
        self.unresolved_payments = payments.unresolved
        self.payment_gateway = payments.gateway
        self.payment_methods = payments.methods
        self.ledger = payments.ledger
        self.webhooks = payments.webhooks
        self.drivers = drivers.service
        self.driver_checks = drivers.checks
        self.driver_documents = drivers.documents
        self.vehicles = drivers.vehicles
        self.riders = riders.service
        self.areas = tracking.areas
        self.area_cache = tracking.area_cache
        self.tracking = tracking.service
        self.position_reports = realtime.position_reports
        self.pricing = pricing.service
        self.coverage = pricing.coverage
        self.rescues = rescues.service
        self.rescue_queries = rescues.queries
        self.dispatch = dispatch.service
        self.push_delivery = notifications.push_delivery
        self.operations = operations.service
        self.business = operations.business
        self.deletions = privacy.deletions
        self.exports = privacy.exports
        self.retention = privacy.retention
        self.verifications = verification.verifications

    def routes(self) -> list[Route]:
        """Every route of every part."""
        return [route for part in self._with_routes for route in part.routes()]

    def consumers(self) -> list[Consumer]:
        """Every consumer of domain events; each says by its phase when it is called."""
        return [consumer for part in self._parts for consumer in part.consumers()]

    def deadlines(self) -> list[Deadline]:
        return [deadline for part in self._parts for deadline in part.deadlines()]

    def periodic_tasks(self) -> list[PeriodicTask]:
        tasks = [task for part in self._parts for task in part.periodic_tasks()]
        return [*tasks, *self._idempotency.periodic_tasks()]

    def job_handlers(self) -> list[JobHandler]:
        """The handlers of slow consumers' jobs, and those of the jobs that parts add themselves."""
        added = [handler for part in self._parts for handler in part.job_handlers()]
        return [*job_handlers_of(self.consumers()), *added]

    async def close(self) -> None:
        """Write what is buffered, and close what the parts opened."""
        for part in self._parts:
            await part.close()
        await self.jobs.close()
