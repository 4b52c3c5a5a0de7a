"""What the events of a payment change in its rescue.  Pure."""

from __future__ import annotations

from msgspec.structs import replace

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PaymentProcessed
from supportcarr.rescues.commands import BeginMatching, Command, Reject
from supportcarr.rescues.model import PaymentSnapshot, Rescue

Source = tuple[str, int, int]  # the event's document, version and place in its save


def source_of(envelope: EventEnvelope) -> Source:
    """The position of the event among those of its payment."""
    return envelope.document_id, envelope.document_version, int(envelope.id.rpartition(".")[2])


def with_payment(rescue: Rescue, payment: PaymentProcessed, source: Source) -> Rescue | None:
    """The rescue with the outcome of the payment; ``None`` if it knows that, or a newer one."""
    if source <= rescue.payment.source:
        return None
    snapshot = PaymentSnapshot(
        status=payment.payment_status,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        source=source,
    )
    return replace(rescue, payment=snapshot)


def command_after_hold(payment: PaymentProcessed) -> Command | None:
    """The command that the outcome of a hold causes; 3-D Secure (``requires_action``) is no outcome."""
    if payment.kind != "hold":
        return None
    match payment.status:
        case "succeeded":
            return BeginMatching()
        case "failed":
            return Reject(reason=payment.reason or "card_declined")
        case _:
            return None
