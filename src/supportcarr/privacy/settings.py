"""Settings of privacy: the grace period of a deletion, and how long data is kept."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class PrivacySettings(SettingsGroup, frozen=True, kw_only=True):
    """Deletion, exports and retention."""

    prefix = "PRIVACY_"
    grace_days: Annotated[
        float, Meta(ge=0, le=90, description="days between the request to delete an account and its erasure")
    ] = 14
    export_days: Annotated[float, Meta(gt=0, le=30, description="days for which an export is kept")] = 7
    trail_days: Annotated[int, Meta(ge=1, description="days for which drivers' trails are kept")] = 30
    shift_days: Annotated[int, Meta(ge=30, description="days for which drivers' shifts are kept")] = 365
    notification_days: Annotated[int, Meta(ge=1, description="days for which notifications are kept")] = 90
    message_days: Annotated[int, Meta(ge=2, description="days for which chat messages are kept")] = 365
    audit_days: Annotated[int, Meta(ge=30, description="days for which the audit log is kept")] = 1095
