"""What rescues need of other parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import DriverCard, DriverSighting, JobPosition, Person, QuoteTerms
from supportcarr.kit.objects.port import UploadForm

RIDER_HAS_LIVE_RESCUE = "rider_has_live_rescue"


class PriceQuotes(Protocol):
    """Quotes, each redeemed once.  Implemented by ``pricing.service.PricingService``."""

    async def terms_of(self, quote_id: str, *, rider_id: str) -> QuoteTerms:
        """The terms of a quote, redeemed or not, expired or not.

        Raises ``NotFound`` (also for another rider's quote).
        """

    async def redeem(self, quote_id: str, *, rider_id: str, rescue_id: str, now: datetime) -> QuoteTerms:
        """Use the quote for that rescue; the same rescue may redeem it again.  *now* is city time.

        Raises ``NotFound``, and conflicts ``quote_expired`` and ``quote_used``.
        """


class RiderClaims(Protocol):
    """A rider's one live rescue.  Implemented by ``riders.service.RiderService``."""

    async def claim(self, rider_id: str, rescue_id: str) -> None:
        """Claim the rider for that rescue, for a short while; the same rescue may claim again.

        Raises a conflict ``rider_has_live_rescue``.
        """

    async def confirm(self, rider_id: str, rescue_id: str) -> bool:
        """Keep the claim until the rescue ends.  False if another rescue has the rider."""

    async def claimed_by(self, rider_id: str) -> str | None:
        """The rescue that has the rider."""

    async def release(self, rider_id: str, rescue_id: str) -> None:
        """Release the rider, if that rescue has the claim."""


class PaymentMethods(Protocol):
    """Riders' payment methods.  Implemented by ``payments.cards.PaymentMethodService``."""

    async def usable(self, rider_id: str, payment_method_id: str) -> bool:
        """True if the payment method is the rider's own and not removed."""


class DriverSightings(Protocol):
    """Where drivers are.  Implemented by ``tracking.service.TrackingService``."""

    async def sighting(self, driver_id: str) -> DriverSighting | None:
        """Where the driver's phone says they are now; ``None`` without a fresh position."""

    async def sighting_at(self, driver_id: str, rescue_id: str, at: datetime) -> DriverSighting | None:
        """Where the driver was at that time, by the trail of the job; ``None`` if it says nothing."""

    async def points_between(
        self, driver_id: str, rescue_id: str, since: datetime, until: datetime
    ) -> tuple[GeoPoint, ...]:
        """The points of the driver's trail of that job in that time."""


class JobPositions(Protocol):
    """Where drivers are on their jobs.  Implemented by ``tracking.service.TrackingService``."""

    async def on_job(self, driver_id: str, rescue_id: str) -> JobPosition | None:
        """Where the driver is, if that rescue is their job now and their position is fresh."""


class UserDirectory(Protocol):
    """Names of people.  Implemented by ``auth.service.AuthService``."""

    async def person(self, user_id: str) -> Person:
        """What the other side of a rescue may see of that person."""


class DriverCards(Protocol):
    """Drivers as riders see them.  Implemented by ``drivers.service.DriverService``."""

    async def card(self, driver_id: str, vehicle_id: str | None) -> DriverCard:
        """What a rider sees of the driver with that vehicle (``None``: with the present one).

        Raises ``NotFound``.
        """

    async def vehicle_of(self, driver_id: str) -> str | None:
        """The id of the vehicle that the driver drives, or drove last; ``None`` if there is none."""


class DriverRatings(Protocol):
    """How drivers are rated.  Implemented by ``ratings.service.RatingService``."""

    async def rating_of(self, driver_id: str) -> float | None:
        """The average of the driver's ratings; ``None`` while nobody has rated them."""


class ViewLog(Protocol):
    """Records that an operator read somebody's data.  Implemented by ``audit.service.AuditLog``."""

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        """Store it before the data is shown."""


class FileLinks(Protocol):
    """Links to what others see of a file.  Implemented by ``files.model.FileLinks``."""

    @property
    def state(self) -> Literal["awaiting_upload", "processing", "ready", "refused", "deleted"]: ...
    @property
    def url(self) -> str | None: ...
    @property
    def preview_url(self) -> str | None: ...
    @property
    def thumbnail_url(self) -> str | None: ...


class PhotoFiles(Protocol):
    """The content of photos.  Implemented by ``bootstrap.adapters.RescuePhotoFiles``."""

    async def request(self, photo_id: str, owner_id: str, content_type: str, size: int) -> str:
        """Begin the upload of that photo; its file's id.  Idempotent.

        Raises ``unsupported_file_type``, ``file_too_large``, ``too_many_uploads``.
        """

    async def form(self, file_id: str, owner_id: str) -> UploadForm | None:
        """The form of an upload; ``None`` if it is over."""

    async def complete(self, file_id: str, photo_id: str, by: Actor) -> None:
        """Check what was uploaded, and keep it for that photo.  Idempotent.

        Raises ``file_not_uploaded``, ``file_too_large``, ``unsupported_file_type``, ``file_rejected``.
        """

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, FileLinks]:
        """Links of minutes, by id; files that are gone are left out."""
