"""The commands to an application.  ``action`` names the command in error messages and in the audit log."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

FieldName = Literal[
    "licence_class", "licence_expires_on", "insurer", "insurance_expires_on", "vehicle", "documents"
]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the commands; ``audited`` is what the audit log calls one of an operator."""

    action: ClassVar[str]
    audited: ClassVar[str] = ""


class State(Command, frozen=True, kw_only=True):
    """The driver fills in the form, or corrects it."""

    action = "filling in the application"


class Submit(Command, frozen=True, kw_only=True):
    """The driver asks for the review; ``missing`` is what the application lacks today."""

    action = "the submission"
    missing: tuple[str, ...] = ()


class TakeUp(Command, frozen=True, kw_only=True):
    """An operator begins the review."""

    action = "the review"
    audited = "drivers.review"


class RequestChanges(Command, frozen=True, kw_only=True):
    """An operator asks for corrections; of an approved driver: refuses what waits for a review."""

    action = "a request for changes"
    audited = "drivers.request_changes"
    reason: str
    fields: tuple[FieldName, ...]


class Approve(Command, frozen=True, kw_only=True):
    """An operator approves the driver, with what waits for a review."""

    action = "the approval"
    audited = "drivers.approve"
    reason: str | None = None
    override_reason: str | None = None  # why, though checks are not clear; the driver does not see it
    unclear_checks: tuple[str, ...] = ()


class Reject(Command, frozen=True, kw_only=True):
    """An operator rejects the application as a whole."""

    action = "the rejection"
    audited = "drivers.reject"
    reason: str


class Suspend(Command, frozen=True, kw_only=True):
    """An operator stops the driver from taking jobs."""

    action = "the suspension"
    audited = "drivers.suspend"
    reason: str | None = None


class Reinstate(Command, frozen=True, kw_only=True):
    """An operator ends the suspension."""

    action = "the end of a suspension"
    audited = "drivers.reinstate"
    reason: str | None = None
