"""Settings of the providers: payments, texts, web push, files, virus scanning, checks and routing."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import bucket_name, http_url, origin, printable_ascii, rule
from supportcarr.kit.runtime.settings import LOCAL_SECRET, OPTIONAL_SECRET, SECRET, SettingsGroup
from supportcarr.providers.vapid import vapid_private_key


class StripeSettings(SettingsGroup, frozen=True, kw_only=True):
    """Card payments."""

    prefix = "STRIPE_"
    api_key: Annotated[str, Meta(description="secret key", extra=SECRET | rule(printable_ascii))] = ""
    publishable_key: Annotated[
        str,
        Meta(
            description="key of Stripe's form in the rider's app; empty: the emulator's page for cards",
            extra=rule(printable_ascii),
        ),
    ] = ""
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


def phone_number(value: str) -> None:
    """A phone number in E.164."""
    if not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise ValueError("it must be a phone number such as +15145550142")


class TwilioSettings(SettingsGroup, frozen=True, kw_only=True):
    """Text messages."""

    prefix = "TWILIO_"
    account_sid: Annotated[
        str, Meta(description="the account's SID (AC…)", extra=SECRET | rule(printable_ascii))
    ] = ""
    auth_token: Annotated[
        str,
        Meta(
            description="the account's token; it also signs callbacks", extra=SECRET | rule(printable_ascii)
        ),
    ] = ""
    from_number: Annotated[
        str,
        Meta(
            description="number that texts come from; outside the local profile this or a messaging service",
            extra=rule(phone_number),
        ),
    ] = ""
    messaging_service_sid: Annotated[
        str, Meta(description="messaging service (MG…) that chooses the number", extra=rule(printable_ascii))
    ] = ""
    api_base: Annotated[
        str,
        Meta(
            description="base URL of the API; empty: Twilio, or the emulator in the local profile",
            extra=rule(http_url),
        ),
    ] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, description="timeout of one call")] = 10.0


def push_contact(value: str) -> None:
    """A URL at which a push service reaches us."""
    if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://\S+", value):
        raise ValueError("it must be mailto:ADDRESS or a URL with https://")


def host_patterns(value: str) -> None:
    """Comma-separated hosts; one may begin with ``*.``."""
    for entry in (part.strip() for part in value.split(",")):
        if not re.fullmatch(r"(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}", entry):
            raise ValueError(f"{entry!r} is no host such as web.push.apple.com or *.push.apple.com")


class PushSettings(SettingsGroup, frozen=True, kw_only=True):
    """Notifications that are pushed to browsers (web push)."""

    prefix = "PUSH_"
    vapid_private_key: Annotated[
        str,
        Meta(
            description="private key by which push services know us (`supportcarr push keys` makes one); "
            "empty: nothing is pushed",
            extra=LOCAL_SECRET | rule(vapid_private_key),
        ),
    ] = ""
    contact: Annotated[
        str,
        Meta(
            description="whom a push service asks about our messages (mailto:… or https://…); empty: "
            "SUPPORT_EMAIL, else PUBLIC_URL",
            extra=rule(push_contact),
        ),
    ] = ""
    hosts: Annotated[
        str,
        Meta(
            description="comma-separated hosts of push services that browsers may name, *. for any below",
            extra=rule(host_patterns),
        ),
    ] = "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
    timeout_seconds: Annotated[float, Meta(gt=0, le=30, description="timeout of one message")] = 5.0
    emulator_url: Annotated[
        str,
        Meta(
            description="a push service for tests that is called over http; in the local profile only, where "
            "it is the emulator if this is empty",
            extra=rule(origin),
        ),
    ] = ""


def region_name(value: str) -> None:
    """The name of a region of S3."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", value):
        raise ValueError("it must be a region such as ca-central-1")


class S3Settings(SettingsGroup, frozen=True, kw_only=True):
    """Files in S3; without a bucket they are in the data folder of this machine."""

    prefix = "S3_"
    bucket: Annotated[
        str, Meta(description="bucket; empty: files are in DATA/objects", extra=rule(bucket_name))
    ] = ""
    region: Annotated[str, Meta(description="region of the bucket", extra=rule(region_name))] = "ca-central-1"
    endpoint: Annotated[
        str,
        Meta(
            description="URL of a server with the API of S3; browsers use it too; empty: AWS",
            extra=rule(origin),
        ),
    ] = ""
    access_key_id: Annotated[
        str, Meta(description="id of the access key", extra=OPTIONAL_SECRET | rule(printable_ascii))
    ] = ""
    secret_access_key: Annotated[
        str, Meta(description="secret of the access key", extra=OPTIONAL_SECRET | rule(printable_ascii))
    ] = ""
    path_style: Annotated[
        bool, Meta(description="name the bucket in the path instead of the host; for servers other than AWS")
    ] = False
    timeout_seconds: Annotated[float, Meta(gt=0, description="timeout of one call")] = 10.0


def clamd_address(value: str) -> str | tuple[str, int]:
    """The path of a socket, or a host and port."""
    if value.startswith("unix:/"):
        return value.removeprefix("unix:")
    host, _, port = value.removeprefix("tcp://").rpartition(":")
    if not (value.startswith("tcp://") and host and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("it must be tcp://HOST:PORT or unix:/PATH")
    return host.strip("[]"), int(port)


def _clamd_address_or_none(value: str) -> None:
    if value:
        clamd_address(value)


class ClamdSettings(SettingsGroup, frozen=True, kw_only=True):
    """Virus scanning of uploads by ClamAV's daemon."""

    prefix = "CLAMD_"
    address: Annotated[
        str,
        Meta(
            description="tcp://HOST:PORT or unix:/PATH of clamd; files wait while it cannot be reached; "
            "empty: files are not scanned",
            extra=rule(_clamd_address_or_none),
        ),
    ] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, description="timeout of one scan")] = 60.0


class CheckSettings(SettingsGroup, frozen=True, kw_only=True):
    """A provider of checks of drivers."""

    api_base: Annotated[
        str,
        Meta(
            description="base URL of the provider's API; empty: none, or the emulator in the local profile",
            extra=rule(http_url),
        ),
    ] = ""
    api_key: Annotated[
        str, Meta(description="secret key of the API", extra=OPTIONAL_SECRET | rule(printable_ascii))
    ] = ""
    webhook_secret: Annotated[
        str,
        Meta(
            description="signing secret of the provider's webhooks",
            extra=OPTIONAL_SECRET | rule(printable_ascii),
        ),
    ] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, description="timeout of one call")] = 10.0
    tolerance_seconds: Annotated[int, Meta(ge=1, description="oldest accepted webhook signature")] = 300


class IdentityCheckSettings(CheckSettings, frozen=True, kw_only=True):
    """Identity checks of drivers who apply; without an address operators look at the papers alone."""

    prefix = "IDENTITY_CHECKS_"


class BackgroundCheckSettings(CheckSettings, frozen=True, kw_only=True):
    """Background checks of drivers who apply; without an address there are none."""

    prefix = "BACKGROUND_CHECKS_"


class RoutingSettings(SettingsGroup, frozen=True, kw_only=True):
    """Distances and times by road."""

    prefix = "ROUTING_"
    detour: Annotated[float, Meta(ge=1, description="road distance divided by straight-line distance")] = 1.35
    speed_kmh: Annotated[float, Meta(gt=0, description="mean speed in the city")] = 30.0
