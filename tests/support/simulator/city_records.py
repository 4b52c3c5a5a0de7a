"""The verification records of a ``FakeCity``, as a correct store and card processor would have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from supportcarr_lab.verification import records
from supportcarr_lab.verification.invariants import FINAL, amounts_due

if TYPE_CHECKING:
    from support.simulator.fake_city import FakeCity


def rescue_record(rescue: Mapping[str, Any], total: int) -> records.Rescue:
    """The record of a fake rescue, without its charge; *owed_rider* is a price agreed on the spot."""
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


def records_of(city: FakeCity, total: int) -> records.CityRecords:
    """All records of a fake city."""
    rescues, payments, ledger, processor_payments = [], [], [], []
    for rescue in city.rescues.values():
        record, payment = rescue_record(rescue, total), city.payments[rescue["id"]]
        rider, driver = amounts_due(record) if record.status in FINAL else (0, 0)
        rescues.append(replace(record, owed_rider=rider, owed_driver=driver))
        payments.append(_payment(rescue, payment))
        processor_payments.append(_processor_payment(payment))
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
        processor_payments=tuple(processor_payments),
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
        operations=tuple(payment["operations"]),
    )


def _processor_payment(payment: Mapping[str, Any]) -> records.ProcessorPayment:
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
