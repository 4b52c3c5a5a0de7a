"""Settings of background jobs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class JobSettings(SettingsGroup, frozen=True, kw_only=True):
    """Background jobs (wall time)."""

    prefix = "JOBS_"
    concurrency: Annotated[int, Meta(ge=1, description="jobs at a time in one worker")] = 16
    attempts: Annotated[int, Meta(ge=1, description="failures after which a job becomes a dead letter")] = 12
    sweep_seconds: Annotated[
        float, Meta(gt=0, description="interval of the search for work that a crash left behind")
    ] = 2.0
