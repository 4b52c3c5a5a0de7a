"""Settings of the providers: card payments and routing."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import http_url, printable_ascii, rule
from supportcarr.kit.runtime.settings import SECRET, SettingsGroup


class StripeSettings(SettingsGroup, frozen=True, kw_only=True):
    """Card payments."""

    prefix = "STRIPE_"
    api_key: Annotated[str, Meta(description="secret key", extra=SECRET | rule(printable_ascii))] = ""
    webhook_secret: Annotated[
        str,
        Meta(description="signing secret of the webhook endpoint", extra=SECRET | rule(printable_ascii)),
    ] = ""
    api_base: Annotated[
        str,
        Meta(
            description="base URL of the API; empty: Stripe, or the emulator in the local profile",
            extra=rule(http_url),
        ),
    ] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, description="timeout of one call")] = 10.0
    tolerance_seconds: Annotated[int, Meta(ge=1, description="oldest accepted webhook signature")] = 300


class RoutingSettings(SettingsGroup, frozen=True, kw_only=True):
    """Distances and times by road."""

    prefix = "ROUTING_"
    detour: Annotated[float, Meta(ge=1, description="road distance divided by straight-line distance")] = 1.35
    speed_kmh: Annotated[float, Meta(gt=0, description="mean speed in the city")] = 30.0
