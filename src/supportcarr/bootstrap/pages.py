"""What pages may load, and their headers, as the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import urlsplit

from supportcarr.bootstrap.objects import browser_origins, objects_of
from supportcarr.bootstrap.settings import Settings
from supportcarr.gateway.security_headers import CardSources, common_headers, page_headers
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.runtime.clock import Clock
from supportcarr.providers.s3 import S3Objects

# https://docs.stripe.com/security/guide#content-security-policy
STRIPE_FORM = CardSources(
    scripts=("https://js.stripe.com",),
    frames=("https://js.stripe.com", "https://hooks.stripe.com"),
    connections=("https://api.stripe.com",),
)
MAPBOX_CONTENT = ("https://api.mapbox.com", "https://events.mapbox.com", "https://*.tiles.mapbox.com")


class PageSources(TypedDict):
    """The arguments of ``page_headers`` beside the real-time server's URL."""

    content_sources: list[str]
    file_sources: list[str]
    card_sources: CardSources | None
    telemetry_sources: list[str]
    sends_referer: bool


def page_sources(settings: Settings, objects: LocalObjects | S3Objects) -> PageSources:
    """The origins beside our own that pages may load from."""
    return {
        "content_sources": _map_origins(settings),
        "file_sources": browser_origins(objects),
        "card_sources": STRIPE_FORM if settings.stripe.publishable_key else None,
        "telemetry_sources": _telemetry_origins(settings),
        "sends_referer": bool(settings.map.mapbox_token),
    }


def nginx_page_headers(settings: Settings) -> Iterator[str]:
    """The headers of pages as directives of nginx, which serves them in place of the API.

    Raises ``ValueError`` if a header has a character that would end the directive.
    """
    sources = page_sources(settings, objects_of(settings, Clock()))
    common = [
        (name.decode(), value.decode()) for name, value in common_headers(settings.deployment.public_url)
    ]
    for name, value in (*common, *page_headers(settings.deployment.realtime_url, **sources)):
        if any(character in value for character in '"\\$\n\r'):
            raise ValueError(f"the header {name} cannot be written for nginx: {value}")
        yield f'add_header {name} "{value}" always;'


def _telemetry_origins(settings: Settings) -> list[str]:
    """Origins that pages send error reports and spans to."""
    named = [settings.sentry.browser_dsn]
    if settings.tracing.endpoint:
        named.append(settings.tracing.browser_endpoint)
    found = []
    for url in filter(None, named):
        parts = urlsplit(url)
        found.append(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    return list(dict.fromkeys(found))


def _map_origins(settings: Settings) -> list[str]:
    """Origins that pages may load an external map from."""
    origins: list[str] = []
    if settings.map.mapbox_token:
        origins = [settings.map.mapbox_api_url] if settings.map.mapbox_api_url else list(MAPBOX_CONTENT)
    if settings.map.style_url.startswith("http"):
        parts = urlsplit(settings.map.style_url)
        origins.append(f"{parts.scheme}://{parts.netloc}")
    return origins + [origin.strip() for origin in settings.map.content_sources.split(",") if origin.strip()]
