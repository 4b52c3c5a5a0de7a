"""The composition root: all parts of one process with their dependencies.  Nothing runs yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from supportcarr.audit import collections as audit_repository
from supportcarr.audit import handlers as audit_handlers
from supportcarr.audit import jobs as audit_jobs
from supportcarr.audit import routes as audit_routes
from supportcarr.audit.chain import AuditChain
from supportcarr.audit.personal_data import AuditData
from supportcarr.audit.service import AuditLog
from supportcarr.audit.signatures import HeadSigner
from supportcarr.audit.verification import AuditVerifier
from supportcarr.auth import (
    account_routes,
    legal_routes,
    password_routes,
    people_routes,
    totp_routes,
    webhook_routes,
)
from supportcarr.auth import collections as auth_repository
from supportcarr.auth import handlers as auth_handlers
from supportcarr.auth import jobs as auth_jobs
from supportcarr.auth import routes as auth_routes
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.failed_sign_ins import FailedSignIns
from supportcarr.auth.guesses import GuessLimiter, GuessRules
from supportcarr.auth.legal_documents import LegalDocuments
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.password_service import PasswordService
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.people import PeopleService
from supportcarr.auth.personal_data import AccountData
from supportcarr.auth.phone_change import PhoneChange
from supportcarr.auth.ports import SmsSender
from supportcarr.auth.registration import Registration
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_activity import SessionActivity
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.auth.totp_service import TotpService
from supportcarr.bootstrap.adapters import (
    AdminRescueView,
    CheckCandidates,
    ConsoleDrivers,
    ConsoleOffers,
    ConsolePayments,
    PushedOffers,
    RescuePhotoFiles,
    SocketPositionSink,
    StreamPayloads,
)
from supportcarr.bootstrap.anchors import anchor_of
from supportcarr.bootstrap.file_checks import PooledImages, scanner_of
from supportcarr.bootstrap.maps import geocoder_of, map_folder
from supportcarr.bootstrap.objects import objects_of
from supportcarr.bootstrap.people_search import PeopleSearch
from supportcarr.bootstrap.retention import Retention
from supportcarr.bootstrap.settings import Settings, checks_of
from supportcarr.contracts.routing import Route
from supportcarr.dispatch import collections as dispatch_repository
from supportcarr.dispatch import handlers as dispatch_handlers
from supportcarr.dispatch import jobs as dispatch_jobs
from supportcarr.dispatch import routes as dispatch_routes
from supportcarr.dispatch.personal_data import DispatchData
from supportcarr.dispatch.service import DispatchService
from supportcarr.dispatch.supply import DriverSupply
from supportcarr.drivers import collections as drivers_repository
from supportcarr.drivers import handlers as drivers_handlers
from supportcarr.drivers import jobs as drivers_jobs
from supportcarr.drivers import routes as drivers_routes
from supportcarr.drivers import shift_routes
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.hours import HoursRules
from supportcarr.drivers.personal_data import DriverData
from supportcarr.drivers.plates import Plates
from supportcarr.drivers.ports import CheckKind, CheckProvider
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.drivers.vehicle_service import VehicleService
from supportcarr.files import collections as files_repository
from supportcarr.files import handlers as files_handlers
from supportcarr.files import jobs as files_jobs
from supportcarr.files import local_routes as files_local_routes
from supportcarr.files import routes as files_routes
from supportcarr.files.metrics import FileFigures
from supportcarr.files.personal_data import FileData
from supportcarr.files.processing import FileProcessing
from supportcarr.files.removal import FileRemoval
from supportcarr.files.service import FileService
from supportcarr.gateway import idempotency
from supportcarr.gateway.endpoint import API
from supportcarr.geocoding import routes as geocoding_routes
from supportcarr.geocoding.service import GeocodingService
from supportcarr.kit.events.consumer import Consumer, job_handlers_of
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.http.guarded_client import GuardedClient
from supportcarr.kit.images.pool import ImagePool
from supportcarr.kit.jobs import leases, verification
from supportcarr.kit.jobs import service as kit_jobs
from supportcarr.kit.jobs.declarations import Deadline, JobHandler, PeriodicTask
from supportcarr.kit.jobs.service import Jobs
from supportcarr.kit.jobs.verification import Verifications
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.ratelimit.limiter import Limiter
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.response_cache import ResponseCache
from supportcarr.kit.runtime import city_clock
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing import data_keys as kit_data_keys
from supportcarr.kit.sealing import lookup_keys, search_terms
from supportcarr.kit.sealing.data_keys import DataKeys
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.sealing.streams import SealedStreams
from supportcarr.kit.store.port import CollectionSpec, Store
from supportcarr.notifications import collections as notifications_repository
from supportcarr.notifications import handlers as notifications_handlers
from supportcarr.notifications import jobs as notifications_jobs
from supportcarr.notifications import routes as notifications_routes
from supportcarr.notifications.delivery import NotificationDelivery
from supportcarr.notifications.personal_data import NotificationData
from supportcarr.notifications.push import routes as push_routes
from supportcarr.notifications.push.delivery import PushDelivery, PushQueue
from supportcarr.notifications.push.service import PushSubscriptions
from supportcarr.notifications.service import NotificationsService
from supportcarr.operations import handlers as operations_handlers
from supportcarr.operations import repository as operations_repository
from supportcarr.operations import routes as operations_routes
from supportcarr.operations.business_metrics import BusinessMetrics
from supportcarr.operations.model import Area
from supportcarr.operations.personal_data import OperationsData
from supportcarr.operations.service import OperationsService
from supportcarr.partners import collections as partners_repository
from supportcarr.partners import routes as partners_routes
from supportcarr.partners.key_verifier import PartnerKeys
from supportcarr.partners.service import PartnerService
from supportcarr.payments import collections as payments_repository
from supportcarr.payments import handlers as payments_handlers
from supportcarr.payments import jobs as payments_jobs
from supportcarr.payments import routes as payments_routes
from supportcarr.payments.cards import PaymentMethodService
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.ledger_verification import LedgerVerifier
from supportcarr.payments.personal_data import PaymentData
from supportcarr.payments.ports import PaymentGateway
from supportcarr.payments.service import PaymentService
from supportcarr.payments.unresolved import UnresolvedPayments
from supportcarr.payments.webhooks import StripeWebhooks
from supportcarr.pricing import collections as pricing_repository
from supportcarr.pricing import jobs as pricing_jobs
from supportcarr.pricing import routes as pricing_routes
from supportcarr.pricing.areas import MONTREAL, MONTREAL_TARIFF
from supportcarr.pricing.coverage import KEEP_S, CoverageService
from supportcarr.pricing.geography import ServiceAreas
from supportcarr.pricing.personal_data import QuoteData
from supportcarr.pricing.service import PricingService
from supportcarr.privacy import collections as privacy_repository
from supportcarr.privacy import handlers as privacy_handlers
from supportcarr.privacy import jobs as privacy_jobs
from supportcarr.privacy import routes as privacy_routes
from supportcarr.privacy.deletions import DeletionService
from supportcarr.privacy.exports import ExportService
from supportcarr.privacy.personal_data import ExportData
from supportcarr.privacy.ports import PersonalData
from supportcarr.providers.checks import HttpCheckProvider
from supportcarr.providers.named_places import NamedPlaces
from supportcarr.providers.routing import StraightLineRouter
from supportcarr.providers.s3 import S3Objects
from supportcarr.providers.stripe import StripePaymentGateway
from supportcarr.providers.twilio import TwilioSmsSender
from supportcarr.providers.web_push import WebPush
from supportcarr.ratings import collections as ratings_repository
from supportcarr.ratings import handlers as ratings_handlers
from supportcarr.ratings import jobs as ratings_jobs
from supportcarr.ratings import routes as ratings_routes
from supportcarr.ratings.personal_data import RatingData
from supportcarr.ratings.service import RatingService
from supportcarr.realtime import handlers as realtime_handlers
from supportcarr.rescues import collections as rescues_repository
from supportcarr.rescues import handlers as rescues_handlers
from supportcarr.rescues import jobs as rescues_jobs
from supportcarr.rescues import photo_routes, share_link_routes
from supportcarr.rescues import routes as rescues_routes
from supportcarr.rescues.admin_view import RescueDetails
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.live_jobs import LiveJobs
from supportcarr.rescues.people import PeopleOfRescues
from supportcarr.rescues.personal_data import RescueData
from supportcarr.rescues.photos import PhotoService
from supportcarr.rescues.queries import RescueQueries
from supportcarr.rescues.recent_places import RecentPlaces
from supportcarr.rescues.service import RescueService
from supportcarr.rescues.share_links import ShareLinkService
from supportcarr.riders import collections as riders_repository
from supportcarr.riders import handlers as riders_handlers
from supportcarr.riders import jobs as riders_jobs
from supportcarr.riders import routes as riders_routes
from supportcarr.riders.personal_data import RiderData
from supportcarr.riders.possession_service import BikeService, PlaceService
from supportcarr.riders.service import RiderService
from supportcarr.tracking import collections as tracking_repository
from supportcarr.tracking import handlers as tracking_handlers
from supportcarr.tracking import routes as tracking_routes
from supportcarr.tracking.personal_data import TrackingData
from supportcarr.tracking.service import TrackingService

AREAS = (Area(MONTREAL.id, MONTREAL.timezone),)

SPECS: tuple[CollectionSpec[Any], ...] = (
    *auth_repository.SPECS,
    *riders_repository.SPECS,
    *drivers_repository.SPECS,
    *tracking_repository.SPECS,
    *pricing_repository.SPECS,
    *rescues_repository.SPECS,
    *dispatch_repository.SPECS,
    *payments_repository.SPECS,
    *ratings_repository.SPECS,
    *notifications_repository.SPECS,
    *operations_repository.SPECS,
    *partners_repository.SPECS,
    *audit_repository.SPECS,
    *privacy_repository.SPECS,
    *files_repository.SPECS,
    *idempotency.SPECS,
    *kit_jobs.SPECS,
    *city_clock.SPECS,
    *leases.SPECS,
    *verification.SPECS,
    *kit_data_keys.SPECS,
    lookup_keys.LOOKUP_KEYS,
    search_terms.SEARCH_TERMS,
)


@dataclass(slots=True)
class RedisClients:
    """The durable Redis, and the evicting one (the same client where one server does both)."""

    durable: RedisClient
    cache: RedisClient


class Container:
    """The parts of one process.

    *durable_url* is the URL of BullMQ's Redis; *data_keys* are those of the store.
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
    ) -> None:
        for spec in SPECS:
            store.collection(spec)
        self.settings, self.store, self.clock, self.redis = settings, store, clock, redis
        self.data_keys = data_keys
        self.jobs = Jobs(store, clock, durable_url)
        self.streams = SealedStreams(EventStreams(redis.durable, settings.streams), data_keys)
        self.limiter = Limiter(redis.durable, lease=settings.limits.lease)
        self.outbound = GuardedClient(settings.outbound)  # for addresses that somebody else chose
        router = StraightLineRouter(settings.routing)

        self.revocations = Revocations(store, clock, settings.auth, redis.durable)
        self.signing_keys = SigningKeys(settings.auth, store, clock)
        self.partner_keys = PartnerKeys(store, clock, settings.auth.lookup_secret)
        self.session_activity = SessionActivity(redis.durable, clock)
        self.tokens = AccessTokens(
            settings.auth,
            self.revocations,
            self.signing_keys,
            sessions=self.session_activity,
            partner_keys=self.partner_keys,
        )
        self.passwords = PasswordHasher(settings.auth)
        self.guesses = GuessLimiter(store, clock, GuessRules.from_settings(settings.auth))
        self.totp = TotpService(
            store,
            clock,
            secret=settings.auth.lookup_secret,
            seal=self.data_keys,
            guesses=self.guesses,
            issue=self.tokens.issue_for,
        )
        self.names = NameIndex(store, settings.auth.lookup_secret)
        self.plates = Plates(store, settings.auth.lookup_secret)
        guard = SignInGuard(store, clock, self.guesses, settings.auth.lookup_secret)
        self.audit = AuditLog(store, clock, self.data_keys)
        self.failed_sign_ins = FailedSignIns(self.audit)
        self.auth = AuthService(
            store,
            clock,
            settings.auth,
            tokens=self.tokens,
            passwords=self.passwords,
            revocations=self.revocations,
            activity=self.session_activity,
            totp=self.totp,
            guard=guard,
            failures=self.failed_sign_ins,
        )
        self.people = PeopleService(store, clock, self.auth, self.names)
        status_url = f"{settings.deployment.public_url.rstrip('/')}{API}{webhook_routes.STATUS_PATH}"
        self.sms = sms() if sms else TwilioSmsSender(settings.twilio, status_url=status_url)
        self.codes = SmsCodes(store, clock, settings.auth)
        self.code_texts = CodeTexts(store, clock, settings.auth, self.codes, self.sms)
        self.registration = Registration(
            store,
            clock,
            settings.auth,
            auth=self.auth,
            passwords=self.passwords,
            codes=self.codes,
            guard=guard,
        )
        self.legal = LegalDocuments(settings.legal)
        self.phone_change = PhoneChange(
            store,
            clock,
            settings.auth,
            auth=self.auth,
            passwords=self.passwords,
            codes=self.codes,
            guard=guard,
        )
        self.password_service = PasswordService(
            store,
            clock,
            settings.auth,
            auth=self.auth,
            passwords=self.passwords,
            codes=self.codes,
            guard=guard,
        )
        self.partners = PartnerService(store, clock, settings.auth.lookup_secret)
        self.area_cache = ResponseCache(redis.cache, "areas")
        self.areas = ServiceAreas(store, clock, shared=self.area_cache)
        self._build_files(objects)
        self.drivers = DriverService(
            store,
            clock,
            self.auth,
            LiveJobs(store),
            timezone=MONTREAL.timezone,
            hours_rules=HoursRules.from_settings(settings.shifts),
            documents_required=settings.drivers.requires_documents(settings.deployment.profile),
        )
        self.vehicles = VehicleService(
            store, clock, self.drivers, LiveJobs(store), plates=self.plates, photos=self.files
        )
        self.driver_documents = DriverDocumentService(store, clock, self.drivers, self.files, self.audit)
        self.check_providers = checks() if checks else check_providers_of(settings)
        self.driver_checks = DriverCheckService(
            store, clock, CheckCandidates(self.auth), self.check_providers
        )
        self.tracking = TrackingService(
            store, redis.cache, clock, self.areas, router, fresh_seconds=settings.dispatch.fresh_seconds
        )
        self.riders = RiderService(store, clock)
        self.places, self.bikes = PlaceService(store), BikeService(store, clock, self.files)

        self.payment_gateway = payment_gateway() if payment_gateway else StripePaymentGateway(settings.stripe)
        self.payment_methods = PaymentMethodService(store, clock, self.payment_gateway)
        self.ledger = LedgerService(store, clock)
        self.shifts = ShiftService(
            store, clock, self.drivers, LiveJobs(store), self.ledger, timezone=MONTREAL.timezone
        )
        self.payments = PaymentService(store, clock, self.payment_gateway, self.payment_methods, self.ledger)
        self.unresolved_payments = UnresolvedPayments(store, clock)
        self.webhooks = StripeWebhooks(store, clock, self.payment_gateway, self.payments, self.jobs)

        self.chat = ChatService(store, clock, self.audit)
        self.photos = PhotoService(store, clock, RescuePhotoFiles(self.files), self.audit, settings.rescues)
        self.supply = DriverSupply(store, self.tracking, router, radius_max_m=settings.dispatch.radius_max_m)
        self.pricing = PricingService(
            store, clock, self.areas, router, self.supply, self.bikes, settings.quotes
        )
        self.rescues = RescueService(
            store,
            clock,
            quotes=self.pricing,
            claims=self.riders,
            payment_methods=self.payment_methods,
            drivers=self.drivers,
            sightings=self.tracking,
            settings=settings.rescues,
        )
        self.dispatch = DispatchService(
            store, clock, self.rescues, self.tracking, router, self.drivers, settings.dispatch
        )
        self.ratings = RatingService(store, clock, PeopleOfRescues(store), settings.ratings)
        self.rescue_queries = RescueQueries(
            store,
            clock,
            users=self.auth,
            drivers=self.drivers,
            ratings=self.ratings,
            settings=settings.rescues,
        )
        self.share_links = ShareLinkService(
            store,
            clock,
            drivers=self.drivers,
            positions=self.tracking,
            settings=settings.rescues,
            secret=settings.auth.lookup_secret,
        )
        coverage_cache = ResponseCache(redis.cache, "coverage", seconds=KEEP_S / clock.speed)
        self.coverage = CoverageService(self.areas, self.supply, clock, shared=coverage_cache)
        self._build_push()
        self.notifications = NotificationsService(store, clock, self.push_queue)
        self.notification_delivery = NotificationDelivery(store, self.auth, self.code_texts)
        self.console_drivers = ConsoleDrivers(self.supply, self.tracking, [area.id for area in AREAS])
        self.people_search = PeopleSearch(self.people, self.plates)
        self.business = BusinessMetrics([MONTREAL_TARIFF.currency])
        # Below the sealing: what is counted is not personal, and an event need not be opened for it.
        engine = store.inner if isinstance(store, SealingStore) else store
        engine.subscribe(self.business.committed)
        self.operations = OperationsService(store, clock, self.console_drivers, AREAS, self.people_search)
        self.position_reports = SocketPositionSink(self.tracking)
        self.geocoding = GeocodingService(
            self.places, RecentPlaces(store), NamedPlaces(map_folder(settings)), geocoder_of(settings)
        )
        self._build_audit_and_privacy()

    def _build_files(self, make_objects: Callable[[], LocalObjects | S3Objects] | None) -> None:
        """Uploads, their processing, and their end."""
        store, settings = self.store, self.settings.files
        self.objects = make_objects() if make_objects else objects_of(self.settings, self.clock)
        self.file_figures = FileFigures()
        self.file_removal = FileRemoval(store, self.clock, self.objects, self.file_figures)
        self.files = FileService(
            store, self.clock, self.objects, settings, self.file_removal, self.file_figures
        )
        self.image_pool = ImagePool(settings.image_processes)  # starts no process yet
        self.file_processing = FileProcessing(
            store,
            self.objects,
            PooledImages(self.image_pool),
            scanner_of(self.settings),
            self.file_removal,
            self.file_figures,
            max_bytes=settings.max_bytes,
        )
        self.file_data = FileData(store, self.objects, self.file_removal, max_bytes=settings.max_bytes)

    def _build_push(self) -> None:
        """What is pushed to browsers."""
        store, clock, settings = self.store, self.clock, self.settings
        support = settings.support.email
        contact = f"mailto:{support}" if support else settings.deployment.public_url
        self.web_push = WebPush(settings.push, settings.outbound, contact=settings.push.contact or contact)
        sessions = self.auth.sessions
        self.push_subscriptions = PushSubscriptions(store, clock, self.web_push, sessions)
        self.push_queue = PushQueue(store, clock, self.jobs, self.web_push)
        self.push_delivery = PushDelivery(
            store,
            clock,
            self.web_push,
            sessions=sessions,
            preferences=self.auth,
            languages=self.auth,
            offers=PushedOffers(self.dispatch, clock),
        )

    def _build_audit_and_privacy(self) -> None:
        """The audit log, exports, deletions and retention."""
        store, clock, privacy = self.store, self.clock, self.settings.privacy
        signer = HeadSigner(self.settings.audit.secret)
        self.audit_chain = AuditChain(store, clock, signer, anchor_of(self.settings))
        self.verifications = Verifications(
            store, clock, {"ledger": LedgerVerifier(store), "audit_log": AuditVerifier(store, signer)}
        )
        account = AccountData(store, self.auth, self.names)
        gathered = [account, *self._personal_data()]
        self.exports = ExportService(
            store,
            clock,
            gathered,
            self.data_keys,
            files=self.file_data,
            kept=timedelta(days=privacy.export_days),
        )
        self.deletions = DeletionService(
            store,
            clock,
            [*gathered, ExportData(self.exports)],
            account,
            self.data_keys,
            grace=timedelta(days=privacy.grace_days),
        )
        self.retention = Retention(store, clock, privacy, self.audit_chain)

    def _personal_data(self) -> list[PersonalData]:
        """What each other part holds of people."""
        store, rescues = self.store, RescueData(self.store)
        return [
            RiderData(store),
            DriverData(store),
            TrackingData(store, self.redis.cache, rescues),
            QuoteData(store),
            rescues,
            DispatchData(store, rescues),
            PaymentData(store, self.payment_gateway, rescues),
            RatingData(store),
            NotificationData(store),
            OperationsData(store),
            AuditData(store),
            self.file_data,
        ]

    def routes(self) -> list[Route]:
        """Every route of every part."""
        return [
            *account_routes.routes(self.registration, self.phone_change, self.legal),
            *legal_routes.routes(self.legal),
            *password_routes.routes(self.password_service),
            *auth_routes.routes(self.auth),
            *people_routes.routes(self.people, self.auth, self.deletions, self.audit),
            *partners_routes.routes(self.partners),
            *webhook_routes.routes(self.code_texts),
            *totp_routes.routes(self.totp, self.auth, self.settings.auth.access_seconds),
            *riders_routes.routes(self.places, self.bikes),
            *geocoding_routes.routes(self.geocoding),
            *pricing_routes.routes(self.pricing, self.coverage),
            *payments_routes.routes(self.payment_methods, self.payments, self.ledger, self.webhooks),
            *rescues_routes.routes(self.rescues, self.rescue_queries, self.chat),
            *photo_routes.routes(self.photos),
            *share_link_routes.routes(self.share_links, self.clock, self.settings.deployment.public_url),
            *dispatch_routes.routes(self.dispatch),
            *drivers_routes.routes(
                self.drivers, self.vehicles, self.driver_documents, self.driver_checks, self.people_search
            ),
            *shift_routes.routes(self.shifts),
            *tracking_routes.routes(self.tracking),
            *ratings_routes.routes(self.ratings, self.audit, self.drivers),
            *notifications_routes.routes(self.notifications, self.auth),
            *push_routes.routes(self.push_subscriptions),
            *privacy_routes.routes(self.deletions, self.exports),
            *self._file_routes(),
            *audit_routes.routes(self.audit),
            *operations_routes.routes(
                self.operations,
                self.clock,
                RescueDetails(self.store, self.rescue_queries, self.chat),
                ConsoleOffers(self.dispatch),
                ConsolePayments(self.payments),
                self.console_drivers,
                AdminRescueView,
                self.audit,
            ),
        ]

    def _file_routes(self) -> list[Route]:
        """Uploads; and without S3 the forms' target and the links'."""
        routes = files_routes.routes(self.files)
        if isinstance(self.objects, LocalObjects):
            routes += files_local_routes.routes(self.objects, max_bytes=self.settings.files.max_bytes)
        return routes

    def consumers(self) -> list[Consumer]:
        """Every consumer of domain events; each says by its phase when it is called."""
        views = StreamPayloads(self.dispatch, self.chat, self.notifications, self.auth)
        return [
            *auth_handlers.consumers(self.code_texts, self.names),
            *rescues_handlers.consumers(self.rescues),
            *riders_handlers.consumers(self.riders),
            *riders_handlers.bike_consumers(self.bikes),
            *drivers_handlers.consumers(
                self.drivers, self.vehicles, self.shifts, self.driver_documents, self.driver_checks
            ),
            *dispatch_handlers.consumers(self.dispatch),
            *tracking_handlers.consumers(self.tracking),
            *operations_handlers.consumers(self.operations),
            *ratings_handlers.consumers(self.ratings),
            *realtime_handlers.consumers(self.streams, views),
            *notifications_handlers.consumers(
                self.notifications, self.notification_delivery, self.push_queue
            ),
            *payments_handlers.consumers(self.payments),
            *audit_handlers.consumers(self.audit),
            *privacy_handlers.consumers(self.deletions, self.exports),
            *files_handlers.consumers(self.file_processing),
        ]

    def deadlines(self) -> list[Deadline]:
        return [
            *rescues_jobs.deadlines(self.rescues),
            *dispatch_jobs.deadlines(self.dispatch),
            *drivers_jobs.deadlines(self.drivers, self.shifts, self.driver_checks),
            *ratings_jobs.deadlines(self.ratings),
            *privacy_jobs.deadlines(self.deletions),
        ]

    def periodic_tasks(self) -> list[PeriodicTask]:
        keys = idempotency.Idempotency(self.store, self.clock, self.settings.auth.lookup_secret)
        return [
            *auth_jobs.periodic_tasks(
                self.auth,
                self.signing_keys,
                self.guesses,
                self.registration,
                self.codes,
                self.code_texts,
            ),
            *riders_jobs.periodic_tasks(self.riders, self.rescues),
            *drivers_jobs.periodic_tasks(self.drivers, self.driver_documents),
            *dispatch_jobs.periodic_tasks(self.dispatch),
            *pricing_jobs.periodic_tasks(self.pricing),
            *payments_jobs.periodic_tasks(self.webhooks),
            *notifications_jobs.periodic_tasks(self.push_subscriptions),
            *audit_jobs.periodic_tasks(self.audit_chain),
            *privacy_jobs.periodic_tasks(self.retention.enforce),
            *files_jobs.periodic_tasks(self.file_removal),
            *self.verifications.periodic_tasks(),
            *keys.periodic_tasks(),
        ]

    def job_handlers(self) -> list[JobHandler]:
        return [
            *job_handlers_of(self.consumers()),
            *payments_jobs.job_handlers(self.webhooks),
            *notifications_jobs.job_handlers(self.push_delivery),
        ]

    async def close(self) -> None:
        """Write what is buffered, and close what the parts opened."""
        await self.failed_sign_ins.close()
        await self.tracking.close()
        await self.jobs.close()
        await self.payment_gateway.close()
        await self.outbound.close()
        await self.web_push.close()
        await self.geocoding.close()
        await self.partner_keys.close()
        await self.sms.close()
        for provider in self.check_providers.values():
            await provider.close()
        await self.image_pool.close()
        await self.objects.close()
        self.passwords.close()


def check_providers_of(settings: Settings) -> Mapping[CheckKind, CheckProvider]:
    """The providers of checks that have an address."""
    return {
        kind: HttpCheckProvider(group, kind) for kind, group in checks_of(settings).items() if group.api_base
    }


def area_ids() -> Sequence[str]:
    return [area.id for area in AREAS]
