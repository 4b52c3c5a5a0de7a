"""A correct city with one rescue, its payment and journals.  Tests of the invariants corrupt it."""

from __future__ import annotations

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr_lab.simulator.journal import (
    JournalRecord,
    LoadedState,
    ReceivedEvent,
    StreamPosition,
    Subscription,
    event_key,
)
from supportcarr_lab.verification.records import (
    CLEARING,
    DRIVER_PAYABLE,
    CityRecords,
    LedgerTransaction,
    Notification,
    Offer,
    Payment,
    PendingWork,
    ProcessorPayment,
    Rating,
    RatingSummary,
    Rescue,
    TimelineEntry,
    payment_operations_of,
)

RIDER, DRIVER = "usr_rider", "usr_driver"
RESCUE, OFFER, PAYMENT, INTENT, NOTE = "res_qc_1", "off_1", "pay_1", "pi_1", "ntf_1"
TOTAL, DRIVER_PART = 2401, 1801  # the platform keeps a quarter of 24.01: 6.0025, rounded to 6.00
BEGAN = 1_000.0  # city time
AS_RIDER, AS_DRIVER = Actor("rider", RIDER), Actor("driver", DRIVER)
LIFE: tuple[tuple[str, Actor], ...] = (
    ("requested", AS_RIDER),
    ("matching", SYSTEM),
    ("assigned", SYSTEM),
    ("en_route", AS_DRIVER),
    ("arrived", AS_DRIVER),
    ("in_transit", AS_DRIVER),
    ("completed", AS_DRIVER),
)


def timeline(
    *steps: tuple[str, Actor], start: float = BEGAN + 10, every: float = 60.0
) -> tuple[TimelineEntry, ...]:
    """Timeline entries at even intervals, from version 1."""
    previous = [None, *(to for to, _ in steps)]
    return tuple(
        TimelineEntry(at=start + i * every, from_=previous[i], to=to, actor=actor, version=i + 1)
        for i, (to, actor) in enumerate(steps)
    )


def rescue(
    *steps: tuple[str, Actor],
    id: str = RESCUE,
    rider_id: str = RIDER,
    drivers: tuple[str, ...] = (DRIVER,),
    start: float = BEGAN + 10,
    every: float = 60.0,
    outcome: str | None = "delivered",
    owed: tuple[int, int] = (TOTAL, DRIVER_PART),
) -> Rescue:
    """A rescue with these steps (by default a completed one)."""
    entries = timeline(*(steps or LIFE), start=start, every=every)
    return Rescue(
        id=id,
        rider_id=rider_id,
        status=entries[-1].to,
        created_at=start,
        timeline=entries,
        drivers=drivers,
        currency="CAD",
        total=TOTAL,
        before_promo=TOTAL,
        cancellation_fee=700,
        no_show_fee=1000,
        fee_driver_percent=80,
        platform_percent=25,
        outcome=outcome,
        owed_rider=owed[0],
        owed_driver=owed[1],
    )


def payment(captured: int = TOTAL, status: str = "captured") -> Payment:
    return Payment(
        id=PAYMENT,
        rescue_id=RESCUE,
        rider_id=RIDER,
        driver_id=DRIVER,
        intent_id=INTENT,
        status=status,
        captured=captured,
        refunded=0,
        operations=payment_operations_of(
            status=status, hold=TOTAL, captured=captured, owed=captured, charge="capture", failure=None
        ),
    )


def ledger(rider: int = TOTAL, driver: int = DRIVER_PART) -> tuple[LedgerTransaction, ...]:
    charge = ((f"rider:{RIDER}", rider), (f"{DRIVER_PAYABLE}{DRIVER}", -driver), ("platform", driver - rider))
    paid = ((CLEARING, rider), (f"rider:{RIDER}", -rider))
    return (
        LedgerTransaction(id="ltx_1.charge", rescue_id=RESCUE, currency="CAD", entries=charge),
        LedgerTransaction(id="ltx_1.payment", rescue_id=RESCUE, currency="CAD", entries=paid),
    )


def processor_payment(
    captured: int = TOTAL, status: str = "succeeded", intent: str = INTENT
) -> ProcessorPayment:
    return ProcessorPayment(intent_id=intent, status=status, captured=captured, refunded=0, currency="CAD")


def rating(number: int = 1, stars: int = 4, *, hidden: bool = False) -> Rating:
    """A rating about the driver, shown a second after the one before it."""
    return Rating(
        id=f"rat_rider_{number}",
        person_id=DRIVER,
        role="driver",
        stars=stars,
        hidden=hidden,
        shown_at=BEGAN + 200 + number,
    )


def records() -> CityRecords:
    """The records of the correct city."""
    return CityRecords(
        rescues=(rescue(),),
        offers=(
            Offer(id=OFFER, rescue_id=RESCUE, driver_id=DRIVER, made_at=BEGAN + 100, outcome="accepted"),
        ),
        payments=(payment(),),
        ledger=ledger(),
        notifications=(Notification(id=NOTE, user_id=RIDER, at=BEGAN + 131),),
        ratings=(rating(),),
        rating_summaries=(RatingSummary(person_id=DRIVER, role="driver", stars=(4,)),),
        processor_payments=(processor_payment(),),
        pending_work=PendingWork(outbox=0, jobs=0),
    )


def journals() -> list[JournalRecord]:
    """The journals of the rider and the driver."""
    statuses = [event_key("rescue:status_update", RESCUE, version) for version in range(1, 8)]
    hold = event_key("payment:processed", PAYMENT, "hold", "succeeded", TOTAL)
    capture = event_key("payment:processed", PAYMENT, "capture", "succeeded", TOTAL)
    note = event_key("notification:new", NOTE)
    made, closed = event_key("offer:new", OFFER), event_key("offer:closed", OFFER, "accepted")
    rider = [statuses[0], hold, *statuses[1:3], note, *statuses[3:], capture]
    driver = [made, statuses[2], closed, *statuses[3:], capture]
    return [journal(RIDER, "rider", rider), journal(DRIVER, "driver", driver)]


def journal(user_id: str, role: str, keys: list[tuple[str, ...]]) -> JournalRecord:
    """A journal that received these events after its subscription."""
    stream = f"user:{user_id}"
    return JournalRecord(
        user_id=user_id,
        role=role,
        subscriptions=[Subscription(stream, StreamPosition("e1", 0), BEGAN + 1, True)],
        received=[
            ReceivedEvent(stream, StreamPosition("e1", n), f"{'.'.join(k)}", k, BEGAN + 2 + n)
            for n, k in enumerate(keys, start=1)
        ],
        accepted_rescues=[RESCUE] if role == "rider" else [],
    )


def loaded_state(at: float) -> LoadedState:
    """The state at the end, as a client loads it."""
    return LoadedState(
        at=at,
        versions={RESCUE: 9},
        payments={RESCUE: ("captured", TOTAL, 0)},
        offers=(),
        notifications=(NOTE,),
    )
