"""``/config.json``: the settings that browser apps need before they sign in.  None are secret."""

from __future__ import annotations

from typing import get_args

import msgspec

from supportcarr.auth.codes import LIFETIME as CODE_LIFETIME
from supportcarr.bootstrap.settings import Settings, release_of
from supportcarr.contracts.languages import Language
from supportcarr.kit.runtime.setting_rules import point
from supportcarr.pricing.areas import MONTREAL, MONTREAL_TARIFF
from supportcarr.pricing.model import DEMAND_CAP
from supportcarr.providers.vapid import private_key_of, public_key_of


class PublicStreets(msgspec.Struct, frozen=True):
    """The tiles of an imported region: the path of a PMTiles file, and whom the map must credit."""

    url: str
    attribution: str


class PublicMap(msgspec.Struct, frozen=True, kw_only=True):
    """The map's source; all absent: the built-in style.  ``mapbox_api_url``: asked instead of Mapbox."""

    style_url: str | None
    mapbox_token: str | None
    mapbox_api_url: str | None = None
    streets: PublicStreets | None = None


class PublicPayments(msgspec.Struct, frozen=True):
    """Stripe's publishable key, for its form; absent: cards are entered on the emulator's page."""

    publishable_key: str | None


class PublicPush(msgspec.Struct, frozen=True):
    """The key with which browsers subscribe to notifications (base64url)."""

    public_key: str


class PublicArea(msgspec.Struct, frozen=True):
    """A service area; ``boundary`` is a closed ring of (longitude, latitude), WGS 84."""

    id: str
    name: str
    timezone: str  # IANA
    currency: str  # ISO 4217
    boundary: tuple[tuple[float, float], ...]


class PublicSupport(msgspec.Struct, frozen=True):
    """How to reach the support."""

    phone: str | None
    email: str | None


class PublicLegal(msgspec.Struct, frozen=True):
    """The present versions of the terms and the privacy notice."""

    terms_version: str
    privacy_version: str


class PublicTracing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The share of requests whose traces browsers begin; *endpoint* takes their own spans, if any does."""

    sample_ratio: float
    endpoint: str | None = None


class PublicErrorReports(msgspec.Struct, frozen=True):
    """Where browsers report errors (Sentry)."""

    dsn: str
    release: str
    environment: str
    sample_ratio: float
    performance_ratio: float


class PublicWaits(msgspec.Struct, frozen=True):
    """How long the apps say that something takes, in seconds of city time, but codes."""

    search_seconds: float  # for a driver, then the rescue is unserved
    no_show_seconds: float  # at the pickup, before the driver may report a no-show
    free_cancellation_seconds: float  # after the first acceptance
    code_seconds: float  # wall time: a code that was sent by SMS is valid


class PublicPricing(msgspec.Struct, frozen=True):
    """What the apps say of prices."""

    demand_cap: float  # the highest multiplier of a price


class PublicPlace(msgspec.Struct, frozen=True):
    """A place, WGS 84."""

    lat: float
    lng: float


class PublicConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """``speed`` is in simulated seconds per real second; ``demo`` is where the apps of a demo start in a
    browser that knows no place in a service area."""

    realtime_url: str
    map: PublicMap
    payments: PublicPayments
    languages: tuple[str, ...]
    speed: float
    areas: tuple[PublicArea, ...]
    support: PublicSupport
    legal: PublicLegal
    waits: PublicWaits
    pricing: PublicPricing
    push: PublicPush | None  # absent: nothing is pushed to browsers
    demo: PublicPlace | None = None
    tracing: PublicTracing | None = None
    error_reports: PublicErrorReports | None = None


def public_config(settings: Settings, speed: float, streets: PublicStreets | None = None) -> PublicConfig:
    """Build the public configuration; *streets* of the imported region, if there is one."""
    key = settings.push.vapid_private_key
    return PublicConfig(
        realtime_url=settings.deployment.realtime_url,
        map=PublicMap(
            style_url=settings.map.style_url or None,
            mapbox_token=settings.map.mapbox_token or None,
            mapbox_api_url=settings.map.mapbox_api_url or None,
            streets=streets,
        ),
        payments=PublicPayments(settings.stripe.publishable_key or None),
        languages=get_args(Language),
        speed=speed,
        areas=(
            PublicArea(
                MONTREAL.id, MONTREAL.name, MONTREAL.timezone, MONTREAL_TARIFF.currency, MONTREAL.boundary
            ),
        ),
        support=PublicSupport(settings.support.phone or None, settings.support.email or None),
        legal=PublicLegal(settings.legal.terms_version, settings.legal.privacy_version),
        waits=PublicWaits(
            settings.rescues.matching_seconds,
            settings.rescues.no_show_seconds,
            settings.rescues.free_cancellation_seconds,
            CODE_LIFETIME.total_seconds(),
        ),
        pricing=PublicPricing(DEMAND_CAP),
        push=PublicPush(public_key_of(private_key_of(key))) if key else None,
        demo=_demo_place(settings),
        tracing=_tracing(settings),
        error_reports=_error_reports(settings),
    )


def _tracing(settings: Settings) -> PublicTracing | None:
    tracing = settings.tracing
    if not tracing.endpoint:
        return None
    return PublicTracing(tracing.sample_ratio, tracing.browser_endpoint or None)


def _error_reports(settings: Settings) -> PublicErrorReports | None:
    sentry = settings.sentry
    if not sentry.browser_dsn:
        return None
    return PublicErrorReports(
        sentry.browser_dsn,
        release_of(settings),
        settings.deployment.profile,
        sentry.sample_ratio,
        sentry.performance_ratio,
    )


def _demo_place(settings: Settings) -> PublicPlace | None:
    if settings.deployment.profile != "local" or not settings.demo.place:
        return None
    return PublicPlace(*point(settings.demo.place))
