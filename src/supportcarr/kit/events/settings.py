"""Settings of the event streams."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class StreamSettings(SettingsGroup, frozen=True, kw_only=True):
    """Event streams for people (wall time)."""

    prefix = "STREAMS_"
    user_events: Annotated[int, Meta(ge=10, description="events kept per person")] = 1_000
    ops_events: Annotated[int, Meta(ge=10, description="events kept per service area")] = 50_000
    firehoses: Annotated[
        int, Meta(ge=1, le=64, description="firehoses (shards) that streams are spread over")
    ] = 1
    firehose_events: Annotated[int, Meta(ge=100, description="events kept in a firehose")] = 100_000
    keep_seconds: Annotated[int, Meta(ge=60, description="how long a stream is kept")] = 3_600
    heads_seconds: Annotated[float, Meta(gt=0, description="interval of the stream-position broadcast")] = 3.0
