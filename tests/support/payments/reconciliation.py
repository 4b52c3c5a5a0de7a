"""Compare three records of money: Stripe's intents, the ledger, and the charge of each ended rescue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from supportcarr.contracts.money import Charge
from supportcarr.payments.ledger_entries import (
    STRIPE_CLEARING,
    LedgerTransaction,
    driver_account,
    imbalance,
    rider_account,
)

HOLDING = ("requires_capture", "requires_action", "requires_confirmation", "processing")


class StripeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One intent, as Stripe (or its emulator's ``/sandbox/stripe/payment_intents``) has it; minor units."""

    id: str
    rescue_id: str | None
    status: str
    currency: str
    captured_minor: int
    refunded_minor: int


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One rescue: its people, and the charge of its final state (``None`` while it is live)."""

    rider_id: str
    driver_id: str | None
    owed: Charge | None


def differences(
    stripe: Iterable[StripeLine], ledger: Iterable[LedgerTransaction], rescues: Mapping[str, Due]
) -> list[str]:
    """One sentence for each difference; empty if the money matches.

    A final state does not account for refunds, so the amount that Stripe has after refunds is compared with
    the ledger, and the captured amount with the charge.
    """
    lines: dict[str, list[StripeLine]] = {}
    found: list[str] = []
    for line in stripe:
        if line.rescue_id is not None:
            lines.setdefault(line.rescue_id, []).append(line)
        elif line.captured_minor:
            found.append(f"{line.id}: captured {line.captured_minor}, but names no rescue")
    booked: dict[str, list[LedgerTransaction]] = {}
    for transaction in ledger:
        booked.setdefault(transaction.rescue_id, []).append(transaction)
        if rest := imbalance(transaction):
            found.append(f"{transaction.id}: the entries sum to {rest}, not to zero")
    for rescue_id in sorted({*lines, *booked} - set(rescues)):
        found.append(f"{rescue_id}: money moved, but there is no such rescue")
    for rescue_id, due in rescues.items():
        found += _of_rescue(rescue_id, due, lines.get(rescue_id, []), booked.get(rescue_id, []))
    return found


def _of_rescue(
    rescue_id: str, due: Due, lines: list[StripeLine], booked: list[LedgerTransaction]
) -> Iterable[str]:
    captured = sum(line.captured_minor for line in lines)
    kept = captured - sum(line.refunded_minor for line in lines)
    cleared = _sum(booked, STRIPE_CLEARING)
    if kept != cleared:
        yield f"{rescue_id}: Stripe has {kept}, the ledger says {cleared}"
    if due.owed is None:
        if captured:
            yield f"{rescue_id}: captured {captured} before its end"
        return
    if captured != due.owed.rider_minor:
        yield f"{rescue_id}: owes {due.owed.rider_minor}, captured {captured}"
    if any(line.status in HOLDING for line in lines):
        yield f"{rescue_id}: has ended, but its card is still held"
    if any(line.captured_minor and line.currency != due.owed.currency for line in lines):
        yield f"{rescue_id}: captured in another currency than {due.owed.currency}"
    if unpaid := _sum(booked, rider_account(due.rider_id)):
        yield f"{rescue_id}: the ledger says that the rider still owes {unpaid}"
    earned = -_sum(booked, driver_account(due.driver_id)) if due.driver_id else 0
    if earned != (due.owed.driver_minor if due.driver_id else 0):
        yield f"{rescue_id}: owes its driver {due.owed.driver_minor}, the ledger says {earned}"


def _sum(booked: list[LedgerTransaction], account: str) -> int:
    return sum(e.amount_minor for t in booked for e in t.entries if e.account == account)
