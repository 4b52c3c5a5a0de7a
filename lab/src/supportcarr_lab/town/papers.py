"""The documents that drivers upload, and what operators say of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from supportcarr.contracts.actors import Actor
from supportcarr.drivers.applications import commands
from supportcarr.drivers.commands import Apply
from supportcarr.drivers.model import DocumentKind
from supportcarr_lab.simulator.images import paper_photo, portrait, vehicle_photo
from supportcarr_lab.town.drivers import DriverRecord
from supportcarr_lab.town.options import seconds_after
from supportcarr_lab.town.pictures import VARIANTS

WITH_VEHICLE_PHOTOS_PART = 0.3
_REASONS: dict[DocumentKind, str] = {
    "licence": "This licence class does not allow a vehicle of this size.",
    "insurance": "The certificate shows another date than you stated.",
}
_BLURRED = "The photo is too blurred to read."


def vehicle_photos(rng: Random) -> list[bytes]:
    """Photos that a driver shows of a vehicle: often none."""
    number = rng.choice((1, 2)) if rng.random() < WITH_VEHICLE_PHOTOS_PART else 0
    return [vehicle_photo(_variant(rng)) for _ in range(number)]


def upload_all(
    record: DriverRecord, form: Apply, at: datetime, rng: Random, *, some: bool = False
) -> datetime:
    """Upload every document, one after the other, or *some* only; returns when the last was uploaded."""
    record.upload("profile_photo", portrait(_variant(rng)), at)
    at = seconds_after(at, rng, 30, 180)
    _upload_licence(record, form, at, rng)
    if some:
        return at
    at = seconds_after(at, rng, 30, 180)
    upload_insurance(record, form, at, rng)
    for vehicle in record.vehicles:
        at = seconds_after(at, rng, 30, 180)
        assert form.licence_expires_on is not None
        record.upload(
            "registration",
            _paper("registration", rng),
            at,
            expires_on=form.licence_expires_on + timedelta(days=rng.randint(1, 300)),
            vehicle_id=vehicle.id,
        )
        at = seconds_after(at, rng, 30, 180)
        record.upload("vehicle_photo", vehicle_photo(_variant(rng)), at, vehicle_id=vehicle.id)
    return at


def upload_insurance(record: DriverRecord, form: Apply, at: datetime, rng: Random) -> None:
    number = f"{rng.randint(10_000_000, 99_999_999)}"
    paper = _paper("insurance", rng)
    record.upload("insurance", paper, at, expires_on=form.insurance_expires_on, number=number)


def replace_licence(
    record: DriverRecord, form: Apply, operator: Actor, at: datetime, rng: Random
) -> datetime:
    """An operator refuses the licence's photo, and the driver uploads another one; returns when the review
    goes on."""
    for document in list(record.documents.values()):
        if document.kind == "licence":
            record.review_document(document, "reject", operator, at, _BLURRED)
    at = seconds_after(at, rng, 1_800, 30_000)
    _upload_licence(record, form, at, rng)
    at = seconds_after(at, rng, 1_800, 30_000)
    record.command(commands.TakeUp(), operator, at)
    return seconds_after(at, rng, 60, 300)


def review_all(
    record: DriverRecord, operator: Actor, at: datetime, rng: Random, *, reject: DocumentKind | None = None
) -> datetime:
    """An operator approves each document that waits, but one of the kind *reject*; returns when."""
    for document in list(record.documents.values()):
        if document.state != "pending":
            continue
        at = seconds_after(at, rng, 5, 40)
        if document.kind == reject:
            record.review_document(document, "reject", operator, at, _REASONS[reject])
        else:
            record.review_document(document, "approve", operator, at)
    return seconds_after(at, rng, 5, 40)


def _upload_licence(record: DriverRecord, form: Apply, at: datetime, rng: Random) -> None:
    number = f"{rng.choice('ABCDGLMPRST')}{rng.randint(1000, 9999)}-{rng.randint(100_000, 999_999)}-01"
    paper = _paper("licence", rng)
    record.upload("licence", paper, at, expires_on=form.licence_expires_on, number=number)


def _paper(title: str, rng: Random) -> bytes:
    return paper_photo(title, _variant(rng))


def _variant(rng: Random) -> int:
    return rng.randrange(VARIANTS)
