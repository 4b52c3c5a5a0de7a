"""Settings of the real-time server."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class SocketSettings(SettingsGroup, frozen=True, kw_only=True):
    """Socket.IO connections."""

    prefix = "SOCKETS_"
    per_address: Annotated[
        int,
        Meta(ge=1, description="connections per real-time process of one address behind TRUSTED_PROXIES"),
    ] = 256
    per_user: Annotated[int, Meta(ge=1, description="connections per real-time process of one user")] = 32
