"""Request bodies and queries of the routes of applications."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.routing import PageQuery
from supportcarr.drivers.applications.commands import FieldName
from supportcarr.drivers.model import ApplicationState

Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S", description="the driver reads it")]


class ReasonIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason | None = None


class ApprovalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason | None = None
    override_reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")] | None,
        Meta(
            description="why the driver is approved though a check has no result yet, failed, or found "
            "something; required then, for the audit log alone"
        ),
    ] = None


class RefusalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason
    fields: Annotated[
        list[FieldName],
        Meta(
            max_length=10,
            description="what the driver is to correct before submitting again; none: the application as a "
            "whole is rejected",
        ),
    ] = []


class WaitingOut(msgspec.Struct, frozen=True):
    """How much waits for an operator."""

    drivers: Annotated[int, Meta(description="of whom something waits")]
    since: Annotated[datetime | None, Meta(description="since when the first of them waits")]


class ApplicationsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    state: Annotated[
        ApplicationState | None,
        Meta(description="absent: all that wait for an operator, the longest wait first"),
    ] = None
