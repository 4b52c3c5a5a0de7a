"""Adapters: implement a port of one part or edge with the service of another part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.auth.service import AuthService
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.ids import FILE
from supportcarr.dispatch.schemas import OfferOut
from supportcarr.dispatch.service import DispatchService
from supportcarr.dispatch.supply import DriverSupply
from supportcarr.drivers.ports import Candidate
from supportcarr.files.model import FileLinks
from supportcarr.files.service import FileService
from supportcarr.kit.objects.port import UploadForm
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.clock import Clock
from supportcarr.notifications.ports import ReaderLanguages
from supportcarr.notifications.schemas import NotificationView
from supportcarr.notifications.service import NotificationsService
from supportcarr.operations.model import DriverCounts
from supportcarr.operations.ports import DriverPoint, PaymentDetails
from supportcarr.operations.schemas import RescueDetailsView
from supportcarr.payments.service import PaymentService
from supportcarr.realtime.messages import PositionReport
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.schemas import RescueView, TimelineView
from supportcarr.tracking.model import Position
from supportcarr.tracking.service import TrackingService


class SocketPositionSink:
    """``realtime.ports.PositionSink``: positions reported over Socket.IO."""

    def __init__(self, tracking: TrackingService) -> None:
        self._tracking = tracking

    async def report(self, driver_id: str, report: PositionReport) -> None:
        await self._tracking.report_one(
            driver_id,
            Position(
                lat=report.lat,
                lng=report.lng,
                at=report.at,
                accuracy=report.accuracy,
                heading=report.heading,
                speed=report.speed,
            ),
        )


class StreamPayloads:
    """``realtime.ports.PayloadLoader``: what people see of a document that an event refers to."""

    def __init__(
        self,
        dispatch: DispatchService,
        chat: ChatService,
        notifications: NotificationsService,
        languages: ReaderLanguages,
    ) -> None:
        self._dispatch = dispatch
        self._chat = chat
        self._notifications = notifications
        self._languages = languages

    async def offer(self, offer_id: str) -> Any | None:
        offer = await self._dispatch.offer(offer_id)
        return OfferOut.of(offer) if offer else None

    async def message(self, message_id: str) -> Any | None:
        return await self._chat.view(message_id)

    async def notification(self, notification_id: str) -> Any | None:
        notification = await self._notifications.get(notification_id)
        if notification is None:
            return None
        return NotificationView.of(notification, await self._languages.language_of(notification.user_id))


class PushedOffers:
    """``notifications.push.ports.OpenOffers``."""

    def __init__(self, dispatch: DispatchService, clock: Clock) -> None:
        self._dispatch = dispatch
        self._clock = clock

    async def is_open(self, offer_id: str) -> bool:
        offer = await self._dispatch.offer(offer_id)
        return offer is not None and offer.is_open(self._clock.city())


class RescuePhotoFiles:
    """``rescues.ports.PhotoFiles``: the content of a rescue's photos."""

    def __init__(self, files: FileService) -> None:
        self._files = files

    async def request(self, photo_id: str, owner_id: str, content_type: str, size: int) -> str:
        file_id = f"{FILE}_{photo_id.partition('_')[2]}"
        return (await self._files.request(owner_id, "rescue_photo", content_type, size, file_id)).id

    async def form(self, file_id: str, owner_id: str) -> UploadForm | None:
        return self._files.form(await self._files.of_owner(owner_id, file_id))

    async def complete(self, file_id: str, photo_id: str, by: Actor) -> None:
        owner_id = by.id or ""
        await self._files.complete(owner_id, file_id, by)
        await self._files.attach(file_id, owner_id, "rescue_photo", photo_id)

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, FileLinks]:
        return await self._files.links(file_ids)


class CheckCandidates:
    """``drivers.ports.CandidateDirectory``: the account's name and phone number."""

    def __init__(self, auth: AuthService) -> None:
        self._auth = auth

    async def candidate(self, driver_id: str) -> Candidate:
        user = await self._auth.user(driver_id)
        return Candidate(user.name, user.phone)


class ConsoleDrivers:
    """``operations.ports.DriverCounter`` and ``DriverPositions``."""

    def __init__(self, supply: DriverSupply, tracking: TrackingService, areas: Sequence[str]) -> None:
        self._supply = supply
        self._tracking = tracking
        self._areas = areas

    async def count(self, area_id: str | None) -> DriverCounts:
        online = busy = 0
        for area in [area_id] if area_id else self._areas:
            counts = await self._supply.online_counts(area)
            online, busy = online + counts.online, busy + counts.busy
        return DriverCounts(online, busy)

    async def positions(self, area_id: str) -> Sequence[DriverPoint]:
        """The latest positions; none while Redis is unavailable."""
        try:
            seen = await self._tracking.current_updates(area_id)
        except RedisError:
            return []
        return [
            DriverPoint(
                driver_id=at.driver_id,
                lat=at.lat,
                lng=at.lng,
                at=at.at,
                heading=at.heading,
                rescue_id=at.rescue_id,
                eta_seconds=at.eta_seconds,
            )
            for at in seen
        ]


class ConsoleOffers:
    """``operations.ports.OfferReader``."""

    def __init__(self, dispatch: DispatchService) -> None:
        self._dispatch = dispatch

    async def of(self, rescue_id: str) -> Sequence[OfferOut]:
        return [OfferOut.of(offer) for offer in await self._dispatch.offers_of(rescue_id)]


class ConsolePayments:
    """``operations.ports.PaymentReader``: what operators see of a payment record."""

    def __init__(self, payments: PaymentService) -> None:
        self._payments = payments

    async def of(self, rescue_id: str) -> PaymentDetails | None:
        record = await self._payments.of_rescue(rescue_id)
        if record is None:
            return None
        return PaymentDetails(
            id=record.id,
            status=record.status,
            currency=record.currency,
            hold_minor=record.hold_minor,
            captured_minor=record.captured_minor,
            refunded_minor=record.refunded_minor,
            intent_id=record.intent_id,
            failure=record.failure,
        )


class AdminRescueView(RescueDetailsView[RescueView, TimelineView, OfferOut], frozen=True):
    """One rescue with all its details, as the console shows it."""
