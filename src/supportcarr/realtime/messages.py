"""Every event of the Socket.IO edge, declared once: its name, who sends it, and its payload's shape.

The AsyncAPI document is generated from ``DECLARED``; the edge and the feed use the same names and
shapes.  Field names are the wire's.
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
STREAM_HEADS = "stream:heads"
STREAM_RESET = "stream:reset"
STREAM_SYNC = "stream:sync"
AUTH_EXPIRED = "auth:expired"
DRIVER_LOCATION = "driver:location"

StreamPosition = Annotated[
    str, Meta(description="epoch:seq; seq goes up by one within a stream and an epoch")
]
StreamPositions = dict[str, StreamPosition]


# --- what the streams carry -------------------------------------------------------------------


class StatusUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rescue's status changed; ``version`` is the rescue's, and orders them."""

    rescue_id: str
    status: str
    version: int
    previous: str | None
    reason: str | None = None


class PaymentUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One movement of a rescue's payment came to an outcome."""

    rescue_id: str
    payment_id: str
    kind: str
    amount_minor: int
    currency: str
    status: str
    reason: str | None = None


class OfferOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Why an offer is no longer open: accepted, declined, expired or withdrawn."""

    offer_id: str
    rescue_id: str
    outcome: str


class StreamEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """How every event of a stream arrives; a client drops a cursor that it has already seen."""

    id: Annotated[str, Meta(description="the event's id: the same wherever and whenever it arrives")]
    stream: Annotated[str, Meta(description="user:USER_ID or ops:AREA")]
    cursor: StreamPosition
    at: datetime
    data: Any


# --- what comes without a cursor ----------------------------------------------------------------


class LocationUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest position; positions between two of these may have been left out."""

    driver_id: str
    lat: float
    lng: float
    at: datetime
    rescue_id: str | None = None
    heading: float | None = None
    speed: float | None = None
    eta_seconds: int | None = None


class StreamPositionsUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """For ``stream:heads``: the last event of each stream; whoever has less asks by ``stream:sync``.

    For ``stream:reset``: what came before these cursors on the named streams cannot be replayed:
    load the state by REST, and go on from them.
    """

    heads: StreamPositions


class AuthExpired(msgspec.Struct, frozen=True, kw_only=True):
    """The access token ran out or was revoked; the socket is closed after this."""

    code: Literal["expired", "revoked"]


# --- what a client says -----------------------------------------------------------------------


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """``auth`` of the connection; ``since`` names the last cursor the client has of each stream."""

    token: str
    since: StreamPositions | None = None


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for what came after these cursors; only the client's own streams may be named."""

    since: StreamPositions


class PositionReport(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Where a driver is: accuracy in metres, heading in degrees clockwise from north, speed in
    metres a second, ``at`` in city time."""

    lat: Latitude
    lng: Longitude
    at: Annotated[datetime, Meta(tz=True)]
    accuracy: Annotated[float, Meta(ge=0)] | None = None
    heading: Annotated[float, Meta(ge=0, le=360)] | None = None
    speed: Annotated[float, Meta(ge=0)] | None = None


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``{"ok": true}``, or ``{"error": CODE}`` with the codes of the REST interface."""

    ok: bool | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEvent:
    """One socket event.  ``payload`` is its shape; on a stream it is the envelope's ``data``."""

    name: str
    sender: Literal["server", "client"]
    summary: str
    payload: Any  # a type
    stream: bool = False
    ack: Any = None  # a type: the acknowledgement's shape
    audience: tuple[Literal["rider", "driver", "operator"], ...] = ("rider", "driver", "operator")


SOCKET_EVENTS: tuple[SocketEvent, ...] = (
    SocketEvent(
        name=STREAM_HEADS,
        sender="server",
        summary="First on every connection, then every few seconds: where each stream stands",
        payload=StreamPositionsUpdate,
    ),
    SocketEvent(
        name=STREAM_RESET,
        sender="server",
        summary="What was missed on these streams is gone: reload, and go on from these cursors",
        payload=StreamPositionsUpdate,
    ),
    SocketEvent(
        name=AUTH_EXPIRED,
        sender="server",
        summary="The token has ended; the server closes the socket",
        payload=AuthExpired,
    ),
    SocketEvent(
        name=STATUS_UPDATE,
        sender="server",
        summary="A rescue's status changed",
        payload=StatusUpdate,
        stream=True,
    ),
    SocketEvent(
        name=PAYMENT_PROCESSED,
        sender="server",
        summary="A payment movement came to an outcome",
        payload=PaymentUpdate,
        stream=True,
    ),
    SocketEvent(
        name=NOTIFICATION_NEW,
        sender="server",
        summary="The user was told something; data is the notification",
        payload=dict[str, Any],
        stream=True,
        audience=("rider", "driver"),
    ),
    SocketEvent(
        name=OFFER_NEW,
        sender="server",
        summary="A job is offered; data is the offer",
        payload=dict[str, Any],
        stream=True,
        audience=("driver",),
    ),
    SocketEvent(
        name=OFFER_CLOSED,
        sender="server",
        summary="An offer is no longer open",
        payload=OfferOutcome,
        stream=True,
        audience=("driver",),
    ),
    SocketEvent(
        name=MESSAGE_NEW,
        sender="server",
        summary="A message was written; data is the message",
        payload=dict[str, Any],
        stream=True,
    ),
    SocketEvent(
        name=LOCATION_UPDATE,
        sender="server",
        summary="Where a driver is now; the latest wins, some are left out",
        payload=LocationUpdate,
        audience=("rider", "operator"),
    ),
    SocketEvent(
        name=STREAM_SYNC,
        sender="client",
        summary="Asks for what came after these cursors",
        payload=SyncRequest,
        ack=Ack,
    ),
    SocketEvent(
        name=DRIVER_LOCATION,
        sender="client",
        summary="A driver reports a position",
        payload=PositionReport,
        ack=Ack,
        audience=("driver",),
    ),
)
