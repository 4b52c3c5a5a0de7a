"""Settings of drivers."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class DriverSettings(SettingsGroup, frozen=True, kw_only=True):
    """Applications of drivers."""

    prefix = "DRIVERS_"
    documents_required: Annotated[
        Literal["auto", "true", "false"],
        Meta(
            description="true: an application is submitted only with every document uploaded, and approved "
            "only with each of them approved; auto: true outside the local profile"
        ),
    ] = "auto"
    attention_events: Annotated[
        bool,
        Meta(
            description="tell operators at once of what begins to wait for them, and of checks that end "
            "unclear; false while processes of a release that does not know these events run beside this one"
        ),
    ] = True

    def requires_documents(self, profile: str) -> bool:
        """Whether documents are required in that profile."""
        return self.documents_required == "true" or (self.documents_required == "auto" and profile != "local")


class ShiftSettings(SettingsGroup, frozen=True, kw_only=True):
    """Hours that drivers drive (city time)."""

    prefix = "SHIFTS_"
    limit_hours: Annotated[float, Meta(gt=0, le=24, description="hours of driving before a rest")] = 12
    rest_hours: Annotated[float, Meta(gt=0, le=48, description="hours of a rest between them")] = 8
    notice_minutes: Annotated[
        float, Meta(ge=0, description="a driver is told so long before the hours are over")
    ] = 30
