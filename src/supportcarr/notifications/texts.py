"""Who is told of a domain event, and which text with which values.  Pure.

What the texts say is in ``notifications.catalogues``, one table for each language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from supportcarr.contracts.events import (
    AnyEvent,
    DeletionCancelled,
    DeletionRequested,
    DriverApplicationMoved,
    DriverArrived,
    DriverDeparted,
    DriverDocumentReviewed,
    DriverDocumentsExpired,
    DriverDocumentsExpiring,
    DriverHoursEnding,
    DriverStandingChanged,
    ExportReady,
    FixConfirmed,
    FixProposed,
    JobStarted,
    MatchingBegan,
    PasswordChanged,
    PaymentProcessed,
    PhoneChanged,
    PinLocked,
    PinRenewed,
    RatingShown,
    RatingsOpened,
    RescueAborted,
    RescueAssigned,
    RescueCancelled,
    RescueCompleted,
    RescueEnded,
    RescueRejected,
    RescueUnserved,
    RiderNotFound,
    SignInAttemptsFailed,
    TotpRemoved,
)
from supportcarr.notifications.catalogues.en import CATALOGUE
from supportcarr.notifications.channels import Topic, topic_of
from supportcarr.notifications.model import Amount, Notification, Side, Value
from supportcarr.notifications.wording import words


class NotificationText(msgspec.Struct, frozen=True):
    """What one person is told."""

    user_id: str
    kind: str
    text: str  # the kind, or a narrower one
    side: Side
    values: Mapping[str, Value]
    rescue_id: str | None = None
    topic: Topic = "progress"  # decides by which channels it goes

    def notification(self, id: str, at: datetime) -> Notification:
        """The notification to be stored."""
        english = words(self.text, self.side, self.values, "en")
        return Notification(
            id=id,
            user_id=self.user_id,
            kind=self.kind,
            title=english.title,
            body=english.body,
            text=self.text,
            side=self.side,
            values=dict(self.values) or None,
            rescue_id=self.rescue_id,
            at=at,
        )


def notification_texts(event: AnyEvent) -> Iterator[NotificationText]:
    """The notifications that an event causes; at most one per person."""
    match event:
        case RescueAssigned():
            kind = "driver_queued" if event.queued_behind else "driver_assigned"
            exchanged = event.previous_driver_id is not None
            yield _text(event.rescue_id, event.rider_id, "driver_exchanged" if exchanged else kind, "rider")
            if event.driver_id:
                yield _text(event.rescue_id, event.driver_id, kind, "driver")
            if event.previous_driver_id:
                yield _text(event.rescue_id, event.previous_driver_id, "driver_exchanged", "driver")
        case MatchingBegan(given_up_by=str(driver_id)):
            yield _text(event.rescue_id, event.rider_id, "driver_gave_up", "rider")
            yield _text(event.rescue_id, driver_id, "driver_gave_up", "driver")
        case DriverDeparted():
            yield _text(event.rescue_id, event.rider_id, "driver_departed", "rider")
        case DriverArrived():
            yield _text(event.rescue_id, event.rider_id, "driver_arrived", "rider")
        case JobStarted():
            yield _text(event.rescue_id, event.rider_id, "job_started", "rider")
        case RescueEnded():
            yield from _end_texts(event)
        case PaymentProcessed(kind="hold", status="failed"):
            return  # the rescue is rejected, and the notification of that says what to do
        case PaymentProcessed(status="failed" | "requires_action"):
            amounts = {"amount": Amount(event.amount_minor, event.currency)}
            yield _text(event.rescue_id, event.rider_id, f"payment_{event.status}", "rider", amounts)
        case PinLocked() | PinRenewed():
            kind = "pin_locked" if isinstance(event, PinLocked) else "pin_renewed"
            yield _text(event.rescue_id, event.rider_id, kind, "rider")
            yield _text(event.rescue_id, event.driver_id, kind, "driver")
        case SignInAttemptsFailed():
            yield _text(None, event.user_id, "sign_in_attempts_failed", "anyone")
        case PasswordChanged():
            yield _text(None, event.user_id, "password_changed", "anyone")
        case PhoneChanged():
            yield _text(None, event.user_id, "phone_changed", "anyone")
        case TotpRemoved():
            yield _text(None, event.user_id, "totp_removed", "anyone")
        case DriverApplicationMoved():
            told = _APPLICATION_KINDS.get((event.previous, event.state)) or (
                _APPLICATION_KINDS.get(("", event.state))
            )
            if told is not None:
                yield _text(None, event.driver_id, told, "driver")
        case DriverDocumentsExpiring() | DriverDocumentsExpired():
            expired = isinstance(event, DriverDocumentsExpired)
            kind = "documents_expired" if expired else "documents_expiring"
            values: dict[str, Value] = {"documents": event.documents, "last_day": event.last_day}
            yield _text(None, event.driver_id, kind, "driver", values)
        case DriverDocumentReviewed():
            document = {"document": (event.kind,)}
            yield _text(None, event.driver_id, f"document_{event.state}", "driver", document)
        case DriverHoursEnding():
            yield _text(None, event.driver_id, "hours_ending", "driver", {"minutes": event.minutes})
        case FixProposed():
            amounts = {"amount": Amount(event.price_minor, event.currency)}
            yield _text(event.rescue_id, event.rider_id, "fix_proposed", "rider", amounts)
        case FixConfirmed():
            amounts = {"amount": Amount(event.price_minor, event.currency)}
            yield _text(event.rescue_id, event.driver_id, "fix_confirmed", "driver", amounts)
        case DeletionRequested():
            day = {"date": event.erase_at.date()}
            yield _text(None, event.person_id, "deletion_requested", "anyone", day)
        case DeletionCancelled():
            yield _text(None, event.person_id, "deletion_cancelled", "anyone")
        case ExportReady():
            day = {"date": event.expires_at.date()}
            yield _text(None, event.person_id, "export_ready", "anyone", day)
        case RatingsOpened():
            yield _text(event.rescue_id, event.rider_id, "rating_requested", "rider")
            yield _text(event.rescue_id, event.driver_id, "rating_requested", "driver")
        case RatingShown(first=True, hidden=False):
            side: Side = "driver" if event.role == "driver" else "rider"
            yield _text(event.rescue_id, event.person_id, "rating_shown", side)
        case DriverStandingChanged(reason=str(reason)) if reason in _STANDING_KINDS:
            yield _text(None, event.driver_id, _STANDING_KINDS[reason], "driver")
        case _:
            return


# By the state before, where that matters, and the new one.  The standing tells of a suspension.
_APPLICATION_KINDS = {
    ("", "submitted"): "application_submitted",
    ("", "changes_requested"): "application_changes",
    ("approved", "changes_requested"): "statement_refused",
    ("", "approved"): "application_approved",
    ("approved", "approved"): "statement_approved",
    ("suspended", "approved"): "driver_reinstated",
    ("", "rejected"): "application_rejected",
}
_STANDING_KINDS = {
    "missed_offers": "driver_offline",
    "suspended": "driver_suspended",
    "documents_missing": "documents_missing",
    "hours_limit": "hours_limit",
    "long_break": "long_break",
}

_END_KINDS: dict[type[RescueEnded], str] = {
    RescueCompleted: "rescue_completed",
    RescueCancelled: "rescue_cancelled",
    RiderNotFound: "rescue_no_show",
    RescueAborted: "rescue_aborted",
    RescueUnserved: "rescue_unserved",
    RescueRejected: "rescue_rejected",
}


def _end_texts(event: RescueEnded) -> Iterator[NotificationText]:
    kind = _END_KINDS[type(event)]
    amounts = {
        "paid": Amount(event.owed.rider_minor, event.owed.currency),
        "earned": Amount(event.owed.driver_minor, event.owed.currency),
    }
    sides: tuple[tuple[Side, str | None, int], ...] = (
        ("rider", event.rider_id, event.owed.rider_minor),
        ("driver", event.driver_id, event.owed.driver_minor),
    )
    for side, user_id, amount in sides:
        if user_id is None or (kind, side) not in CATALOGUE.texts:
            continue
        specific = f"{kind}_fee" if amount else f"{kind}_{event.reason}"
        if isinstance(event, RescueCompleted):
            specific = f"{kind}_{event.outcome}"
        chosen = specific if (specific, side) in CATALOGUE.texts else kind
        yield _text(event.rescue_id, user_id, kind, side, amounts, text=chosen)


def _text(
    rescue_id: str | None,
    user_id: str,
    kind: str,
    side: Side,
    values: Mapping[str, Value] | None = None,
    *,
    text: str | None = None,
) -> NotificationText:
    chosen = text or kind
    used = {name: value for name, value in (values or {}).items() if _takes(chosen, side, name)}
    topic = topic_of(chosen, driver=side == "driver")
    return NotificationText(user_id, kind, chosen, side, used, rescue_id, topic)


def _takes(text: str, side: Side, name: str) -> bool:
    return any(f"{{{name}}}" in template for template in CATALOGUE.texts[text, side])
