"""The invariants of a city, each a pure function over plain data.

Each returns a list of sentences, one for each violation.  An empty list means that the invariant holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.money import share
from supportcarr_lab.verification.expected_events import drivers_over_time
from supportcarr_lab.verification.records import (
    CLEARING,
    DRIVER_PAYABLE,
    LedgerTransaction,
    Offer,
    Payment,
    PendingWork,
    ProcessorPayment,
    Rating,
    RatingSummary,
    Rescue,
    TimelineEntry,
)

FINAL = ("completed", "cancelled", "no_show", "unserved", "rejected", "aborted")
FREE_CANCELLATION_S = 120.0

# The status changes of a rescue that are allowed, and who may make them.  Deliberately not imported from the
# state machine of the product: a wrong table there would otherwise not be found.
_SYSTEM, _RIDER, _DRIVER, _OPERATOR = {"system"}, {"rider"}, {"driver"}, {"support", "admin"}
ALLOWED_TRANSITIONS: Mapping[tuple[str | None, str], set[str]] = {
    (None, "scheduled"): _RIDER | _OPERATOR,
    (None, "requested"): _RIDER | _OPERATOR,
    ("scheduled", "requested"): _SYSTEM,
    ("scheduled", "rejected"): _SYSTEM,
    ("scheduled", "cancelled"): _RIDER | _OPERATOR,
    ("requested", "matching"): _SYSTEM,
    ("requested", "rejected"): _SYSTEM,
    ("requested", "cancelled"): _RIDER | _OPERATOR,
    ("matching", "assigned"): _SYSTEM | _OPERATOR,
    ("matching", "unserved"): _SYSTEM,
    ("matching", "cancelled"): _RIDER | _OPERATOR,
    ("assigned", "en_route"): _DRIVER,
    ("assigned", "assigned"): _SYSTEM | _OPERATOR,
    ("assigned", "matching"): _DRIVER | _OPERATOR,
    ("assigned", "cancelled"): _RIDER | _OPERATOR,
    ("en_route", "arrived"): _DRIVER,
    ("en_route", "assigned"): _SYSTEM | _OPERATOR,
    ("en_route", "matching"): _DRIVER | _OPERATOR,
    ("en_route", "cancelled"): _RIDER | _OPERATOR,
    ("arrived", "in_transit"): _DRIVER,
    ("arrived", "completed"): _DRIVER,
    ("arrived", "aborted"): _DRIVER | _OPERATOR,
    ("arrived", "matching"): _DRIVER | _OPERATOR,
    ("arrived", "cancelled"): _RIDER | _OPERATOR,
    ("arrived", "no_show"): _DRIVER,
    ("in_transit", "completed"): _DRIVER,
    ("in_transit", "aborted"): _DRIVER | _OPERATOR,
}


# --- rescues ----------------------------------------------------------------------------------


def states_sum(rescues: Sequence[Rescue], accepted: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """The counts add up, and every rescue that the API accepted exists."""
    known = {rescue.id for rescue in rescues}
    broken = [
        f"{accepted_id} was accepted and is gone" for accepted_id in accepted if accepted_id not in known
    ]
    total = sum(count for name, count in counts.items() if name != "requested")
    if total != counts.get("requested"):
        broken.append(f"{counts.get('requested')} requested, but the states sum to {total}")
    return broken


def legal_transitions(rescues: Iterable[Rescue]) -> list[str]:
    """Each timeline is a path through the table, by allowed actors, in order of time and version."""
    return [sentence for rescue in rescues for sentence in _illegal(rescue)]


def _illegal(rescue: Rescue) -> Iterator[str]:
    status: str | None = None
    at, version = float("-inf"), 0
    for entry in rescue.timeline:
        where = f"{rescue.id}: {entry.from_} to {entry.to}"
        if entry.from_ != status:
            yield f"{where}, but it was {status}"
        allowed = ALLOWED_TRANSITIONS.get((entry.from_, entry.to))
        if allowed is None:
            yield f"{where} is not allowed"
        elif not _may(entry.actor, allowed):
            yield f"{where} is not allowed for {entry.actor.role}"
        if entry.version <= version or entry.at < at:
            yield f"{where} (version {entry.version}) is out of order"
        status, at, version = entry.to, max(at, entry.at), entry.version
    if status != rescue.status:
        yield f"{rescue.id} is {rescue.status}, but its timeline ends with {status}"


def _may(actor: Actor, roles: set[str]) -> bool:
    return actor.role in roles


def one_job_per_driver(rescues: Iterable[Rescue]) -> list[str]:
    """No driver has two rescues at the same time."""
    spans: defaultdict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for rescue in rescues:
        for driver, begin, end in _jobs(rescue):
            spans[driver].append((begin, end, rescue.id))
    return list(_overlaps(spans))


def one_live_per_rider(rescues: Iterable[Rescue]) -> list[str]:
    """No rider has two live rescues at the same time (scheduled ones are not live)."""
    spans: defaultdict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for rescue in rescues:
        live = [entry.at for entry in rescue.timeline if entry.to == "requested"]
        over = [entry.at for entry in rescue.timeline if entry.to in FINAL]
        if live:
            spans[rescue.rider_id].append((live[0], over[0] if over else float("inf"), rescue.id))
    return list(_overlaps(spans))


def _jobs(rescue: Rescue) -> Iterator[tuple[str, float, float]]:
    """(driver, from, until) for each period in which a driver had the rescue."""
    since = 0.0
    current: str | None = None
    for entry, (_, driver) in zip(rescue.timeline, drivers_over_time(rescue), strict=True):
        following = None if entry.to in FINAL else driver
        if following == current:
            continue
        if current is not None:
            yield current, since, entry.at
        current, since = following, entry.at
    if current is not None:
        yield current, since, float("inf")


def _overlaps(spans: Mapping[str, list[tuple[float, float, str]]]) -> Iterator[str]:
    for who, all_spans in spans.items():
        latest, latest_id = float("-inf"), ""
        for begin, end, rescue_id in sorted(all_spans):
            if begin < latest:
                yield f"{who} has {latest_id} and {rescue_id} at the same time"
            if end > latest:
                latest, latest_id = end, rescue_id


# --- money ------------------------------------------------------------------------------------


def ledger_zero(transactions: Iterable[LedgerTransaction]) -> list[str]:
    """Each transaction sums to zero, and so does everything, in each currency."""
    broken = []
    sums: Counter[str] = Counter()
    for transaction in transactions:
        rest = sum(amount for _, amount in transaction.entries)
        sums[transaction.currency] += rest
        if rest:
            broken.append(f"{transaction.id} sums to {rest}")
    return broken + [f"the ledger sums to {rest} {currency}" for currency, rest in sums.items() if rest]


def amounts_due(rescue: Rescue) -> tuple[int, int]:
    """(the rider's charge, the driver's share), computed from the timeline and the quote.

    - completed: the quote's total; the driver shares in the price before promotions
    - fixed on the spot, or aborted by an operator: the price recorded in the rescue, at most the quote
    - no-show, late cancellation: the fee of the quote, at most its total
    - anything else: nothing
    """
    if not rescue.timeline:
        return 0, 0
    end = rescue.timeline[-1]
    match rescue.status:
        case "completed" if rescue.outcome == "fixed_on_spot":
            price = min(rescue.owed_rider or 0, rescue.total)
            return price, _driver_share(rescue, price)
        case "completed":
            return rescue.total, _driver_share(rescue, rescue.before_promo)
        case "aborted" if end.actor.is_operator:
            price = min(rescue.owed_rider or 0, rescue.total)
            return price, _driver_share(rescue, price)
        case "no_show":
            return _fee(rescue, rescue.no_show_fee)
        case "cancelled" if not _cancelled_free_of_charge(rescue, end):
            return _fee(rescue, rescue.cancellation_fee)
        case _:
            return 0, 0


def _driver_share(rescue: Rescue, amount: int) -> int:
    return amount - share(amount, rescue.platform_percent)


def _fee(rescue: Rescue, fee: int) -> tuple[int, int]:
    charged = min(fee, rescue.total)
    return charged, share(charged, rescue.fee_driver_percent)


def _cancelled_free_of_charge(rescue: Rescue, end: TimelineEntry) -> bool:
    if end.actor.is_operator:
        return True
    accepted: float | None = None
    for entry in rescue.timeline:
        if entry.to == "matching":
            accepted = None
        elif entry.to == "assigned" and accepted is None:
            accepted = entry.at
    return accepted is None or end.at <= accepted + FREE_CANCELLATION_S


def money_matches(
    rescues: Iterable[Rescue],
    payments: Sequence[Payment],
    transactions: Iterable[LedgerTransaction],
    processor_payments: Sequence[ProcessorPayment],
) -> list[str]:
    """Payment, ledger and card processor agree with what the end of each rescue costs.

    Nothing else is captured, held or booked.
    """
    intents = {intent.intent_id: intent for intent in processor_payments}
    by_rescue = {payment.rescue_id: payment for payment in payments}
    booked: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for transaction in transactions:
        for account, amount in transaction.entries:
            booked[transaction.rescue_id][account] += amount
    broken = [
        sentence
        for rescue in rescues
        for sentence in _mismatches(rescue, by_rescue.get(rescue.id), intents, booked[rescue.id])
    ]
    return broken + list(_unknown_money(by_rescue, intents, booked))


def _mismatches(
    rescue: Rescue,
    payment: Payment | None,
    intents: Mapping[str, ProcessorPayment],
    ledger: Counter[str],
) -> Iterator[str]:
    over = rescue.status in FINAL
    rider, driver = amounts_due(rescue) if over else (0, 0)
    intent = intents.get(payment.intent_id or "") if payment else None
    *_, driver_id = (None, *(driver for _, driver in drivers_over_time(rescue)))
    account = f"{DRIVER_PAYABLE}{driver_id}"
    other_drivers = sum(
        amount for name, amount in ledger.items() if _is_driver_account(name) and name != account
    )
    amounts = {
        "the payment": (payment.captured if payment else 0, rider),
        "the ledger": (ledger[CLEARING], rider),
        "the ledger's driver": (-ledger[account], driver),
        "another driver's account": (-other_drivers, 0),
        "the processor": (intent.captured if intent else 0, rider),
    }
    if over:
        amounts["the rescue"] = (rescue.owed_rider or 0, rider)
        amounts["the rescue's driver"] = (rescue.owed_driver or 0, driver)
    for source, (actual, due) in amounts.items():
        if actual != due:
            yield f"{rescue.id} ({rescue.status}) costs {due}, but {source} has {actual}"
    if intent is not None and intent.currency != rescue.currency:
        yield f"{rescue.id} is in {rescue.currency}, but the processor has {intent.currency}"
    if over and intent is not None and intent.status == "requires_capture":
        yield f"{rescue.id} is {rescue.status}, but the card is still held"


def _is_driver_account(account: str) -> bool:
    return account.startswith(DRIVER_PAYABLE)


def _unknown_money(
    by_rescue: Mapping[str, Payment],
    intents: Mapping[str, ProcessorPayment],
    booked: Mapping[str | None, Counter[str]],
) -> Iterator[str]:
    """Describe money at the processor or in the ledger that belongs to no payment."""
    known = {payment.intent_id for payment in by_rescue.values()}
    for intent_id, intent in intents.items():
        if intent_id not in known and (intent.captured or intent.status == "requires_capture"):
            yield f"the processor has {intent.captured} under {intent_id}, which belongs to no payment"
    for rescue_id, accounts in booked.items():
        if any(accounts.values()) and rescue_id not in by_rescue:
            yield f"the ledger has entries for {rescue_id}, which has no payment"


# --- ratings ------------------------------------------------------------------------------------


def averages_match(
    ratings: Iterable[Rating], summaries: Iterable[RatingSummary], *, counted: int = 200
) -> list[str]:
    """Each average is made of the latest *counted* ratings that were shown to the person, each once."""
    shown: defaultdict[tuple[str, str], list[Rating]] = defaultdict(list)
    for rating in ratings:
        shown[rating.person_id, rating.role].append(rating)
    kept = {(summary.person_id, summary.role): summary.stars for summary in summaries}
    broken = []
    for who in sorted({*shown, *kept}):
        latest = sorted(shown[who], key=lambda rating: (rating.shown_at, rating.id))[-counted:]
        due = tuple(rating.stars for rating in latest if not rating.hidden)
        if kept.get(who, ()) != due:
            broken.append(f"{who[0]} as a {who[1]} was rated {due}, but counted are {kept.get(who, ())}")
    return broken


# --- the rest ---------------------------------------------------------------------------------


def no_5xx(errors_5xx: int) -> list[str]:
    """No response was a 5xx, except 503 with Retry-After (load shedding)."""
    return [f"{errors_5xx} responses had a 5xx status"] if errors_5xx else []


def drained(
    pending_work: PendingWork,
    rescues: Iterable[Rescue],
    offers: Iterable[Offer],
    payments: Iterable[Payment],
    caught_up: bool,
) -> list[str]:
    """No work is left: no unpublished event, job, claim, live rescue, open offer, unsettled payment or
    stale row of the console, and every client received its last events."""
    live = [r.id for r in rescues if r.status not in (*FINAL, "scheduled")]
    open_offers = [offer.id for offer in offers if offer.outcome is None]
    unsettled = [p.id for p in payments if p.status not in ("captured", "released", "failed", "refunded")]
    broken = [
        (pending_work.outbox, "events are still in outboxes"),
        (pending_work.jobs, "jobs are not done"),
        (pending_work.claims, "claims are held for rescues that are over"),
        (pending_work.stale_rows, "rows of the console are out of date"),
        (len(live), f"rescues are still live: {', '.join(live[:3])}"),
        (len(open_offers), f"offers are still open: {', '.join(open_offers[:3])}"),
        (len(unsettled), f"payments are not settled: {', '.join(unsettled[:3])}"),
        (not caught_up, "clients had not received their last events when the sockets were closed"),
    ]
    return [f"{int(count)} {what}" for count, what in broken if count]
