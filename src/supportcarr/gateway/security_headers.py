"""The headers that protect pages in a browser, and those of every response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from supportcarr.kit.http.types import Headers

# What a page, and what it embeds, may ask of the browser: a rider's place, and photos.
PERMISSIONS = (
    "geolocation=(self), camera=(self), microphone=(), payment=(), usb=(), bluetooth=(), serial=(), hid=(), "
    "midi=(), display-capture=(), browsing-topics=()"
)


@dataclass(frozen=True, slots=True)
class CardSources:
    """The origins of a form for cards: its script, the frames that it puts cards into, its API."""

    scripts: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()


_NONE = "'none'"


def _list(sources: Sequence[str]) -> str:
    return "".join(f" {source}" for source in sources)


def common_headers(public_url: str) -> Headers:
    """The headers of every response."""
    headers = [(b"x-content-type-options", b"nosniff"), (b"cross-origin-resource-policy", b"same-origin")]
    if public_url.startswith("https://"):
        headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return headers


def page_headers(
    realtime_url: str,
    content_sources: Sequence[str] = (),
    file_sources: Sequence[str] = (),
    card_sources: CardSources | None = None,
    *,
    telemetry_sources: Sequence[str] = (),
    sends_referer: bool = False,
) -> tuple[tuple[str, str], ...]:
    """The headers of every page.

    The content security policy allows no inline script, and connections to the API and the real-time edge.
    *content_sources* are the origins of an external map style, its tiles and fonts; *file_sources* those that
    people's photos are uploaded to and shown from (S3); *card_sources* those of the form in which cards are
    entered; *telemetry_sources* those that error reports and spans are sent to.  *sends_referer*: other
    origins learn which site asks (Mapbox checks that for a token that is restricted to a site).
    """
    edge = urlsplit(realtime_url)
    sockets = f"{'wss' if edge.scheme == 'https' else 'ws'}://{edge.netloc}"
    external = "".join(f" {source}" for source in content_sources)
    files = "".join(f" {source}" for source in file_sources)
    cards = card_sources or CardSources()
    apis = _list((*cards.connections, *telemetry_sources))
    policy = (
        "default-src 'self'",
        f"script-src 'self'{_list(cards.scripts)}",
        f"frame-src {' '.join(cards.frames) or _NONE}",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the map library sets styles on its elements
        f"img-src 'self' data: blob:{external}{files}",
        f"font-src 'self' data:{external}",
        f"connect-src 'self' {edge.scheme}://{edge.netloc} {sockets}{external}{files}{apis}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return _headers(policy, "strict-origin-when-cross-origin" if sends_referer else "no-referrer")


def docs_headers() -> tuple[tuple[str, str], ...]:
    """The headers of the API reference: its renderer, which is not ours, reaches our origin and no other."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the renderer sets styles on its elements
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return _headers(policy, "no-referrer")


def _headers(policy: Sequence[str], referrer: str) -> tuple[tuple[str, str], ...]:
    return (
        ("content-security-policy", "; ".join(policy)),
        ("referrer-policy", referrer),
        ("x-frame-options", "DENY"),
        ("permissions-policy", PERMISSIONS),
        ("cross-origin-opener-policy", "same-origin"),
    )
