"""What operators and drivers see of checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.drivers.checks.model import KINDS, DriverCheck
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.ports import CheckKind

Outcome = Literal["pending", "clear", "consider", "failed", "not_configured"]


class CheckOut(msgspec.Struct, frozen=True):
    """A check by an outside provider, as operators see it."""

    kind: CheckKind
    outcome: Annotated[
        Outcome,
        Meta(
            description="consider: something was found that a person has to look at; failed: it could not be "
            "carried out; not_configured: there is no provider"
        ),
    ]
    detail: Annotated[str | None, Meta(description="in the provider's words")]
    at: Annotated[datetime | None, Meta(description="city time of the outcome; null: not_configured")]


class OwnCheckOut(msgspec.Struct, frozen=True):
    """A check, as the driver sees it."""

    kind: CheckKind
    done: Annotated[bool, Meta(description="false: it has no result yet; the result is for operators")]


def checks_for_operators(service: DriverCheckService, checks: Sequence[DriverCheck]) -> list[CheckOut]:
    """The latest check of each kind; of kinds without a provider, that there is none."""
    found = {check.kind: check for check in checks}
    shown = []
    for kind in KINDS:
        if check := found.get(kind):
            outcome: Outcome = "pending" if check.state == "ordered" else check.state
            shown.append(CheckOut(kind, outcome, check.detail, check.changed_at))
        elif not service.has_provider(kind):
            shown.append(CheckOut(kind, "not_configured", None, None))
    return shown


def checks_for_driver(checks: Sequence[DriverCheck]) -> list[OwnCheckOut]:
    """The checks without their results."""
    return [OwnCheckOut(check.kind, check.is_final) for check in checks]
