"""What an honest store and an honest card processor would tell of a ``FakeCity``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from supportcarr_lab.verification import evidence
from supportcarr_lab.verification.invariants import FINAL, owed_by

if TYPE_CHECKING:
    from support.simulator.fake_city import FakeCity


def rescue_evidence(rescue: Mapping[str, Any], total: int) -> evidence.Rescue:
    """A fake rescue as evidence, without what its end owes; a price agreed on the spot is in it."""
    return evidence.Rescue(
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


def facts_of(city: FakeCity, total: int) -> evidence.Facts:
    """Everything that happened in it."""
    rescues, payments, ledger, books = [], [], [], []
    for rescue in city.rescues.values():
        bare, payment = rescue_evidence(rescue, total), city.payments[rescue["id"]]
        rider, driver = owed_by(bare) if bare.status in FINAL else (0, 0)
        rescues.append(replace(bare, owed_rider=rider, owed_driver=driver))
        payments.append(_payment(rescue, payment))
        books.append(_book(payment))
        if rider:
            account = f"{evidence.DRIVER_PAYABLE}{payment['driver_id']}"
            entries = ((evidence.CLEARING, rider), (account, -driver), ("platform", driver - rider))
            ledger.append(
                evidence.LedgerTransaction(
                    id=f"ltx_{rescue['id']}", rescue_id=rescue["id"], currency="CAD", entries=entries
                )
            )
    return evidence.Facts(
        rescues=tuple(rescues),
        offers=tuple(_offer(offer) for offer in city.offers.values()),
        payments=tuple(payments),
        ledger=tuple(ledger),
        notifications=tuple(
            evidence.Notification(id=n["id"], user_id=n["user_id"], at=n["at"]) for n in city.notifications
        ),
        books=tuple(books),
        leftovers=evidence.Leftovers(outbox=0, jobs=0),
    )


def _payment(rescue: Mapping[str, Any], payment: Mapping[str, Any]) -> evidence.Payment:
    return evidence.Payment(
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


def _book(payment: Mapping[str, Any]) -> evidence.BookEntry:
    return evidence.BookEntry(
        intent_id=payment["intent"],
        status="succeeded" if payment["captured"] else "canceled",
        captured=payment["captured"],
        refunded=0,
        currency="CAD",
    )


def _offer(offer: Mapping[str, Any]) -> evidence.Offer:
    return evidence.Offer(
        id=offer["id"],
        rescue_id=offer["rescue_id"],
        driver_id=offer["driver_id"],
        made_at=offer["made_at"],
        outcome=None if offer["state"] == "open" else offer["state"],
    )
