"""Settings of files."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup

MIB = 1024 * 1024


class FileSettings(SettingsGroup, frozen=True, kw_only=True):
    """Files that people upload (wall time)."""

    prefix = "FILES_"
    max_bytes: Annotated[int, Meta(ge=1024, le=50 * MIB, description="largest accepted file")] = 15 * MIB
    upload_seconds: Annotated[float, Meta(ge=30, le=3600, description="how long an upload form is valid")] = (
        900
    )
    link_seconds: Annotated[
        float,
        Meta(
            ge=30, le=3600, description="how long a link to a file is valid at most, and half of it at least"
        ),
    ] = 300
    unattached_hours: Annotated[
        float, Meta(gt=0, le=720, description="hours after which a file that nothing uses is deleted")
    ] = 24
    unattached_max: Annotated[
        int, Meta(ge=1, description="files of one person that nothing uses; further ones are refused")
    ] = 40
    evidence_days: Annotated[int, Meta(ge=30, description="days for which photos of rescues are kept")] = 365
    image_processes: Annotated[
        int, Meta(ge=1, le=16, description="processes of one worker that make copies of photos")
    ] = 1
