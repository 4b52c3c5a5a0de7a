"""Settings of rescues."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class RescueSettings(SettingsGroup, frozen=True, kw_only=True):
    """Rescues (city time)."""

    prefix = "RESCUES_"
    hold_seconds: Annotated[float, Meta(gt=0, description="longest wait for the hold on the card")] = 300
    matching_seconds: Annotated[float, Meta(gt=0, description="longest search for a driver")] = 480
    free_cancellation_seconds: Annotated[
        float, Meta(ge=0, description="free cancellation after the first acceptance")
    ] = 120
    no_show_seconds: Annotated[float, Meta(ge=0, description="wait at the pickup before a no-show")] = 600
    arrival_radius_m: Annotated[
        float,
        Meta(gt=0, description="metres from the pickup within which arrival can be reported"),
    ] = 300
    delivery_radius_m: Annotated[
        float,
        Meta(gt=0, description="metres from the drop-off beyond which operators are told"),
    ] = 1000
    share_link_seconds: Annotated[
        float, Meta(gt=0, description="longest life of a share link, of a booking from its time on")
    ] = 86_400
    share_link_after_end_seconds: Annotated[
        float, Meta(ge=0, description="how long after the end of the rescue a share link shows that it ended")
    ] = 1800
    late_step_seconds: Annotated[
        float,
        Meta(gt=0, description="how long after it happened a driver may report a step or a photo"),
    ] = 86_400
    pin_tries: Annotated[int, Meta(ge=1, description="attempts at the start PIN")] = 5
