"""Settings of the logs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class LogSettings(SettingsGroup, frozen=True, kw_only=True):
    """Logs."""

    prefix = "LOG_"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="lowest level that is written")
    ] = "info"
    file: Annotated[str, Meta(description="file to append to; empty: standard error")] = ""
