"""What an honest store and an honest card processor would tell of a ``FakeCity``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from supportcarr_lab.verification import records
from supportcarr_lab.verification.invariants import FINAL, amounts_due

if TYPE_CHECKING:
    from support.simulator.fake_city import FakeCity


def rescue_evidence(rescue: Mapping[str, Any], total: int) -> records.Rescue:
    """A fake rescue as evidence, without what its end owes; a price agreed on the spot is in it."""
    return records.Rescue(
        id=rescue["id"],
        rider_id=rescue["rider_id"],
        status=rescue["status"],
        created_at=rescue["created_at"],
        timeline=tuple(rescue["timeline"]),
        drivers=tuple(rescue["drivers"]),
        currency="CAD",
        total=total,
        before_promo=total,
        cancellation_fee=700,
        no_show_fee=1000,
        fee_driver_percent=80,
        platform_percent=25,
        outcome=rescue["outcome"],
        owed_rider=rescue["price"],
    )


def facts_of(city: FakeCity, total: int) -> records.CityRecords:
    """Everything that happened in it."""
    rescues, payments, ledger, books = [], [], [], []
    for rescue in city.rescues.values():
        bare, payment = rescue_evidence(rescue, total), city.payments[rescue["id"]]
        rider, driver = amounts_due(bare) if bare.status in FINAL else (0, 0)
        rescues.append(replace(bare, owed_rider=rider, owed_driver=driver))
        payments.append(_payment(rescue, payment))
        books.append(_book(payment))
        if rider:
            account = f"{records.DRIVER_PAYABLE}{payment['driver_id']}"
            entries = ((records.CLEARING, rider), (account, -driver), ("platform", driver - rider))
            ledger.append(
                records.LedgerTransaction(
                    id=f"ltx_{rescue['id']}", rescue_id=rescue["id"], currency="CAD", entries=entries
                )
            )
    return records.CityRecords(
        rescues=tuple(rescues),
        offers=tuple(_offer(offer) for offer in city.offers.values()),
        payments=tuple(payments),
        ledger=tuple(ledger),
        notifications=tuple(
            records.Notification(id=n["id"], user_id=n["user_id"], at=n["at"]) for n in city.notifications
        ),
        processor_payments=tuple(books),
        pending_work=records.PendingWork(outbox=0, jobs=0),
    )


def _payment(rescue: Mapping[str, Any], payment: Mapping[str, Any]) -> records.Payment:
    return records.Payment(
        id=payment["id"],
        rescue_id=rescue["id"],
        rider_id=rescue["rider_id"],
        driver_id=payment["driver_id"],
        intent_id=payment["intent"],
        status=payment["status"],
        captured=payment["captured"],
        refunded=0,
        movements=tuple(payment["movements"]),
    )


def _book(payment: Mapping[str, Any]) -> records.ProcessorPayment:
    return records.ProcessorPayment(
        intent_id=payment["intent"],
        status="succeeded" if payment["captured"] else "canceled",
        captured=payment["captured"],
        refunded=0,
        currency="CAD",
    )


def _offer(offer: Mapping[str, Any]) -> records.Offer:
    return records.Offer(
        id=offer["id"],
        rescue_id=offer["rescue_id"],
        driver_id=offer["driver_id"],
        made_at=offer["made_at"],
        outcome=None if offer["state"] == "open" else offer["state"],
    )
