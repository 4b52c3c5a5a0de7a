"""Domain events, in the past tense, versioned by their tags.

An event carries ids and figures, never a person's name, phone or text: a consumer that needs those
asks the part that owns them.  What it carries of a person nevertheless (exact places) is declared
personal: it is sealed in the outbox, and jobs of slow consumers get the event without it.  A tag is never
reused: a changed meaning is a new event (``….v2``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.carrying import VehicleSpec
from supportcarr.contracts.geo import UNKNOWN_POINT, GeoPoint
from supportcarr.contracts.money import Charge
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.shifts import ShiftRecord
from supportcarr.contracts.value_objects import BikeLoad


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened."""


# --- accounts ---------------------------------------------------------------------------------


class UserSignedUp(DomainEvent, frozen=True, kw_only=True, tag="auth.user_signed_up.v1"):
    """A person whose phone is verified has this role from now on."""

    user_id: str
    role: str


class PersonRenamed(DomainEvent, frozen=True, kw_only=True, tag="auth.person_renamed.v1"):
    """The account has another name."""

    user_id: str


class UserBanned(DomainEvent, frozen=True, kw_only=True, tag="auth.user_banned.v1"):
    """The person can no longer sign in, and has been signed out everywhere."""

    user_id: str


class SmsCodeRequested(DomainEvent, frozen=True, kw_only=True, tag="auth.sms_code_requested.v1"):
    """A code is to be sent by SMS, unless a later request has taken its place."""

    code_id: str
    request: str


class PasswordChanged(DomainEvent, frozen=True, kw_only=True, tag="auth.password_changed.v1"):
    """The account has a new password; its other sessions have ended."""

    user_id: str


class PhoneChanged(DomainEvent, frozen=True, kw_only=True, tag="auth.phone_changed.v1"):
    """The account has a new, verified phone number; the old one does not sign in any more."""

    user_id: str


class TotpRemoved(DomainEvent, frozen=True, kw_only=True, tag="auth.totp_removed.v1"):
    """The account has no second factor any more, and was signed out everywhere."""

    user_id: str


class SignInAttemptsFailed(DomainEvent, frozen=True, kw_only=True, tag="auth.sign_in_attempts_failed.v1"):
    """Somebody has entered several wrong passwords for that account."""

    user_id: str


# --- drivers ----------------------------------------------------------------------------------


class DriverStandingChanged(DomainEvent, frozen=True, kw_only=True, tag="drivers.standing_changed.v1"):
    """Whether a driver may be, and wants to be, offered jobs; dispatch keeps the latest by version."""

    driver_id: str
    approved: bool
    online: bool
    vehicle_id: str | None = None
    vehicle: VehicleSpec | None = None  # what that vehicle can carry; ``None``: not known
    documents_until: datetime | None = None  # city time at which licence or insurance ends, while online
    hours_until: datetime | None = None  # city time at which the hours that one may drive are over
    reason: str | None = None  # why the system took the driver offline: missed_offers, suspended, …


class DriverShiftChanged(DomainEvent, frozen=True, kw_only=True, tag="drivers.shift_changed.v1"):
    """A driver's shift began, ended, or has another period; ``due_at`` is when the hours need a look."""

    driver_id: str
    shift: ShiftRecord
    due_at: datetime | None = None  # city time


class DriverHoursEnding(DomainEvent, frozen=True, kw_only=True, tag="drivers.hours_ending.v1"):
    """A driver will soon have driven as long as one may before a rest."""

    driver_id: str
    limit_at: datetime  # city time
    minutes: int  # until then


class VehicleChanged(DomainEvent, frozen=True, kw_only=True, tag="drivers.vehicle_changed.v1"):
    """A driver described a vehicle anew, or added one with photos."""

    driver_id: str
    vehicle_id: str
    photos_removed: tuple[str, ...] = ()  # their ids
    photos_added: tuple[str, ...] = ()


class DriverApplicationMoved(DomainEvent, frozen=True, kw_only=True, tag="drivers.application_moved.v1"):
    """An application was submitted, taken up or decided.

    An approved driver whose later statement is refused stays approved (``previous``); the operator's words
    are in the profile.
    """

    driver_id: str
    previous: str
    state: str  # submitted | in_review | changes_requested | approved | rejected | suspended
    fields: tuple[str, ...] = ()  # to be corrected


class DriverDocumentsExpiring(DomainEvent, frozen=True, kw_only=True, tag="drivers.documents_expiring.v1"):
    """Papers of an approved driver will soon have expired."""

    driver_id: str
    documents: tuple[str, ...]  # licence, insurance, registration
    last_day: date  # on which they are valid


class DriverDocumentsExpired(DomainEvent, frozen=True, kw_only=True, tag="drivers.documents_expired.v1"):
    """Papers of an approved driver have expired; the driver is offline."""

    driver_id: str
    documents: tuple[str, ...]  # licence, insurance, registration
    last_day: date  # on which they were valid


class DriverDocumentUploaded(DomainEvent, frozen=True, kw_only=True, tag="drivers.document_uploaded.v1"):
    """A driver uploaded a document, which waits for an operator."""

    document_id: str
    driver_id: str
    kind: str  # licence | insurance | registration | vehicle_photo | profile_photo


class DriverCheckEnded(DomainEvent, frozen=True, kw_only=True, tag="drivers.check_ended.v1"):
    """An outside provider has said all it will of a driver; what, is in the check alone."""

    check_id: str
    driver_id: str


class DriverAttentionNeeded(DomainEvent, frozen=True, kw_only=True, tag="drivers.attention_needed.v1"):
    """Something of a driver begins to wait for an operator."""

    driver_id: str
    area_id: str
    reason: str  # application | papers | check


class DriverDocumentReviewed(DomainEvent, frozen=True, kw_only=True, tag="drivers.document_reviewed.v1"):
    """An operator approved or rejected a document; the reason is in the document."""

    document_id: str
    driver_id: str
    kind: str
    state: str  # approved | rejected


# --- rescues ----------------------------------------------------------------------------------


class RescueMoved(DomainEvent, frozen=True, kw_only=True):
    """Base class of every change of a rescue's status: the new and the previous one, and whom it concerns."""

    rescue_id: str
    rider_id: str
    area_id: str
    status: str
    previous: str | None = None
    driver_id: str | None = None  # after the change; at the end: the driver who had it
    reason: str | None = None


class RescueAsked(RescueMoved, frozen=True, kw_only=True):
    """Base class of requests, immediate or scheduled: what is needed, and where.

    Events stored before these fields were added lack them.
    """

    kind: str | None = None
    problem: str | None = None
    pickup: Annotated[GeoPoint | None, Personal("rider_id")] = None
    dropoff: Annotated[GeoPoint | None, Personal("rider_id")] = None


class RescueScheduled(RescueAsked, frozen=True, kw_only=True, tag="rescues.scheduled.v1"):
    scheduled_for: datetime


class RescueRequested(RescueAsked, frozen=True, kw_only=True, tag="rescues.requested.v1"):
    payment_method_id: str
    total_minor: int
    currency: str
    hold_ends_at: datetime | None = None  # city time; without the card's hold by then: rejected


class MatchingBegan(RescueMoved, frozen=True, kw_only=True, tag="rescues.matching_began.v1"):
    """The rescue waits for a driver; ``entry`` counts how often, from 1."""

    entry: int
    ends_at: datetime  # city time; without a driver by then: unserved
    kind: str
    problem: str | None = None
    pickup: Annotated[GeoPoint, Personal("rider_id")] = UNKNOWN_POINT
    dropoff: Annotated[GeoPoint, Personal("rider_id")] = UNKNOWN_POINT
    bike: BikeLoad | None = None  # what has to be carried, if the rider said which bike
    pay_minor: int  # what the driver would earn
    currency: str
    given_up_by: str | None = None  # the driver who gave it up


class RescueAssigned(RescueMoved, frozen=True, kw_only=True, tag="rescues.assigned.v1"):
    offer_id: str | None = None
    vehicle_id: str | None = None  # the driver's at that moment
    previous_driver_id: str | None = None  # of an exchange
    queued_behind: str | None = None
    eta_seconds: int | None = None  # to the pickup
    pickup: Annotated[GeoPoint | None, Personal("rider_id")] = None
    dropoff: Annotated[GeoPoint | None, Personal("rider_id")] = None


class DriverDeparted(RescueMoved, frozen=True, kw_only=True, tag="rescues.driver_departed.v1"):
    pass


class DriverArrived(RescueMoved, frozen=True, kw_only=True, tag="rescues.driver_arrived.v1"):
    unverified: str | None = None  # why it is not known that the driver is at the pickup (``Doubt``)


class JobStarted(RescueMoved, frozen=True, kw_only=True, tag="rescues.job_started.v1"):
    pass


class RescueEnded(RescueMoved, frozen=True, kw_only=True):
    """Base class of final states: with what is owed."""

    owed: Charge


class RescueCompleted(RescueEnded, frozen=True, kw_only=True, tag="rescues.completed.v1"):
    outcome: str  # delivered | fixed_on_spot
    unverified: str | None = None  # why it is not known that the driver is at the drop-off


class RescueCancelled(RescueEnded, frozen=True, kw_only=True, tag="rescues.cancelled.v1"):
    pass


class RiderNotFound(RescueEnded, frozen=True, kw_only=True, tag="rescues.no_show.v1"):
    unverified: str | None = None  # why it is not known that the driver is at the pickup


class RescueAborted(RescueEnded, frozen=True, kw_only=True, tag="rescues.aborted.v1"):
    pass


class RescueUnserved(RescueEnded, frozen=True, kw_only=True, tag="rescues.unserved.v1"):
    pass


class RescueRejected(RescueEnded, frozen=True, kw_only=True, tag="rescues.rejected.v1"):
    pass


class PinLocked(DomainEvent, frozen=True, kw_only=True, tag="rescues.pin_locked.v1"):
    rescue_id: str
    rider_id: str
    area_id: str
    driver_id: str


class PinRenewed(DomainEvent, frozen=True, kw_only=True, tag="rescues.pin_renewed.v1"):
    rescue_id: str
    rider_id: str
    area_id: str
    driver_id: str


class FixProposed(DomainEvent, frozen=True, kw_only=True, tag="rescues.fix_proposed.v1"):
    """The driver says that the bike is fixed, for that price; the rider has not agreed yet."""

    rescue_id: str
    rider_id: str
    area_id: str
    driver_id: str
    price_minor: int
    currency: str


class FixConfirmed(DomainEvent, frozen=True, kw_only=True, tag="rescues.fix_confirmed.v1"):
    """The rider agrees that the bike is fixed, and to pay up to that price."""

    rescue_id: str
    rider_id: str
    area_id: str
    driver_id: str
    price_minor: int
    currency: str


class MessageSent(DomainEvent, frozen=True, kw_only=True, tag="rescues.message_sent.v1"):
    message_id: str
    rescue_id: str
    rider_id: str
    area_id: str
    sender_id: str
    driver_id: str | None = None


class RescuePhotoTaken(DomainEvent, frozen=True, kw_only=True, tag="rescues.photo_taken.v1"):
    """A photo of the job has been uploaded by its rider or driver."""

    photo_id: str
    rescue_id: str
    rider_id: str
    area_id: str
    stage: Literal["before", "after"]
    taken_by: Literal["rider", "driver"]
    damage: bool
    driver_id: str | None = None


# --- dispatch ---------------------------------------------------------------------------------


class OfferMade(DomainEvent, frozen=True, kw_only=True, tag="dispatch.offer_made.v1"):
    offer_id: str
    rescue_id: str
    driver_id: str
    area_id: str
    expires_at: datetime  # city time


class OfferClosed(DomainEvent, frozen=True, kw_only=True, tag="dispatch.offer_closed.v1"):
    offer_id: str
    rescue_id: str
    driver_id: str
    area_id: str
    outcome: str  # accepted | declined | expired | withdrawn


# --- money ------------------------------------------------------------------------------------


class PaymentProcessed(DomainEvent, frozen=True, kw_only=True, tag="payments.processed.v1"):
    """One movement of a rescue's payment succeeded or failed; with the payment's state after it."""

    payment_id: str
    rescue_id: str
    rider_id: str
    area_id: str
    driver_id: str | None = None
    kind: str  # hold | capture | release | fee | tip | refund
    status: str  # succeeded | failed | requires_action
    amount_minor: int
    currency: str
    reason: str | None = None  # of a failure: card_declined, …
    payment_status: str  # held | failed | requires_action | captured | released | refunded
    captured_minor: int = 0
    refunded_minor: int = 0


# --- ratings ----------------------------------------------------------------------------------


class RatingsOpened(DomainEvent, frozen=True, kw_only=True, tag="ratings.opened.v1"):
    """The people of a rescue can rate each other from now on."""

    rescue_id: str
    rider_id: str
    driver_id: str


class RatingShown(DomainEvent, frozen=True, kw_only=True, tag="ratings.shown.v1"):
    """A rating is shown to the person whom it is about; or an operator has hidden it, or shows it again."""

    rating_id: str
    rescue_id: str
    person_id: str
    role: str  # in which the person was rated: rider | driver
    stars: int
    hidden: bool
    shown_at: datetime  # city time; the first time
    first: bool  # not shown before


# --- notifications ----------------------------------------------------------------------------


class NotificationCreated(DomainEvent, frozen=True, kw_only=True, tag="notifications.created.v1"):
    notification_id: str
    user_id: str


class NotificationToBeSent(DomainEvent, frozen=True, kw_only=True, tag="notifications.to_be_sent.v1"):
    """A notification is to go beside the app, too, as far as its person has not turned that off."""

    notification_id: str
    topic: Literal["safety", "security", "money", "disruption", "papers", "progress", "driving", "account"]


# --- accountability and privacy -----------------------------------------------------------------

Fact = str | int | bool | list[str] | None  # of an audited action: ids, states and figures


class OperatorActed(DomainEvent, frozen=True, kw_only=True, tag="audit.operator_acted.v1"):
    """Somebody used a right over others, or over the platform; the envelope says who, and when.

    Published with the action, in the same save.  ``before`` and ``after`` hold ids, states and figures, only
    those that the action changes; the audit log seals them, with the reason.
    """

    action: str  # PART.WHAT, in the imperative: rescues.cancel, users.change_roles
    subject: str  # the id of what was changed or read
    person_id: str | None = None  # whose account or data that is
    before: Annotated[dict[str, Fact], Personal("person_id", "subject")] = {}
    after: Annotated[dict[str, Fact], Personal("person_id", "subject")] = {}
    reason: Annotated[str | None, Personal("person_id", "subject")] = None
    origin: Annotated[Origin, Personal("person_id", "subject")] = NOWHERE


class DeletionRequested(DomainEvent, frozen=True, kw_only=True, tag="privacy.deletion_requested.v1"):
    """A person's account and data will be erased at that time, unless the person cancels it."""

    person_id: str
    erase_at: datetime  # city time


class DeletionCancelled(DomainEvent, frozen=True, kw_only=True, tag="privacy.deletion_cancelled.v1"):
    person_id: str


class PersonErased(DomainEvent, frozen=True, kw_only=True, tag="privacy.person_erased.v1"):
    """A person's account is gone: each part forgets what it holds of the person."""

    person_id: str


class ExportRequested(DomainEvent, frozen=True, kw_only=True, tag="privacy.export_requested.v1"):
    export_id: str
    person_id: str


class ExportReady(DomainEvent, frozen=True, kw_only=True, tag="privacy.export_ready.v1"):
    """A person's data can be downloaded until that time."""

    export_id: str
    person_id: str
    expires_at: datetime  # wall time


# --- riders -----------------------------------------------------------------------------------


class BikePhotoChanged(DomainEvent, frozen=True, kw_only=True, tag="riders.bike_photo_changed.v1"):
    """A bike has another photo than before, or none any more."""

    rider_id: str
    bike_id: str
    photo_ids: tuple[str, ...]  # the one before and the one after


# --- files ------------------------------------------------------------------------------------


class FileUploaded(DomainEvent, frozen=True, kw_only=True, tag="files.file_uploaded.v1"):
    """An upload is complete: the file can be checked, and its copies made."""

    file_id: str
    owner_id: str


AnyEvent = (
    UserSignedUp
    | PersonRenamed
    | UserBanned
    | SmsCodeRequested
    | PasswordChanged
    | PhoneChanged
    | TotpRemoved
    | SignInAttemptsFailed
    | DriverStandingChanged
    | DriverShiftChanged
    | DriverHoursEnding
    | VehicleChanged
    | DriverApplicationMoved
    | DriverDocumentsExpiring
    | DriverDocumentsExpired
    | DriverDocumentUploaded
    | DriverDocumentReviewed
    | DriverCheckEnded
    | DriverAttentionNeeded
    | RescueScheduled
    | RescueRequested
    | MatchingBegan
    | RescueAssigned
    | DriverDeparted
    | DriverArrived
    | JobStarted
    | RescueCompleted
    | RescueCancelled
    | RiderNotFound
    | RescueAborted
    | RescueUnserved
    | RescueRejected
    | PinLocked
    | PinRenewed
    | FixProposed
    | FixConfirmed
    | MessageSent
    | RescuePhotoTaken
    | OfferMade
    | OfferClosed
    | PaymentProcessed
    | RatingsOpened
    | RatingShown
    | NotificationCreated
    | NotificationToBeSent
    | OperatorActed
    | DeletionRequested
    | DeletionCancelled
    | PersonErased
    | ExportRequested
    | ExportReady
    | BikePhotoChanged
    | FileUploaded
)
