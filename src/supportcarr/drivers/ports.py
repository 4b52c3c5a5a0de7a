"""What drivers need of other parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.value_objects import EarnedSum, Person


class UserDirectory(Protocol):
    """Names of people.  Implemented by ``auth.service.AuthService``."""

    async def person(self, user_id: str) -> Person:
        """Raises ``NotFound``."""


class PeopleFinder(Protocol):
    """Finds riders and drivers.  Implemented by ``bootstrap.people_search.PeopleSearch``."""

    async def find(self, text: str) -> Sequence[str]:
        """The ids of the people with that id, phone number, plate or words in their names.

        Raises ``ValidationFailed`` for what looks like a phone number and is none.
        """


class LiveJobs(Protocol):
    """The jobs that a driver is on.  Implemented by ``rescues.live_jobs.LiveJobs``."""

    async def vehicles(self, driver_id: str) -> frozenset[str | None]:
        """The vehicle of each live rescue of the driver; ``None`` for one that does not say."""


class EarningsReader(Protocol):
    """What drivers earned.  Implemented by ``payments.ledger_service.LedgerService``."""

    async def earned(self, driver_id: str, begins: datetime, ends: datetime) -> EarnedSum:
        """What the driver earned from *begins* until before *ends* (city time)."""


class PhotoLinks(Protocol):
    """Links to a photo, valid for minutes.  Implemented by ``files.model.FileLinks``."""

    @property
    def url(self) -> str | None:
        """``None`` while there is nothing to see."""

    @property
    def thumbnail_url(self) -> str | None:
        """``None`` while there is nothing to see."""


class PhotoFiles(Protocol):
    """Uploaded photos.  Implemented by ``files.service.FileService``."""

    async def reserve(
        self,
        file_id: str,
        owner_id: str,
        purpose: Literal["vehicle_photo"],
        subject_id: str,
        *,
        field: str = "file_id",
    ) -> None:
        """Let *subject_id* refer to the file.  Raises ``ValidationFailed`` about *field*."""

    async def follow(self, file_id: str, subject_id: str, is_used: Callable[[], Awaitable[bool]]) -> None:
        """Keep the file if *subject_id* refers to it now, as *is_used* says; let go of it otherwise."""

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, PhotoLinks]:
        """Links by file; those that are gone are left out."""


class DocumentLinks(PhotoLinks, Protocol):
    """Links to a document's file, valid for minutes.  Implemented by ``files.model.FileLinks``."""

    @property
    def state(self) -> str: ...

    @property
    def content_type(self) -> str: ...

    @property
    def preview_url(self) -> str | None:
        """``None`` while there is nothing to see, and for a PDF."""


class DocumentFiles(Protocol):
    """Uploaded files of documents.  Implemented by ``files.service.FileService``."""

    async def attach(
        self,
        file_id: str,
        owner_id: str,
        purpose: Literal["driver_document", "vehicle_photo", "profile_photo"],
        subject_id: str,
        *,
        field: str = "file_id",
    ) -> None:
        """Let *subject_id* use the file.  Raises ``ValidationFailed`` about *field*."""

    async def detach(self, file_id: str, subject_id: str) -> None:
        """*subject_id* does not use the file any more."""

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, DocumentLinks]:
        """Links by file; those that are gone are left out."""


class ViewLog(Protocol):
    """Records that an operator read somebody's data.  Implemented by ``audit.service.AuditLog``."""

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        """Store it before the data is shown."""


CheckKind = Literal["identity", "background"]


class Candidate(msgspec.Struct, frozen=True):
    """What a provider is told of a driver.  It invites the person, who consents there and states the rest."""

    name: str
    phone: str  # E.164


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """How far a provider's report is.  ``canceled``: the provider has given up."""

    id: str
    status: Literal["pending", "clear", "consider", "canceled"]
    detail: str | None = None  # what was found, in the provider's words


class CheckUnavailable(Exception):
    """The provider gave no usable answer; it may have taken the order.  Try again later with the same id."""


class CheckRefused(Exception):
    """The provider will never carry out this check; the message is the provider's."""


class CheckProvider(Protocol):
    """Carries out checks of one kind.  Implemented by ``providers.checks.HttpCheckProvider``."""

    async def order(self, check_id: str, candidate: Candidate) -> CheckReport:
        """Order the check; with the same *check_id* and *candidate* again: the report of before.

        Raises ``CheckUnavailable``, ``CheckRefused``.
        """

    async def read(self, report_id: str) -> CheckReport:
        """How far the report is.  Raises ``CheckUnavailable``, ``CheckRefused``."""

    def read_webhook(self, body: bytes, signature: str | None) -> str | None:
        """The id of the check that a webhook is about; ``None`` for one of another shape.

        Raises ``SignatureNotValid``.
        """

    async def close(self) -> None:
        """Close the connections."""


class CandidateDirectory(Protocol):
    """What providers are told of drivers.  Implemented by ``bootstrap.adapters.CheckCandidates``."""

    async def candidate(self, driver_id: str) -> Candidate:
        """Raises ``NotFound``."""
