"""Every setting of the platform: each group is declared by its owner and named here once.

``docs/settings.md`` is generated from this struct.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr import __version__
from supportcarr.audit.settings import AuditSettings
from supportcarr.auth.settings import AuthSettings, LegalSettings
from supportcarr.dispatch.settings import DispatchSettings
from supportcarr.drivers.ports import CheckKind
from supportcarr.drivers.settings import DriverSettings, ShiftSettings
from supportcarr.files.settings import FileSettings
from supportcarr.gateway.settings import HttpSettings, LimitSettings
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.http.settings import OutboundSettings, TlsSettings
from supportcarr.kit.jobs.settings import JobSettings
from supportcarr.kit.observability.settings import LogSettings, SentrySettings, TracingSettings
from supportcarr.kit.runtime.setting_rules import (
    bucket_name,
    content_sources,
    host,
    https_url,
    origin,
    point,
    rule,
)
from supportcarr.kit.runtime.settings import (
    PREFIX,
    CityClockSettings,
    Deployment,
    SettingsError,
    SettingsGroup,
    load,
)
from supportcarr.kit.sealing.settings import KeysetSettings
from supportcarr.pricing.settings import QuoteSettings
from supportcarr.privacy.settings import PrivacySettings
from supportcarr.providers.settings import (
    BackgroundCheckSettings,
    CheckSettings,
    ClamdSettings,
    IdentityCheckSettings,
    PushSettings,
    RoutingSettings,
    S3Settings,
    StripeSettings,
    TwilioSettings,
)
from supportcarr.ratings.settings import RatingSettings
from supportcarr.realtime.settings import SocketSettings
from supportcarr.rescues.settings import RescueSettings


class ServerSettings(SettingsGroup, frozen=True, kw_only=True):
    """Processes and ports."""

    host: Annotated[str, Meta(description="address to listen on", extra=rule(host))] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port of the API and the apps")] = 8000
    realtime_port: Annotated[int, Meta(ge=1, le=65535, description="port of the Socket.IO server")] = 8001
    sandbox_port: Annotated[int, Meta(ge=1, le=65535, description="port of the emulators")] = 8002
    metrics_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="first /metrics port; each process takes the next one; 0: any free port",
        ),
    ] = 0
    api_processes: Annotated[int, Meta(ge=1, le=64, description="API processes that share the port")] = 2
    realtime_processes: Annotated[int, Meta(ge=1, le=64, description="real-time processes")] = 1
    worker_processes: Annotated[int, Meta(ge=1, le=64, description="worker processes")] = 1
    preload: Annotated[
        bool,
        Meta(
            description=(
                "`up` and `demo` load the program once and fork the processes, which share its memory "
                "(Linux); false: each process loads it"
            )
        ),
    ] = True
    drain_seconds: Annotated[
        float, Meta(gt=0, description="time a process has to finish its work after SIGTERM")
    ] = 10.0
    drain_idle_seconds: Annotated[
        float,
        Meta(
            ge=0,
            description=(
                "time after SIGTERM in which an API process goes on answering on the connections that are "
                "open, each of which ends with its next response. It must be longer than proxies keep an "
                "idle connection to us (4 s in deploy/nginx): then no request meets a connection that is "
                "being closed"
            ),
        ),
    ] = 5.0
    watchdog_seconds: Annotated[
        float,
        Meta(
            ge=0,
            description=(
                "`up` and `demo` restart a process whose event loop is blocked this long, and a Redis of "
                "theirs that does not reply; 0: no watchdog"
            ),
        ),
    ] = 15.0


def backup_public_key(value: str) -> None:
    """The public half of a pair of keys for backups."""
    from supportcarr.kit.sealing.sealed_stream import KeyPairError, check_public_key

    try:
        check_public_key(value)
    except KeyPairError as error:
        raise ValueError(str(error)) from None


class BackupSettings(SettingsGroup, frozen=True, kw_only=True):
    """Sealed backups (`supportcarr backup`)."""

    prefix = "BACKUP_"
    folder: Annotated[
        str, Meta(description="folder of the backups; on another disk than the store, or copied from there")
    ] = ""
    public_key: Annotated[
        str,
        Meta(
            description=(
                "public key that seals them (`supportcarr keys new-backup-pair`); the private one stays "
                "elsewhere"
            ),
            extra=rule(backup_public_key),
        ),
    ] = ""
    keep_days: Annotated[
        float, Meta(gt=0, description="how long a backup is kept; the newest is never removed")
    ] = 14.0
    by_provider: Annotated[
        bool,
        Meta(
            description=(
                "the provider of a managed database makes and watches the backups: no alert misses ours"
            )
        ),
    ] = False


class BackupBucketSettings(S3Settings, frozen=True, kw_only=True):
    """A bucket that sealed backups are uploaded to; its key need not be allowed more than that."""

    prefix = "BACKUP_S3_"
    bucket: Annotated[
        str, Meta(description="bucket; empty: backups stay in their folder", extra=rule(bucket_name))
    ] = ""
    endpoint: Annotated[
        str, Meta(description="URL of a server with the API of S3; empty: AWS", extra=rule(origin))
    ] = ""


def map_style(value: str) -> None:
    """A URL that the map libraries load."""
    if not value.startswith("mapbox://styles/"):
        https_url(value)


def public_mapbox_token(value: str) -> None:
    """Every browser receives the token, so it must not be a secret one."""
    if not value.startswith("pk."):
        raise ValueError("it must be a public token (pk.…), because every browser receives it")


def mapbox_server(value: str) -> None:
    """The origin of a server that browsers load from."""
    origin(value)
    https_url(value)


class MapSettings(SettingsGroup, frozen=True, kw_only=True):
    """Maps in the apps."""

    prefix = "MAP_"
    style_url: Annotated[
        str,
        Meta(
            description="URL of a map style (https, or mapbox with a token); empty: the built-in plain style",
            extra=rule(map_style),
        ),
    ] = ""
    content_sources: Annotated[
        str,
        Meta(
            description=(
                "comma-separated origins of the style's tiles, fonts and sprites, if other than the style's"
            ),
            extra=rule(content_sources),
        ),
    ] = ""
    mapbox_token: Annotated[
        str, Meta(description="public Mapbox token (pk.…)", extra=rule(public_mapbox_token))
    ] = ""
    mapbox_api_url: Annotated[
        str,
        Meta(description="server with Mapbox's API; empty: Mapbox itself", extra=rule(mapbox_server)),
    ] = ""
    geocoding_timeout_seconds: Annotated[
        float, Meta(gt=0, le=10, description="timeout of a search for an address at Mapbox")
    ] = 2.0
    geocoding_permanent: Annotated[
        bool,
        Meta(
            description="whether the account may keep what Mapbox finds; rescues keep the address that a "
            "rider chose"
        ),
    ] = False
    folder: Annotated[
        str, Meta(description="folder of an imported region (`supportcarr map import`); empty: DATA/map")
    ] = ""


def phone_number(value: str) -> None:
    """A number that a phone can call."""
    if not re.fullmatch(r"\+?[0-9][0-9 ().-]{2,24}", value):
        raise ValueError("it is no telephone number, such as +1 514 555 0100")


def email_address(value: str) -> None:
    """An address that mail can be sent to."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError("it is no e-mail address")


class SupportSettings(SettingsGroup, frozen=True, kw_only=True):
    """The people who help riders and drivers; the apps show them."""

    prefix = "SUPPORT_"
    phone: Annotated[str, Meta(description="telephone number of the support", extra=rule(phone_number))] = ""
    email: Annotated[str, Meta(description="e-mail address of the support", extra=rule(email_address))] = ""


class DemoSettings(SettingsGroup, frozen=True, kw_only=True):
    """What helps people who try SupportCarr out at a desk (local profile only)."""

    prefix = "DEMO_"
    place: Annotated[
        str,
        Meta(
            description="LATITUDE,LONGITUDE at which the apps start where the browser knows no place in a "
            "service area; `supportcarr demo` sets it",
            extra=rule(point),
        ),
    ] = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, one group per concern."""

    deployment: Deployment
    servers: ServerSettings
    http: HttpSettings
    tls: TlsSettings
    outbound: OutboundSettings
    city: CityClockSettings
    auth: AuthSettings
    legal: LegalSettings
    support: SupportSettings
    demo: DemoSettings
    audit: AuditSettings
    privacy: PrivacySettings
    keyset: KeysetSettings
    backup: BackupSettings
    backup_bucket: BackupBucketSettings
    limits: LimitSettings
    stripe: StripeSettings
    twilio: TwilioSettings
    push: PushSettings
    s3: S3Settings
    clamd: ClamdSettings
    files: FileSettings
    quotes: QuoteSettings
    rescues: RescueSettings
    dispatch: DispatchSettings
    ratings: RatingSettings
    drivers: DriverSettings
    identity_checks: IdentityCheckSettings
    background_checks: BackgroundCheckSettings
    shifts: ShiftSettings
    routing: RoutingSettings
    streams: StreamSettings
    sockets: SocketSettings
    jobs: JobSettings
    logs: LogSettings
    tracing: TracingSettings
    sentry: SentrySettings
    map: MapSettings


def load_settings(
    environment: Mapping[str, str] | None = None, *, dotenv: str | None = ".env", keep_secrets: bool = True
) -> Settings:
    """Read every setting from *environment* (``os.environ`` if none is given).  Raises ``SettingsError``.

    Without *keep_secrets* nothing is written (see ``load``).
    """
    settings = load(Settings, environment, dotenv=dotenv, keep_secrets=keep_secrets)
    _check_together(settings)
    return settings


def release_of(settings: Settings) -> str:
    """What runs, as traces and error reports name it."""
    return settings.deployment.release or f"supportcarr@{__version__}"


def checks_of(settings: Settings) -> Mapping[CheckKind, CheckSettings]:
    """The settings of each kind of check."""
    return {"identity": settings.identity_checks, "background": settings.background_checks}


def _check_together(settings: Settings) -> None:
    """Check settings that depend on each other.  Raises ``SettingsError``."""
    if settings.dispatch.radius_m > settings.dispatch.radius_max_m:
        raise SettingsError(
            f"{PREFIX}DISPATCH_RADIUS_M is not valid: it must be at most {PREFIX}DISPATCH_RADIUS_MAX_M."
        )
    if bool(settings.tls.certificate) != bool(settings.tls.key):
        raise SettingsError(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY must both be set, or neither.")
    if settings.map.style_url.startswith("mapbox:") and not settings.map.mapbox_token:
        raise SettingsError(f"{PREFIX}MAP_STYLE_URL is a Mapbox style: set {PREFIX}MAP_MAPBOX_TOKEN too.")
    buckets = {"S3_BUCKET": settings.s3.bucket, "AUDIT_ANCHOR_BUCKET": settings.audit.anchor_bucket}
    if not (settings.s3.access_key_id and settings.s3.secret_access_key):
        for name, bucket in buckets.items():
            if bucket:
                raise SettingsError(
                    f"{PREFIX}{name} is set: set {PREFIX}S3_ACCESS_KEY_ID and {PREFIX}S3_SECRET_ACCESS_KEY "
                    "too."
                )
    backups = settings.backup_bucket
    if backups.bucket and not (backups.access_key_id and backups.secret_access_key):
        name = f"{PREFIX}{backups.prefix}"
        raise SettingsError(f"{name}BUCKET is set: set {name}ACCESS_KEY_ID and {name}SECRET_ACCESS_KEY too.")
    for checks in checks_of(settings).values():
        if checks.api_base and not (checks.api_key and checks.webhook_secret):
            name = f"{PREFIX}{checks.prefix}"
            raise SettingsError(f"{name}API_BASE is set: set {name}API_KEY and {name}WEBHOOK_SECRET too.")
    if settings.deployment.profile != "local" and not (
        settings.twilio.from_number or settings.twilio.messaging_service_sid
    ):
        raise SettingsError(
            f"{PREFIX}TWILIO_FROM_NUMBER or {PREFIX}TWILIO_MESSAGING_SERVICE_SID must be set outside the "
            "local profile: texts come from it."
        )
