"""Makes and redeems quotes."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from supportcarr.contracts import ids
from supportcarr.contracts.carrying import carrying_needs
from supportcarr.contracts.errors import FieldChecks, NotFound, ValidationFailed
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.purge import purge_expired
from supportcarr.kit.store.update import update
from supportcarr.pricing.collections import QUOTES
from supportcarr.pricing.commands import RequestQuote
from supportcarr.pricing.errors import OutsideArea, QuoteExpired, QuoteNotGenuine, QuoteUsed, UnsafeBattery
from supportcarr.pricing.geography import ServiceAreas
from supportcarr.pricing.model import Quote, price
from supportcarr.pricing.ports import Bikes, PickupEtas, RoutePlanner
from supportcarr.pricing.settings import QuoteSettings
from supportcarr.pricing.signing import is_genuine, sign
from supportcarr.pricing.supply import PickupEstimate, estimate_pickup

BOOKING_MIN = timedelta(minutes=30)  # ahead of now
BOOKING_MAX = timedelta(days=30)
EXPIRED_RETENTION = timedelta(days=1)  # city time; until then the error is ``quote_expired``
# Wall time: a repeat of the rider's request (its Idempotency-Key is kept that long) reads the quote again.
REDEEMED_RETENTION = timedelta(hours=48)


class PricingService:
    """Makes quotes, and lets each be redeemed once."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        areas: ServiceAreas,
        router: RoutePlanner,
        supply: PickupEtas,
        bikes: Bikes,
        settings: QuoteSettings,
    ) -> None:
        self._quotes = store.collection(QUOTES)
        self._clock = clock
        self._areas = areas
        self._router = router
        self._supply = supply
        self._bikes = bikes
        self._settings = settings

    async def quote(self, rider_id: str, request: RequestQuote, *, quote_id: str | None = None) -> Quote:
        """Make a signed quote for that rider; repeated with the id of one that was made: that one.

        Raises ``ValidationFailed``, ``UnsafeBattery``, ``OutsideArea``.
        """
        if quote_id is not None and (made_before := await self._quotes.get(quote_id)):
            return made_before
        now = to_milliseconds(self._clock.city())
        checks = FieldChecks()
        checks.run(lambda: _check_problem(request))
        starts = checks.run(lambda: _check_schedule(request, now))
        checks.run(lambda: _check_promotion(request))
        bike = None
        if request.bike_id:
            bike = await checks.wait_for(self._bikes.load_of(rider_id, request.bike_id))
        checks.done()
        area_id = await self._area_of(request)
        area, tariff = await self._areas.terms_of(area_id)
        leg = await self._router.leg(request.pickup.point, request.dropoff.point)
        priced = price(tariff, leg, (starts or now).astimezone(ZoneInfo(area.timezone)))
        needs = carrying_needs(request.kind, request.problem, bike)
        estimate = PickupEstimate(None)
        if not starts:
            estimate = await estimate_pickup(self._supply, area_id, request.pickup.point, needs)
        terms = QuoteTerms(
            id=quote_id or new_id(ids.QUOTE),
            kind=request.kind,
            problem=request.problem,
            pickup=request.pickup,
            dropoff=request.dropoff,
            area_id=area_id,
            region=area.region,
            items=priced.items,
            total_minor=priced.total_minor,
            before_promo_minor=priced.before_promo_minor,
            currency=tariff.currency,
            eta_seconds=estimate.eta_seconds,
            distance_m=leg.distance_m,
            duration_s=leg.duration_s,
            fees=tariff.fees,
            bike_id=request.bike_id,
            bike=bike,
            scheduled_for=starts,
        )
        expires_at = now + timedelta(seconds=self._settings.seconds)
        quote = Quote(
            id=terms.id,
            rider_id=rider_id,
            terms=terms,
            demand_multiplier=priced.demand_multiplier,
            unavailable=estimate.unavailable,
            created_at=now,
            expires_at=expires_at,
            forget_at=expires_at + EXPIRED_RETENTION,
            signature=sign(self._settings.secret, rider_id=rider_id, terms=terms, expires_at=expires_at),
        )
        try:
            return await self._quotes.insert(quote)
        except DuplicateKey:  # the same request, made twice at the same time
            return await self._quotes.get(quote.id) or quote

    async def terms_of(self, quote_id: str, *, rider_id: str) -> QuoteTerms:
        """The terms of a quote, redeemed or not, expired or not.

        Raises ``NotFound`` (also for another rider's quote).
        """
        quote = await self._quotes.get(quote_id)
        if quote is None or quote.rider_id != rider_id:
            raise NotFound("There is no such quote, or it is not yours")
        return quote.terms

    async def redeem(self, quote_id: str, *, rider_id: str, rescue_id: str, now: datetime) -> QuoteTerms:
        """Use the quote for that rescue; the same rescue may redeem it again and gets the same terms.

        *now* is city time.  Raises ``NotFound`` (also for another rider's quote), ``QuoteNotGenuine``,
        ``QuoteUsed``, ``QuoteExpired``.
        """

        def redeemed(quote: Quote) -> tuple[Quote, None] | None:
            if quote.rider_id != rider_id:
                raise NotFound("There is no such quote, or it is not yours")
            if not is_genuine(self._settings.secret, quote):
                raise QuoteNotGenuine
            if quote.rescue_id == rescue_id:
                return None
            if quote.rescue_id is not None:
                raise QuoteUsed
            if now >= quote.expires_at:
                raise QuoteExpired
            forget_at = now + REDEEMED_RETENTION * self._clock.speed
            return replace(quote, rescue_id=rescue_id, taken_at=now, forget_at=forget_at), None

        return (await update(self._quotes, quote_id, redeemed)).terms

    async def purge_quotes(self) -> None:
        """Remove the quotes whose ``forget_at`` has come."""
        await purge_expired(self._quotes, "forget_at", self._clock.city())

    async def _area_of(self, request: RequestQuote) -> str:
        pickup = await self._areas.area_at(request.pickup)
        dropoff = await self._areas.area_at(request.dropoff)
        outside = [n for n, a in (("pickup", pickup), ("dropoff", dropoff)) if a is None]
        if outside:
            raise OutsideArea.at(*outside)
        if pickup is None or pickup != dropoff:
            raise OutsideArea.at("dropoff")
        return pickup


def _check_problem(request: RequestQuote) -> None:
    if request.kind == "rescue" and request.problem is None:
        raise ValidationFailed.of("problem", "required", "Say what is wrong with the bike")
    if request.problem == "damaged_battery":
        if request.battery is None:
            raise ValidationFailed.of(
                "battery", "required", "Say whether the battery is smoking, swollen or hot"
            )
        if request.battery.smoking or request.battery.swollen:
            raise UnsafeBattery


def _check_schedule(request: RequestQuote, now: datetime) -> datetime | None:
    if request.scheduled_for is None:
        return None
    # compared before conversion: a time at the edge of the calendar has no equivalent in UTC
    if not now + BOOKING_MIN <= request.scheduled_for <= now + BOOKING_MAX:
        raise ValidationFailed.of(
            "scheduled_for", "out_of_range", "A booking starts between 30 minutes and 30 days from now"
        )
    # in UTC and whole milliseconds, as every store engine returns it, because it is signed
    return to_milliseconds(request.scheduled_for.astimezone(now.tzinfo))


def _check_promotion(request: RequestQuote) -> None:
    if request.promo_code is not None:
        raise ValidationFailed.of("promo_code", "unknown", "There is no promotion of that code")
