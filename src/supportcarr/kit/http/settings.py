"""Settings of connections: our own TLS, and requests to addresses that somebody else chose."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import readable_file, rule
from supportcarr.kit.runtime.settings import SettingsGroup


class TlsSettings(SettingsGroup, frozen=True, kw_only=True):
    """TLS of our own servers (1.3 only), where no proxy in front of them ends it."""

    prefix = "TLS_"
    certificate: Annotated[
        str,
        Meta(
            description="PEM file with the certificate and its chain; empty: plain HTTP",
            extra=rule(readable_file),
        ),
    ] = ""
    key: Annotated[
        str, Meta(description="PEM file with the certificate's private key", extra=rule(readable_file))
    ] = ""


class OutboundSettings(SettingsGroup, frozen=True, kw_only=True):
    """Requests to addresses that somebody else chose (webhooks, feeds)."""

    prefix = "OUTBOUND_"
    timeout_seconds: Annotated[
        float, Meta(gt=0, le=60, description="time that a request may take, with its name look-up")
    ] = 10.0
    max_body_bytes: Annotated[
        int, Meta(ge=1024, le=16_777_216, description="largest response body that is read")
    ] = 1_048_576
    allow_loopback: Annotated[
        bool,
        Meta(description="allow http and addresses of this machine; in the local profile only, for tests"),
    ] = False
