"""Everything that changes a rescue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from supportcarr.contracts.actors import SYSTEM, Actor, Principal
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.errors import (
    ApiError,
    Conflict,
    IllegalTransition,
    NotFound,
    StaleVersion,
    ValidationFailed,
)
from supportcarr.contracts.events import DomainEvent, PaymentProcessed, RescueRequested
from supportcarr.contracts.ids import RESCUE
from supportcarr.contracts.rescues import FINAL
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.audit import operator_acted
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.commands import (
    Arrive,
    Assign,
    Command,
    Complete,
    DriverStep,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Reject,
    RenewPin,
    RequestRescue,
    Start,
    Wake,
)
from supportcarr.rescues.decide import already_done, decide, open_rescue
from supportcarr.rescues.errors import PinWrong, RiderConfirmationRequired, TooEarly
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.late_steps import time_of_step, time_within
from supportcarr.rescues.model import Rescue, RescueRules
from supportcarr.rescues.payment_outcomes import command_after_hold, source_of, with_payment
from supportcarr.rescues.pins import random_pin
from supportcarr.rescues.ports import (
    RIDER_HAS_LIVE_RESCUE,
    DriverCards,
    DriverSightings,
    PaymentMethods,
    PriceQuotes,
    RiderClaims,
)
from supportcarr.rescues.private_events import published_events
from supportcarr.rescues.settings import RescueSettings
from supportcarr.rescues.state_machine import check_transition, is_participant

Change = tuple[Rescue, PendingEvents | None]

CLAIM_TRIES = 3  # between two of them, the rider was released from a rescue that is over


class RescueService:
    """Requests rescues and changes them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        quotes: PriceQuotes,
        claims: RiderClaims,
        payment_methods: PaymentMethods,
        drivers: DriverCards,
        sightings: DriverSightings,
        settings: RescueSettings,
        new_pin: Callable[[], str] = random_pin,
    ) -> None:
        self._rescues = store.collection(RESCUES)
        self._clock = clock
        self._quotes = quotes
        self._claims = claims
        self._payment_methods = payment_methods
        self._drivers = drivers
        self._sightings = sightings
        self._rules = RescueRules.from_settings(settings)
        self._new_pin = new_pin

    # --- requesting ----------------------------------------------------------------------------

    async def request(self, command: RequestRescue, *, rider_id: str, creation_id: str) -> Rescue:
        """Request a rescue: a saga, safe to run again under the same *creation_id* (``res_ULID``).

        1. Read the quote: its region is part of the rescue's id; a rescue of that id is returned.
        2. Claim the rider (a booking for later does so when it wakes).
        3. Redeem the quote; on failure release the rider's claim (compensation).
        4. Insert the rescue with ``RescueRequested``, whose consumer confirms the claim.

        After a crash behind step 2 or 3 the claim expires (see ``riders``), and the quote stays
        reserved for this rescue.  Raises ``NotFound`` (quote), ``ValidationFailed`` (payment method),
        ``rider_has_live_rescue``, ``quote_expired``, ``quote_used``.
        """
        quote = await self._quotes.terms_of(command.quote_id, rider_id=rider_id)
        rescue_id = f"{RESCUE}_{quote.region}_{creation_id.rpartition('_')[2]}"
        if existing := await self._rescues.get(rescue_id):
            return existing
        if not await self._payment_methods.usable(rider_id, command.payment_method_id):
            raise ValidationFailed.of("payment_method_id", "not_found", "You have no such payment method.")
        now = self._now()
        if quote.scheduled_for is None:
            await self._claim_rider(rider_id, rescue_id)
        try:
            terms = await self._quotes.redeem(
                command.quote_id, rider_id=rider_id, rescue_id=rescue_id, now=now
            )
        except ApiError:
            await self._claims.release(rider_id, rescue_id)
            raise
        rider = Actor("rider", rider_id)
        rescue, events = open_rescue(
            command,
            terms,
            rescue_id=rescue_id,
            rider=rider,
            pin=self._new_pin(),
            now=now,
            rules=self._rules,
        )
        try:
            return await self._rescues.insert(rescue, _pending_events(events, rider, now))
        except DuplicateKey:  # the same request, made twice at the same time
            return await self._get(rescue_id)

    async def confirm_claim(self, requested: RescueRequested) -> None:
        """Confirm the claim on the rider, now that the rescue exists.

        If another rescue has the rider by now (this one was inserted after its claim had expired),
        this one is rejected.
        """
        rider_id, rescue_id = requested.rider_id, requested.rescue_id
        if await self._claims.confirm(rider_id, rescue_id):
            return
        if await self._release_ended_claim(rider_id) and await self._claims.confirm(rider_id, rescue_id):
            return
        await self._try_act(rescue_id, Reject(reason=RIDER_HAS_LIVE_RESCUE))

    async def _claim_rider(self, rider_id: str, rescue_id: str) -> None:
        """Claim the rider; a claim whose rescue is over does not count, even if it is not released yet.

        Raises ``rider_has_live_rescue``.
        """
        for _ in range(CLAIM_TRIES - 1):
            try:
                return await self._claims.claim(rider_id, rescue_id)
            except Conflict as error:
                if error.code != RIDER_HAS_LIVE_RESCUE or not await self._release_ended_claim(rider_id):
                    raise
        return await self._claims.claim(rider_id, rescue_id)

    async def _release_ended_claim(self, rider_id: str) -> bool:
        """Release the rider from a rescue that is over; True unless another rescue has the rider."""
        holder = await self._claims.claimed_by(rider_id)
        if holder is None:
            return True
        rescue = await self._rescues.get(holder)
        if rescue is None or rescue.status not in FINAL:
            return False  # without a document: another request is about to insert it
        await self._claims.release(rider_id, holder)
        return True

    # --- commands ------------------------------------------------------------------------------

    async def act(
        self,
        rescue_id: str,
        command: Command,
        who: Principal | Actor,
        *,
        if_match: int | None = None,
        origin: Origin = NOWHERE,
    ) -> Rescue:
        """Carry out a command of an actor, or of a principal in the role they have in the rescue.

        What an operator does is audited, with its *origin*.

        A repeat of the latest change by the same actor returns the rescue unchanged.  Raises
        ``NotFound``, ``Forbidden``, ``StaleVersion`` (it is not at *if_match*),
        ``IllegalTransition``, ``Conflict`` (three races lost), ``PinWrong`` (the try is counted),
        ``RiderConfirmationRequired`` (the rider is asked) and what ``decide`` raises.
        """
        if isinstance(command, DriverStep) and command.happened_at is not None:
            time_within(command.happened_at, self._now(), self._rules.late_step_seconds)
        command = await self._with_sighting(rescue_id, command, who)

        def carry_out(rescue: Rescue) -> Change | None:
            return self._carry_out(rescue, command, who, if_match, origin)

        rescue = await update(self._rescues, rescue_id, carry_out)
        if isinstance(command, Start | Complete) and rescue.status == "arrived":
            if command.pin is None:
                raise RiderConfirmationRequired
            left = self._rules.pin_tries - rescue.pin_tries
            raise PinWrong(f"This is not the PIN that the rider sees; tries left: {left}.")
        return rescue

    async def _with_sighting(self, rescue_id: str, command: Command, who: Principal | Actor) -> Command:
        """The command with the position of the driver who reports to be, or to have been, at a place."""
        driver_id = who.user_id if isinstance(who, Principal) else who.id
        if driver_id is None or not isinstance(command, Arrive | MarkNoShow | Complete):
            return command
        at = command.happened_at
        if at is None:
            seen = await self._sightings.sighting(driver_id)
        else:
            seen = await self._sightings.sighting_at(driver_id, rescue_id, at)
        if not isinstance(command, MarkNoShow):
            return msgspec.structs.replace(command, seen=seen)
        until = self._now() if at is None else at
        since = until - timedelta(seconds=self._rules.no_show_seconds)
        waited = await self._sightings.points_between(driver_id, rescue_id, since, until)
        return msgspec.structs.replace(command, seen=seen, waited=waited)

    async def renew_pin(
        self,
        rescue_id: str,
        who: Principal | Actor,
        *,
        if_match: int | None = None,
        origin: Origin = NOWHERE,
    ) -> Rescue:
        """Set a new start PIN, which also unlocks a locked one."""
        command = RenewPin(pin=self._new_pin())
        return await self.act(rescue_id, command, who, if_match=if_match, origin=origin)

    # --- for dispatch --------------------------------------------------------------------------

    async def assign(
        self,
        rescue_id: str,
        *,
        driver_id: str,
        offer_id: str | None,
        eta_seconds: int | None = None,
        queued_behind: str | None = None,
        by: Actor = SYSTEM,
    ) -> bool:
        """Assign the rescue to the driver whose offer was accepted.

        True if the driver has it by this offer, now or already; False if it is not available.
        """
        return await self._assign_driver(
            rescue_id,
            Assign(
                driver_id=driver_id,
                vehicle_id=await self._drivers.vehicle_of(driver_id),
                offer_id=offer_id,
                eta_seconds=eta_seconds,
                queued_behind=queued_behind,
            ),
            by,
        )

    async def exchange(
        self,
        rescue_id: str,
        *,
        driver_id: str,
        offer_id: str | None,
        eta_seconds: int | None = None,
        queued_behind: str | None = None,
        by: Actor = SYSTEM,
    ) -> bool:
        """Replace the driver of an assigned rescue by a better one; returns the same as ``assign``."""
        return await self._assign_driver(
            rescue_id,
            Exchange(
                driver_id=driver_id,
                vehicle_id=await self._drivers.vehicle_of(driver_id),
                offer_id=offer_id,
                eta_seconds=eta_seconds,
                queued_behind=queued_behind,
            ),
            by,
        )

    async def _assign_driver(self, rescue_id: str, command: Assign, by: Actor) -> bool:
        try:
            rescue: Rescue | None = await self.act(rescue_id, command, by)
        except (IllegalTransition, NotFound):
            rescue = await self._rescues.get(rescue_id)
        if rescue is None or rescue.current_driver != command.driver_id:
            return False
        return command.offer_id is None or rescue.offers[-1:] == (command.offer_id,)

    async def driver_of(self, rescue_id: str) -> str | None:
        """The driver on the job now; ``None`` also if the rescue is final or does not exist."""
        rescue = await self._rescues.get(rescue_id)
        return rescue.current_driver if rescue else None

    # --- for riders ----------------------------------------------------------------------------

    async def rescue_is_live(self, rescue_id: str) -> bool:
        """True if the rescue exists and is neither a booking nor final."""
        rescue = await self._rescues.get(rescue_id)
        return rescue is not None and rescue.is_live

    # --- for payments --------------------------------------------------------------------------

    async def record_payment(self, envelope: EventEnvelope) -> None:
        """Store the outcome of a payment; the outcome of the hold moves a ``requested`` rescue on.

        The event's position among the payment's events is stored with it, so that a repeated or older
        event changes nothing.
        """
        payment = envelope.event
        assert isinstance(payment, PaymentProcessed)
        source = source_of(envelope)

        def record(rescue: Rescue) -> Change | None:
            return self._record_payment(rescue, payment, source)

        await update(self._rescues, payment.rescue_id, record)

    def _record_payment(
        self, rescue: Rescue, payment: PaymentProcessed, source: tuple[str, int, int]
    ) -> Change | None:
        recorded = with_payment(rescue, payment, source)
        if recorded is None:
            return None
        command = command_after_hold(payment)
        if command is None or rescue.status != "requested":
            return recorded, None
        return self._decide(recorded, command, SYSTEM)

    # --- deadlines -----------------------------------------------------------------------------

    async def on_deadline(self, rescue_id: str) -> None:
        """Wake a booking, or end a hold or a search whose ``due_at`` has come.  Idempotent."""
        rescue = await self._rescues.get(rescue_id)
        if rescue is None or rescue.due_at is None or self._now() < rescue.due_at:
            return
        match rescue.status:
            case "scheduled":
                await self._wake(rescue)
            case "requested":
                await self._try_act(rescue_id, Reject(reason="payment_timeout"))
            case "matching":
                await self._try_act(rescue_id, LeaveUnserved())
            case _:
                raise AssertionError(f"a rescue that is {rescue.status} has no deadline")

    async def _wake(self, rescue: Rescue) -> None:
        """Claim the rider and wake the booking; release the rider if it was cancelled meanwhile."""
        try:
            await self._claim_rider(rescue.rider_id, rescue.id)
            free = True
        except Conflict as error:
            if error.code != RIDER_HAS_LIVE_RESCUE:
                raise
            free = False
        await self._try_act(rescue.id, Wake(rider_is_free=free))
        if free and not await self.rescue_is_live(rescue.id):
            await self._claims.release(rescue.rider_id, rescue.id)

    # --- shared --------------------------------------------------------------------------------

    async def _try_act(self, rescue_id: str, command: Command) -> None:
        """Carry out a command of the system; nothing if the rescue's status has changed meanwhile.

        The command is too late if somebody else was faster, and too early if the status was left and
        entered again (given up and matched again) meanwhile.
        """
        try:
            await self.act(rescue_id, command, SYSTEM)
        except (IllegalTransition, TooEarly):
            return

    def _carry_out(
        self,
        rescue: Rescue,
        command: Command,
        who: Principal | Actor,
        if_match: int | None,
        origin: Origin,
    ) -> Change | None:
        actor = actor_for(rescue, who) if isinstance(who, Principal) else who
        if already_done(rescue, command, actor):
            return None
        if if_match is not None and if_match != rescue.version:
            if not is_participant(rescue, actor):
                raise NotFound
            raise StaleVersion(f"It is at version {rescue.version} now, not at {if_match}.")
        return self._decide(rescue, command, actor, origin)

    def _decide(
        self, rescue: Rescue, command: Command, actor: Actor, origin: Origin = NOWHERE
    ) -> Change | None:
        now = self._now()
        at, received_at = now, None
        if isinstance(command, DriverStep) and command.happened_at is not None:
            check_transition(rescue, type(command), actor)  # says more than that the time does not fit
            at = time_of_step(rescue, command.happened_at, now, self._rules.late_step_seconds)
            received_at = now
        events = decide(rescue, command, actor, at, self._rules)
        if not events:
            return None
        after = evolve_all(rescue, events, at, actor, received_at)
        if actor.is_operator:
            events = (*events, operator_acted(rescue, after, command, origin))
        return after, _pending_events(events, actor, now)

    async def _get(self, rescue_id: str) -> Rescue:
        rescue = await self._rescues.get(rescue_id)
        if rescue is None:
            raise NotFound
        return rescue

    def _now(self) -> datetime:
        return to_milliseconds(self._clock.city())


def _pending_events(events: tuple[DomainEvent, ...], by: Actor, at: datetime) -> PendingEvents | None:
    published = published_events(events)
    return PendingEvents(published, by=by, at=at) if published else None
