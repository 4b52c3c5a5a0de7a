"""Every Socket.IO event, declared once: its name, its sender, and the type of its payload.

The AsyncAPI document is generated from ``SOCKET_EVENTS``; the server uses the same names and types.
Field names are those of the wire format: there, stream positions are called ``heads`` and ``cursor``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import Latitude, Longitude

STATUS_UPDATE = "rescue:status_update"
LOCATION_UPDATE = "driver:location_update"
PAYMENT_PROCESSED = "payment:processed"
NOTIFICATION_NEW = "notification:new"
OFFER_NEW = "offer:new"
OFFER_CLOSED = "offer:closed"
MESSAGE_NEW = "message:new"
DRIVER_ATTENTION = "driver:attention"
PHOTO_NEW = "photo:new"
STREAM_HEADS = "stream:heads"
STREAM_RESET = "stream:reset"
STREAM_SYNC = "stream:sync"
AUTH_EXPIRED = "auth:expired"
DRIVER_LOCATION = "driver:location"

StreamPosition = Annotated[
    str,
    Meta(description="epoch:offset; the offset of a stream increases by one per event within an epoch"),
]
AttentionReason = Literal["application", "papers", "check"]
StreamPositions = dict[str, StreamPosition]


# --- events of streams ------------------------------------------------------------------------


class StatusUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rescue's status changed; updates are ordered by ``version``, that of the rescue."""

    rescue_id: str
    status: str
    version: int
    previous: str | None
    reason: str | None = None


class PaymentUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of one movement of a rescue's payment."""

    rescue_id: str
    payment_id: str
    kind: str
    amount_minor: int
    currency: str
    status: str
    reason: str | None = None


class OfferOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an offer ended: accepted, declined, expired or withdrawn."""

    offer_id: str
    rescue_id: str
    outcome: str


class PhotoUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of the job was added; its links come with ``GET /rescues/{id}/photos``."""

    photo_id: str
    rescue_id: str
    stage: Literal["before", "after"]
    taken_by: Literal["rider", "driver"]
    damage: bool


class DriverAttention(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a driver begins to wait for an operator: an application; papers that an approved driver
    has stated since; a check that ended without being clear."""

    driver_id: str
    reason: AttentionReason


class StreamEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of every event of a stream; clients drop an event whose ``cursor`` they have seen."""

    id: Annotated[str, Meta(description="id of the event, the same in every stream and delivery")]
    stream: Annotated[str, Meta(description="user:USER_ID or ops:AREA")]
    cursor: StreamPosition
    at: datetime
    data: Any


# --- events outside the streams ----------------------------------------------------------------


class LocationUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest location; locations between two updates may be skipped."""

    driver_id: str
    lat: float
    lng: float
    at: datetime
    rescue_id: str | None = None
    heading: float | None = None
    speed: float | None = None
    eta_seconds: int | None = None


class StreamPositionsUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """In ``stream:heads``: the position of each stream; a client that is behind sends ``stream:sync``.

    In ``stream:reset``: events before these positions cannot be replayed; the client loads the state by
    REST and continues after them.
    """

    heads: StreamPositions


class AuthExpired(msgspec.Struct, frozen=True, kw_only=True):
    """The access token expired or was revoked; the server closes the connection after this event."""

    code: Literal["expired", "revoked"]


# --- sent by clients --------------------------------------------------------------------------


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """``auth`` of the connection; ``since`` is the last position the client has of each stream."""

    token: str
    since: StreamPositions | None = None


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Requests the events after these positions; only the client's own streams are allowed."""

    since: StreamPositions


class PositionReport(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A driver's position: accuracy in metres, heading in degrees clockwise from north, speed in metres
    per second, ``at`` in city time."""

    lat: Latitude
    lng: Longitude
    at: Annotated[datetime, Meta(tz=True)]
    accuracy: Annotated[float, Meta(ge=0)] | None = None
    heading: Annotated[float, Meta(ge=0, le=360)] | None = None
    speed: Annotated[float, Meta(ge=0)] | None = None


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{"ok": true}``, or ``{"error": CODE}`` with the error codes of the REST API."""

    ok: bool | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEvent:
    """One Socket.IO event.  ``payload`` is its type; for an event of a stream, of the envelope's ``data``."""

    name: str
    sender: Literal["server", "client"]
    summary: str
    payload: Any  # a type
    stream: bool = False
    ack: Any = None  # the type of the acknowledgement
    audience: tuple[Literal["rider", "driver", "operator"], ...] = ("rider", "driver", "operator")


SOCKET_EVENTS: tuple[SocketEvent, ...] = (
    SocketEvent(
        name=STREAM_HEADS,
        sender="server",
        summary="Send the position of each stream: first on every connection, then every few seconds",
        payload=StreamPositionsUpdate,
    ),
    SocketEvent(
        name=STREAM_RESET,
        sender="server",
        summary="Make the client reload these streams and continue after the given positions",
        payload=StreamPositionsUpdate,
    ),
    SocketEvent(
        name=AUTH_EXPIRED,
        sender="server",
        summary="Tell the client that its token has ended, then close the connection",
        payload=AuthExpired,
    ),
    SocketEvent(
        name=STATUS_UPDATE,
        sender="server",
        summary="Send a change of a rescue's status",
        payload=StatusUpdate,
        stream=True,
    ),
    SocketEvent(
        name=PAYMENT_PROCESSED,
        sender="server",
        summary="Send the outcome of a payment movement",
        payload=PaymentUpdate,
        stream=True,
    ),
    SocketEvent(
        name=NOTIFICATION_NEW,
        sender="server",
        summary="Send a new notification; data is the notification",
        payload=dict[str, Any],
        stream=True,
        audience=("rider", "driver"),
    ),
    SocketEvent(
        name=OFFER_NEW,
        sender="server",
        summary="Offer a job to a driver; data is the offer",
        payload=dict[str, Any],
        stream=True,
        audience=("driver",),
    ),
    SocketEvent(
        name=OFFER_CLOSED,
        sender="server",
        summary="Tell the driver that an offer is no longer open",
        payload=OfferOutcome,
        stream=True,
        audience=("driver",),
    ),
    SocketEvent(
        name=MESSAGE_NEW,
        sender="server",
        summary="Send a new chat message; data is the message",
        payload=dict[str, Any],
        stream=True,
    ),
    SocketEvent(
        name=PHOTO_NEW,
        sender="server",
        summary="Tell that the other side added a photo of the job",
        payload=PhotoUpdate,
        stream=True,
    ),
    SocketEvent(
        name=DRIVER_ATTENTION,
        sender="server",
        summary="Tell operators that something of a driver begins to wait for them",
        payload=DriverAttention,
        stream=True,
        audience=("operator",),
    ),
    SocketEvent(
        name=LOCATION_UPDATE,
        sender="server",
        summary="Send a driver's latest location; intermediate ones may be skipped",
        payload=LocationUpdate,
        audience=("rider", "operator"),
    ),
    SocketEvent(
        name=STREAM_SYNC,
        sender="client",
        summary="Replay the events after the given positions",
        payload=SyncRequest,
        ack=Ack,
    ),
    SocketEvent(
        name=DRIVER_LOCATION,
        sender="client",
        summary="Report a driver's position",
        payload=PositionReport,
        ack=Ack,
        audience=("driver",),
    ),
)
