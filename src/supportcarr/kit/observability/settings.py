"""Settings of the logs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import file_in_folder, rule
from supportcarr.kit.runtime.settings import SettingsGroup


class LogSettings(SettingsGroup, frozen=True, kw_only=True):
    """Logs."""

    prefix = "LOG_"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="lowest level that is written")
    ] = "info"
    file: Annotated[
        str, Meta(description="file to append to; empty: standard error", extra=rule(file_in_folder))
    ] = ""
    file_bytes: Annotated[
        int, Meta(ge=0, description="size from which the file is rotated (to FILE.1); 0: never")
    ] = 50_000_000
    files_kept: Annotated[int, Meta(ge=0, le=1000, description="rotated files that are kept")] = 5
    repeats: Annotated[
        int,
        Meta(
            ge=0,
            description=(
                "lines of one kind (event, route, status) that a process writes in 10 s; further ones are "
                "counted; 0: all"
            ),
        ),
    ] = 50
