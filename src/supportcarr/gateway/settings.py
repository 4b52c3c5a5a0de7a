"""Settings of the HTTP edge: bounds on requests, and rate limits."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import networks, rule
from supportcarr.kit.runtime.settings import SettingsGroup


class HttpSettings(SettingsGroup, frozen=True, kw_only=True):
    """Bounds on HTTP requests."""

    requests_at_once: Annotated[
        int, Meta(ge=2, description="requests in progress per API process; further ones get 503")
    ] = 512
    requests_at_once_per_client: Annotated[
        int,
        Meta(
            ge=1,
            description="requests in progress per API process of one address or user; further ones get 429",
        ),
    ] = 64
    connections_per_address: Annotated[
        int,
        Meta(
            ge=1,
            description="connections per API process of one address; not of those in TRUSTED_PROXIES",
        ),
    ] = 256
    request_seconds: Annotated[float, Meta(gt=0, description="a request that takes longer gets 503")] = 10.0
    max_body_bytes: Annotated[int, Meta(ge=1024, description="largest accepted request body")] = 262_144
    trusted_proxies: Annotated[
        str,
        Meta(
            description="comma-separated networks whose X-Forwarded-For header is trusted",
            extra=rule(networks),
        ),
    ] = ""


class LimitSettings(SettingsGroup, frozen=True, kw_only=True):
    """Rate limits of HTTP requests (wall time)."""

    prefix = "LIMITS_"
    user_per_minute: Annotated[int, Meta(ge=1, description="requests per minute and user")] = 300
    address_per_minute: Annotated[int, Meta(ge=1, description="requests per minute and address")] = 1200
    sensitive_per_minute: Annotated[
        int, Meta(ge=1, description="sign-ins, sign-ups and the like per minute and address")
    ] = 20
    quotes_per_minute: Annotated[int, Meta(ge=1, description="quotes per minute and user")] = 30
    pins_per_minute: Annotated[int, Meta(ge=1, description="wrong start PINs per minute and driver")] = 10
    geocoding_per_minute: Annotated[
        int, Meta(ge=1, description="searches for places per minute and user")
    ] = 120
    shared_per_minute: Annotated[
        int, Meta(ge=1, description="views of shared rescues per minute and address")
    ] = 120
    texts_per_address_per_hour: Annotated[
        int, Meta(ge=1, description="requests per hour and address that have a text message sent")
    ] = 120
    texts_per_address_per_day: Annotated[
        int, Meta(ge=1, description="requests per day and address that have a text message sent")
    ] = 500
    lease: Annotated[
        int, Meta(ge=1, le=64, description="tokens leased per request to Redis; 1 disables leasing")
    ] = 8
