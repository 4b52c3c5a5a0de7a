"""Push subscriptions, and how long and how urgently a message is delivered.  Pure.

A browser that subscribes gives us the address of its own push service, and two keys with which messages are
encrypted for it alone (RFC 8030, RFC 8291).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.ids import PUSH_SUBSCRIPTION
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.web_apps import AppName
from supportcarr.notifications.channels import Topic
from supportcarr.notifications.model import Side

SUBSCRIPTIONS_MAX = 10  # of an account; the oldest makes room for a new one
BODY_BYTES_MAX = 1500  # of a text; a push service must accept messages of 4096 bytes

Urgency = Literal["very-low", "low", "normal", "high"]  # RFC 8030, section 5.3
Source = Literal["notification", "offer", "message"]
PushTopic = Topic | Literal["offer", "message"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, as in every id


class PushSubscription(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A browser that shows a person's notifications; its id is derived from ``endpoint``.

    It lives as long as the session in which it was made.  ``server_key`` is the public key of ours that the
    browser was given: no other may send to it.  Times are wall time.
    """

    user_id: str
    session_id: str
    app: AppName | None = None  # the web app that subscribed
    endpoint: Annotated[str, Personal("user_id", neutral="")]
    p256dh: Annotated[str, Personal("user_id", neutral="")]  # the browser's public key, base64url
    auth: Annotated[str, Personal("user_id", neutral="")]  # a secret that the browser shares with us
    server_key: str
    created_at: datetime
    expires_at: datetime | None = None  # as the browser says


def subscription_id(endpoint: str) -> str:
    """The id of the subscription with that endpoint; always the same."""
    number = int.from_bytes(hashlib.blake2b(endpoint.encode(), digest_size=17).digest()) >> 6
    return f"{PUSH_SUBSCRIPTION}_{''.join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))}"


def surplus(subscriptions: Sequence[PushSubscription], newest_id: str) -> list[PushSubscription]:
    """The oldest subscriptions, which have to make room; never the one with that id."""
    others = sorted((one for one in subscriptions if one.id != newest_id), key=lambda one: one.created_at)
    return others[: max(0, len(subscriptions) - SUBSCRIPTIONS_MAX)]


def shows(subscription: PushSubscription, side: Side) -> bool:
    """Whether the app that subscribed has the screens of that side of a rescue."""
    return side == "anyone" or subscription.app in (None, side)


class PushRule(msgspec.Struct, frozen=True):
    """For how long a push service keeps a message for a browser that is not reachable, and its urgency.

    ``high`` wakes a phone that saves its battery.
    """

    lifetime: timedelta
    urgency: Urgency


# An offer's lifetime is the time that is left of the offer.
RULES: Mapping[PushTopic, PushRule] = {
    "offer": PushRule(timedelta(minutes=2), "high"),
    "message": PushRule(timedelta(hours=1), "high"),
    "safety": PushRule(timedelta(days=1), "high"),
    "security": PushRule(timedelta(days=3), "high"),
    "money": PushRule(timedelta(days=3), "high"),
    "disruption": PushRule(timedelta(hours=6), "high"),
    "progress": PushRule(timedelta(hours=1), "high"),
    "driving": PushRule(timedelta(hours=1), "normal"),
    "papers": PushRule(timedelta(days=3), "normal"),
    "account": PushRule(timedelta(days=1), "low"),
}


def replaces(topic: PushTopic, rescue_id: str | None) -> str | None:
    """The ``Topic`` of a message: an undelivered one of the same is replaced.  ``None``: each is kept.

    A driver has one open offer at a time, and of a rescue's progress only the latest matters.
    """
    if topic == "offer":
        return "offer"
    if topic in ("progress", "message") and rescue_id is not None:
        # 24 of the 32 characters that RFC 8030 allows
        return hashlib.blake2b(f"{topic} {rescue_id}".encode(), digest_size=12).hexdigest()
    return None


class PushJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to one subscription, as the job holds it: ids only, no text."""

    subscription_id: str
    user_id: str
    source: Source
    source_id: str
    topic: PushTopic
    expires_at: datetime  # wall time; afterwards nobody needs the message
    side: Side = "anyone"  # of the rescue, on which its reader is
    rescue_id: str | None = None


class PushText(msgspec.Struct, frozen=True):
    """What a message says, and in which language."""

    kind: str
    title: str
    body: str
    language: str | None = None


class _Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    kind: str
    title: str
    body: str
    url: str | None = None
    rescue_id: str | None = None
    lang: str | None = None


def payload(job: PushJob, text: PushText, app: AppName | None) -> bytes:
    """What the browser's service worker gets; a text that is too long is cut."""
    return msgspec.json.encode(
        _Payload(
            id=job.source_id,
            kind=text.kind,
            title=_cut(text.title),
            body=_cut(text.body),
            url=None if app in (None, "admin") else url_in(app, text.kind, job.source, job.rescue_id),
            rescue_id=job.rescue_id,
            lang=text.language,
        )
    )


def _cut(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= BODY_BYTES_MAX:
        return text
    return encoded[: BODY_BYTES_MAX - 3].decode(errors="ignore") + "…"


_BASES: Mapping[AppName, str] = {"rider": "/", "driver": "/driver/"}
_OF_KINDS: Mapping[tuple[AppName, str], str] = {
    ("driver", "application_changes"): "apply",
    ("driver", "document_rejected"): "apply",
    ("driver", "documents_expired"): "apply",
    ("driver", "documents_expiring"): "apply",
    ("driver", "documents_missing"): "apply",
    ("driver", "statement_refused"): "apply",
    ("rider", "export_ready"): "me/privacy",
    ("rider", "payment_failed"): "cards",
}


def url_in(app: AppName, kind: str, source: Source, rescue_id: str | None) -> str:
    """The path of the screen that a message is about, in that app."""
    base = _BASES[app]
    if source == "offer":
        return base  # the app shows an open offer wherever it is
    if (app, kind) in _OF_KINDS:
        return base + _OF_KINDS[app, kind]
    if rescue_id is None:
        return f"{base}inbox"
    rescue = f"{base}{'job' if app == 'driver' else 'rescues'}/{quote(rescue_id, safe='')}"
    if source == "message":
        return f"{rescue}/chat"
    return f"{rescue}/rating" if app == "rider" and kind == "rating_requested" else rescue
