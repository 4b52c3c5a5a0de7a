"""The verbs of rescues: everything that changes one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import cast

import msgspec

from supportcarr.contracts.actors import SYSTEM, Actor, Principal
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.errors import (
    ApiError,
    Conflict,
    IllegalTransition,
    NotFound,
    StaleVersion,
    ValidationFailed,
)
from supportcarr.contracts.events import AnyEvent, DomainEvent, PaymentProcessed, RescueRequested
from supportcarr.contracts.ids import RESCUE
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.commands import (
    Assign,
    BeginMatching,
    Command,
    Exchange,
    LeaveUnserved,
    Reject,
    RenewPin,
    RequestRescue,
    Start,
    Wake,
)
from supportcarr.rescues.decide import PrivateEvent, already_done, decide
from supportcarr.rescues.errors import PinWrong, TooEarly
from supportcarr.rescues.evolve import evolve_all, open_rescue
from supportcarr.rescues.model import PaymentSnapshot, Rescue, RescueRules
from supportcarr.rescues.ports import RIDER_HAS_LIVE_RESCUE, PaymentMethods, PriceQuotes, RiderClaims
from supportcarr.rescues.settings import RescueSettings
from supportcarr.rescues.state_machine import is_participant

Change = tuple[Rescue, PendingEvents | None]


def random_pin() -> str:
    """Four random digits."""
    return f"{secrets.randbelow(10_000):04}"


def rules_of(group: RescueSettings) -> RescueRules:
    return msgspec.convert(group, RescueRules, from_attributes=True)


def city_now(clock: Clock) -> datetime:
    """City time in whole milliseconds, which is what every store engine gives back."""
    now = clock.city()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class RescueService:
    """Requests rescues and changes them; ``settings`` are city seconds."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        quotes: PriceQuotes,
        claims: RiderClaims,
        payment_methods: PaymentMethods,
        settings: RescueSettings,
        new_pin: Callable[[], str] = random_pin,
    ) -> None:
        self._rescues = store.collection(RESCUES)
        self._clock = clock
        self._quotes = quotes
        self._claims = claims
        self._payment_methods = payment_methods
        self._rules = rules_of(settings)
        self._new_pin = new_pin

    # --- asking for one ------------------------------------------------------------------------

    async def request(self, command: RequestRescue, *, rider_id: str, creation_id: str) -> Rescue:
        """A saga, safe to run again under the same *creation_id* (``res_ULID``):

        1. read the quote: its region makes the rescue's id; a rescue of that id is the answer;
        2. claim the rider (a booking for later does so when it wakes);
        3. take the quote; refused, let the rider go again;
        4. insert the rescue with ``RescueRequested``, whose consumer confirms the claim.

        Killed after 2 or 3, the claim ends by itself (see ``riders``) and the quote stays this
        rescue's.  Raises ``NotFound`` (quote), ``ValidationFailed`` (payment method),
        ``rider_has_live_rescue``, ``quote_expired``, ``quote_used``.
        """
        offered = await self._quotes.terms_of(command.quote_id, rider_id=rider_id)
        rescue_id = f"{RESCUE}_{offered.region}_{creation_id.rpartition('_')[2]}"
        if there := await self._rescues.get(rescue_id):
            return there
        if not await self._payment_methods.usable(rider_id, command.payment_method_id):
            raise ValidationFailed.of("payment_method_id", "not_found", "You have no such payment method.")
        now = city_now(self._clock)
        if offered.scheduled_for is None:
            await self._claims.claim(rider_id, rescue_id)
        try:
            terms = await self._quotes.redeem(
                command.quote_id, rider_id=rider_id, rescue_id=rescue_id, now=now
            )
        except ApiError:
            await self._claims.release(rider_id, rescue_id)
            raise
        rider = Actor("rider", rider_id)
        rescue, facts = open_rescue(
            command,
            terms,
            rescue_id=rescue_id,
            rider=rider,
            pin=self._new_pin(),
            now=now,
            rules=self._rules,
        )
        try:
            return await self._rescues.insert(rescue, _recorded(facts, rider, now))
        except DuplicateKey:  # the same request, beside this one
            return await self._get(rescue_id)

    async def confirm_claim(self, requested: RescueRequested) -> None:
        """The rescue is there: its claim on the rider stays; if another rescue has the rider by now
        (this one was inserted after its claim had ended), this one is rejected."""
        if not await self._claims.confirm(requested.rider_id, requested.rescue_id):
            await self._try_act(requested.rescue_id, Reject(reason=RIDER_HAS_LIVE_RESCUE))

    # --- changing it ---------------------------------------------------------------------------

    async def act(
        self, rescue_id: str, command: Command, who: Principal | Actor, *, if_match: int | None = None
    ) -> Rescue:
        """Carry out a command of that person (in the role they have in it) or of that very actor.

        The same change by the same actor, still the latest, answers the rescue unchanged.  Raises
        ``NotFound``, ``Forbidden``, ``StaleVersion`` (it is not at *if_match*),
        ``IllegalTransition``, ``Conflict`` (three races lost), ``PinWrong`` (the try is counted) and
        what ``decide`` raises.
        """

        def step(rescue: Rescue) -> Change | None:
            actor = actor_for(rescue, who) if isinstance(who, Principal) else who
            if already_done(rescue, command, actor):
                return None
            if if_match is not None and if_match != rescue.version:
                if not is_participant(rescue, actor):
                    raise NotFound
                raise StaleVersion(f"It is at version {rescue.version} now, not at {if_match}.")
            return self._decided(rescue, command, actor)

        rescue = await update(self._rescues, rescue_id, step)
        if isinstance(command, Start) and rescue.status == "arrived":
            left = self._rules.pin_tries - rescue.pin_tries
            raise PinWrong(f"This is not the PIN that the rider sees; tries left: {left}.")
        return rescue

    async def renew_pin(
        self, rescue_id: str, who: Principal | Actor, *, if_match: int | None = None
    ) -> Rescue:
        """A new start PIN; what was locked is open again."""
        return await self.act(rescue_id, RenewPin(pin=self._new_pin()), who, if_match=if_match)

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
        """Give the rescue to the driver whose offer was accepted.

        True if the driver has it by this very offer, now or already; False: it is not to be had.
        """
        return await self._hand_over(
            rescue_id,
            Assign(
                driver_id=driver_id,
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
        """Give an assigned rescue to a better driver instead; answers like ``assign``."""
        return await self._hand_over(
            rescue_id,
            Exchange(
                driver_id=driver_id,
                offer_id=offer_id,
                eta_seconds=eta_seconds,
                queued_behind=queued_behind,
            ),
            by,
        )

    async def _hand_over(self, rescue_id: str, command: Assign, by: Actor) -> bool:
        try:
            rescue: Rescue | None = await self.act(rescue_id, command, by)
        except (IllegalTransition, NotFound):
            rescue = await self._rescues.get(rescue_id)
        if rescue is None or rescue.current_driver != command.driver_id:
            return False
        return command.offer_id is None or rescue.offers[-1:] == (command.offer_id,)

    async def driver_of(self, rescue_id: str) -> str | None:
        """Who is on the job now; ``None`` also when the rescue is over or does not exist."""
        rescue = await self._rescues.get(rescue_id)
        return rescue.current_driver if rescue else None

    # --- for riders ----------------------------------------------------------------------------

    async def rescue_is_live(self, rescue_id: str) -> bool:
        """True if it exists, was asked for now (or has woken), and is not over."""
        rescue = await self._rescues.get(rescue_id)
        return rescue is not None and rescue.is_live

    # --- for payments --------------------------------------------------------------------------

    async def record_payment(self, event: EventEnvelope) -> None:
        """Keep what the payment came to; the hold's outcome moves a ``requested`` rescue on.

        The event's place among the payment's events is kept with it, so that a repeat and an older
        one change nothing.
        """
        fact = event.event
        assert isinstance(fact, PaymentProcessed)
        source = (event.document_id, event.document_version, int(event.id.rpartition(".")[2]))

        def step(rescue: Rescue) -> Change | None:
            if source <= rescue.payment.source:
                return None
            noted = msgspec.structs.replace(
                rescue,
                payment=PaymentSnapshot(
                    status=fact.payment_status,
                    captured_minor=fact.captured_minor,
                    refunded_minor=fact.refunded_minor,
                    source=source,
                ),
            )
            command = _after_hold(fact)
            if command is None or rescue.status != "requested":
                return noted, None
            return self._decided(noted, command, SYSTEM)

        await update(self._rescues, fact.rescue_id, step)

    # --- what ends by itself -------------------------------------------------------------------

    async def on_deadline(self, rescue_id: str) -> None:
        """Its ``due_at`` has come: a booking wakes, a hold or a search ends.  Safe to fire twice."""
        rescue = await self._rescues.get(rescue_id)
        if rescue is None or rescue.due_at is None or city_now(self._clock) < rescue.due_at:
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
        """Claim the rider, then wake; found cancelled after the claim, let the rider go again."""
        try:
            await self._claims.claim(rescue.rider_id, rescue.id)
            free = True
        except Conflict as refused:
            if refused.code != RIDER_HAS_LIVE_RESCUE:
                raise
            free = False
        await self._try_act(rescue.id, Wake(rider_is_free=free))
        if free and not await self.rescue_is_live(rescue.id):
            await self._claims.release(rescue.rider_id, rescue.id)

    # --- what they share -----------------------------------------------------------------------

    async def _try_act(self, rescue_id: str, command: Command) -> None:
        """A command of the system that comes too late if somebody else was faster, and too early if
        they were so fast that its state began anew (given up and matched again meanwhile)."""
        try:
            await self.act(rescue_id, command, SYSTEM)
        except (IllegalTransition, TooEarly):
            return

    def _decided(self, rescue: Rescue, command: Command, actor: Actor) -> Change:
        now = city_now(self._clock)
        facts = decide(rescue, command, actor, now, self._rules)
        return evolve_all(rescue, facts, now, actor), _recorded(facts, actor, now)

    async def _get(self, rescue_id: str) -> Rescue:
        rescue = await self._rescues.get(rescue_id)
        if rescue is None:
            raise NotFound
        return rescue


def _recorded(facts: tuple[DomainEvent, ...], by: Actor, at: datetime) -> PendingEvents | None:
    """What is published of the facts."""
    published = tuple(cast(AnyEvent, f) for f in facts if not isinstance(f, PrivateEvent))
    return PendingEvents(published, by=by, at=at) if published else None


def _after_hold(fact: PaymentProcessed) -> Command | None:
    """What the card's hold means for the rescue; 3-D Secure (``requires_action``) is not an outcome."""
    if fact.kind != "hold":
        return None
    match fact.status:
        case "succeeded":
            return BeginMatching()
        case "failed":
            return Reject(reason=fact.reason or "card_declined")
        case _:
            return None
