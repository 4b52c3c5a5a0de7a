"""Figures about the business, counted from the events that this process saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    OfferClosed,
    OfferMade,
    PaymentProcessed,
    RescueAssigned,
    RescueEnded,
    RescueRequested,
    RescueScheduled,
    UserSignedUp,
)
from supportcarr.contracts.rescues import FINAL
from supportcarr.kit.observability.metrics import Metrics

# What is known from the start begins at 0: Prometheus sees no increase in the first value of a series.
OFFERS = ("made", "accepted", "declined", "expired", "withdrawn")
PAYMENTS = ("hold", "capture", "release", "fee", "tip", "refund")
ROLES = ("rider", "driver")


class BusinessMetrics:
    """Counts each event in the process that saved it, so the sum over all processes counts it once.

    What a process counted between the last scrape and its death is missing from the sum; the ledger and
    the console's report are exact.
    """

    def __init__(self, currencies: Iterable[str] = ()) -> None:
        self._rescues: Counter[str] = Counter({"requested": 0, "scheduled": 0, "assigned": 0})
        self._ended: Counter[str] = Counter(dict.fromkeys(sorted(FINAL), 0))
        self._offers: Counter[str] = Counter(dict.fromkeys(OFFERS, 0))
        self._payments: Counter[tuple[str, str]] = Counter(
            dict.fromkeys(product(PAYMENTS, ("succeeded", "failed")), 0)
        )
        self._amounts: Counter[tuple[str, str]] = Counter(dict.fromkeys(product(PAYMENTS, currencies), 0))
        self._sign_ups: Counter[str] = Counter(dict.fromkeys(ROLES, 0))

    def register(self, metrics: Metrics) -> None:
        metrics.register_stats("rescues", lambda: {f"{name}_total": n for name, n in self._rescues.items()})
        metrics.register_values("rescues_ended_total", ("status",), lambda: _by_one(self._ended))
        metrics.register_values("offers_total", ("outcome",), lambda: _by_one(self._offers))
        metrics.register_values("payments_total", ("kind", "status"), lambda: list(self._payments.items()))
        amounts = "payments_minor_units_total"
        metrics.register_values(amounts, ("kind", "currency"), lambda: list(self._amounts.items()))
        metrics.register_values("sign_ups_total", ("person",), lambda: _by_one(self._sign_ups))

    def committed(self, collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        """Count what a commit of this process says; a ``CommitListener``."""
        for envelope in events:
            event = envelope.event
            match event:
                case RescueRequested():
                    self._rescues["requested"] += 1
                case RescueScheduled():
                    self._rescues["scheduled"] += 1
                case RescueAssigned():
                    self._rescues["assigned"] += 1
                case RescueEnded():
                    self._ended[event.status] += 1
                case OfferMade():
                    self._offers["made"] += 1
                case OfferClosed():
                    self._offers[event.outcome] += 1
                case PaymentProcessed():
                    self._payments[event.kind, event.status] += 1
                    if event.status == "succeeded":
                        self._amounts[event.kind, event.currency] += event.amount_minor
                case UserSignedUp():
                    self._sign_ups[event.role] += 1


def _by_one(counts: Counter[str]) -> list[tuple[tuple[str], float]]:
    return [((name,), count) for name, count in counts.items()]
