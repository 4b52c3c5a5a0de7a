"""Request and response bodies of the drivers' routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.carrying import VehicleType, carrying_needs, obstacles
from supportcarr.contracts.routing import Cursor
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.drivers.checks.schemas import CheckOut, OwnCheckOut
from supportcarr.drivers.driver_documents.schemas import DocumentOut
from supportcarr.drivers.model import (
    Application,
    ApplicationState,
    Approval,
    AttentionReason,
    Decision,
    DriverProfile,
    Vehicle,
    attention_of,
    state_of,
)
from supportcarr.drivers.ports import PhotoLinks

Word = Annotated[str, Meta(min_length=1, max_length=40)]


class ApplicationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    licence_class: Annotated[Word, Meta(description="as on the licence: 5, C, …")]
    licence_expires_on: date
    insurer: Annotated[str, Meta(min_length=1, max_length=80)]
    insurance_expires_on: date


class DecisionOut(msgspec.Struct, frozen=True):
    """What an operator decided last; absent from the submission to the next decision."""

    state: ApplicationState
    reason: str | None
    fields: Annotated[list[str], Meta(description="what is to be corrected")]
    at: datetime

    @classmethod
    def of(cls, decision: Decision | None) -> DecisionOut | None:
        if decision is None:
            return None
        return cls(decision.state, decision.reason, list(decision.fields), decision.at)


class ApplicationOut(msgspec.Struct, frozen=True):
    state: ApplicationState
    missing: Annotated[
        list[str],
        Meta(
            description="what is still needed: licence, insurance, vehicle; and documents.KIND, where "
            "documents have to be uploaded"
        ),
    ]
    licence_class: str | None
    licence_expires_on: date | None
    insurer: str | None
    insurance_expires_on: date | None
    applied_at: datetime | None
    in_review: Annotated[
        bool,
        Meta(
            description="this statement waits for an operator; until then the approved papers count, "
            "or an earlier end that it states"
        ),
    ]
    documents_until: Annotated[
        datetime | None, Meta(description="city time at which the first paper that counts ends")
    ]
    decision: DecisionOut | None
    documents: Annotated[list[DocumentOut], Meta(description="what the driver uploaded")]
    checks: Annotated[list[OwnCheckOut], Meta(description="by outside providers, since the submission")]

    @classmethod
    def of(
        cls,
        profile: DriverProfile,
        missing: list[str],
        documents: list[DocumentOut],
        checks: list[OwnCheckOut],
    ) -> ApplicationOut:
        form = profile.review or profile.application
        return cls(
            state_of(profile),
            missing,
            form.licence_class,
            form.licence_expires_on,
            form.insurer,
            form.insurance_expires_on,
            form.applied_at,
            profile.review is not None or profile.review_since is not None,
            profile.documents_until,
            DecisionOut.of(profile.decision),
            documents,
            checks,
        )


PHOTOS = Meta(max_length=8, description="ids of uploads with the purpose vehicle_photo")
PhotoId = Annotated[str, Meta(max_length=64)]


class VehicleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: VehicleType
    make: Word
    model: Word
    colour: Word
    plate: Annotated[str, Meta(min_length=1, max_length=16)]
    bed_length_cm: Annotated[int, Meta(ge=0, le=1500)] = 180
    capacity: Annotated[int, Meta(ge=1, le=20, description="bikes it can carry")] = 1
    ramp: Annotated[bool, Meta(description="a ramp or a lift")] = False
    tie_downs: Annotated[int, Meta(ge=0, le=50)] = 0
    seats: Annotated[int, Meta(ge=0, le=20, description="for passengers")] = 1
    photo_ids: Annotated[tuple[PhotoId, ...], PHOTOS] = ()


class VehicleChangeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent or null stays as it is."""

    type: VehicleType | None = None
    make: Word | None = None
    model: Word | None = None
    colour: Word | None = None
    plate: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    bed_length_cm: Annotated[int, Meta(ge=0, le=1500)] | None = None
    capacity: Annotated[int, Meta(ge=1, le=20)] | None = None
    ramp: bool | None = None
    tie_downs: Annotated[int, Meta(ge=0, le=50)] | None = None
    seats: Annotated[int, Meta(ge=0, le=20)] | None = None
    photo_ids: Annotated[tuple[PhotoId, ...], PHOTOS] | None = None


_CARGO = {
    "bike": carrying_needs("rescue", None, BikeLoad(type="city", weight_kg=25)),
    "heavy_bike": carrying_needs("rescue", None, BikeLoad(type="city", weight_kg=45)),
    "cargo_bike": carrying_needs("rescue", None, BikeLoad(type="cargo")),
    "damaged_battery": carrying_needs("rescue", "damaged_battery"),
    "dump_run": carrying_needs("dump_run"),
    "pickup_delivery": carrying_needs("pickup_delivery"),
    "hauling": carrying_needs("hauling"),
}


class PhotoOut(msgspec.Struct, frozen=True):
    """A photo; the links are valid for minutes, and null while there is nothing to see."""

    id: str
    url: str | None
    thumbnail_url: str | None


class VehicleOut(msgspec.Struct, frozen=True):
    id: str
    type: VehicleType
    make: str
    model: str
    colour: str
    plate: str
    bed_length_cm: int
    capacity: int
    ramp: bool
    tie_downs: int
    seats: int
    photos: list[PhotoOut]
    in_use: Annotated[bool, Meta(description="the driver is online with it")]
    cannot_carry: Annotated[
        dict[str, list[str]],
        Meta(description="loads that are not offered with this vehicle, and what it lacks for each"),
    ]

    @classmethod
    def of(cls, v: Vehicle, links: Mapping[str, PhotoLinks], *, in_use: bool = False) -> VehicleOut:
        photos = [PhotoOut(p, links[p].url, links[p].thumbnail_url) for p in v.photo_ids if p in links]
        lacking = {load: [*map(str, obstacles(v.spec, needs))] for load, needs in _CARGO.items()}
        return cls(
            v.id,
            v.type,
            v.make,
            v.model,
            v.colour,
            v.plate,
            v.bed_length_cm,
            v.capacity,
            v.ramp,
            v.tie_downs,
            v.seats,
            photos,
            in_use,
            {load: missing for load, missing in lacking.items() if missing},
        )


class AvailabilityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    online: bool
    vehicle_id: Annotated[
        Annotated[str, Meta(max_length=64)] | None, Meta(description="null: the vehicle driven last")
    ] = None
    on_break: Annotated[bool, Meta(description="a break of a driver who is online: no offers")] = False


class AvailabilityOut(msgspec.Struct, frozen=True):
    online: bool
    vehicle_id: str | None
    offline_reason: Annotated[
        str | None,
        Meta(
            description="why the system took the driver offline: missed_offers, suspended, "
            "documents_expired, documents_missing, hours_limit, long_break"
        ),
    ]
    on_break: bool
    hours_until: Annotated[
        datetime | None,
        Meta(description="city time at which the hours before a rest are over, while online"),
    ]

    @classmethod
    def of(cls, profile: DriverProfile) -> AvailabilityOut:
        return cls(
            profile.online,
            profile.vehicle_id,
            profile.offline_reason,
            profile.online and profile.on_break,
            profile.hours.limit_at,
        )


class DriversQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None
    state: Approval | None = None
    in_review: Annotated[bool, Meta(description="true: only those of whom something waits")] = False
    q: Annotated[
        Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")] | None,
        Meta(
            description="a phone number, plate or id, or words of a name or their beginnings; all in one page"
        ),
    ] = None


class DocumentsOut(msgspec.Struct, frozen=True):
    """Licence and insurance as the driver stated them."""

    licence_class: str | None
    licence_expires_on: date | None
    insurer: str | None
    insurance_expires_on: date | None
    applied_at: datetime | None

    @classmethod
    def of(cls, form: Application) -> DocumentsOut:
        return msgspec.convert(form, cls, from_attributes=True)


class DriverOut(msgspec.Struct, frozen=True):
    """A driver as operators see one."""

    id: str
    name: str | None
    state: Approval
    missing: list[str]
    online: bool
    vehicle_id: str | None
    offline_reason: str | None
    created_at: datetime
    documents: DocumentsOut
    review: Annotated[
        DocumentsOut | None, Meta(description="stated since the approval; approving the driver accepts it")
    ]
    documents_until: datetime | None
    application_state: ApplicationState
    waiting_since: Annotated[datetime | None, Meta(description="since when something waits for an operator")]
    attention: Annotated[
        list[AttentionReason],
        Meta(
            description="what waits for an operator: the application; papers that an approved driver has "
            "stated since; a check that ended without being clear after the last decision; nothing of a "
            "driver who is suspended, until the suspension ends"
        ),
    ]
    decision: DecisionOut | None
    uploaded_documents: Annotated[
        list[DocumentOut] | None, Meta(description="null in the list of all drivers")
    ]
    checks: Annotated[
        list[CheckOut] | None,
        Meta(description="the latest of each kind, by outside providers; null in the list of all drivers"),
    ]

    @classmethod
    def of(
        cls,
        profile: DriverProfile,
        name: str | None,
        missing: list[str],
        uploaded: list[DocumentOut] | None = None,
        checks: list[CheckOut] | None = None,
    ) -> DriverOut:
        return cls(
            profile.id,
            name,
            profile.approval,
            missing,
            profile.online,
            profile.vehicle_id,
            profile.offline_reason,
            profile.created_at,
            DocumentsOut.of(profile.application),
            DocumentsOut.of(profile.review) if profile.review else None,
            profile.documents_until,
            state_of(profile),
            profile.review_since,
            list(attention_of(profile)),
            DecisionOut.of(profile.decision),
            uploaded,
            checks,
        )
