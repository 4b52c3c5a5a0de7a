"""Request and response bodies of push subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from supportcarr.contracts.web_apps import AppName
from supportcarr.notifications.push.model import PushSubscription
from supportcarr.notifications.push.ports import PushTarget
from supportcarr.notifications.push.service import NewSubscription

Endpoint = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2048,
        description="URL at the browser's push service",
        examples=["https://updates.push.services.mozilla.com/wpush/v2/gAAAAABn"],
    ),
]


class PushKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser's keys, as base64url: a public key of P-256, and a secret of 16 bytes."""

    p256dh: Annotated[
        str,
        Meta(
            min_length=87,
            max_length=88,
            examples=[
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
            ],
        ),
    ]
    auth: Annotated[str, Meta(min_length=22, max_length=24, examples=["BTBZMqHH6r4Tts7J_aSIgg"])]


class NewPushSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``PushSubscription.toJSON()`` gives in a browser."""

    endpoint: Endpoint
    keys: PushKeys
    expirationTime: (  # noqa: N815 - the browser's name
        Annotated[float, Meta(ge=0, le=8.64e15, description="milliseconds since 1970")] | None
    ) = None

    @property
    def subscription(self) -> NewSubscription:
        at = self.expirationTime
        # The last year of ``datetime`` is 9999; a browser's time may be later.
        expires_at = None if at is None or at > 2.5e14 else datetime.fromtimestamp(int(at) / 1000, UTC)
        return NewSubscription(PushTarget(self.endpoint, self.keys.p256dh, self.keys.auth), expires_at)


class EndpointQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which subscription is meant."""

    endpoint: Endpoint


class PushSubscriptionView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A browser that shows the caller's notifications; times are wall time.

    ``service`` is the host of its push service, ``app`` the web app that subscribed.
    """

    id: str
    service: str
    session_id: str
    created_at: datetime
    app: AppName | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, subscription: PushSubscription) -> PushSubscriptionView:
        return cls(
            id=subscription.id,
            service=urlsplit(subscription.endpoint).hostname or "",
            session_id=subscription.session_id,
            created_at=subscription.created_at,
            app=subscription.app,
            expires_at=subscription.expires_at,
        )
