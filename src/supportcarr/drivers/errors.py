"""The errors of drivers.

ApiError
├── NotApproved        409
├── ApplicationIncomplete  409, names what is missing
├── DocumentsNotApproved  409, names each uploaded document that an operator has to approve first
├── ChecksNotClear     409, names each check that is not clear; with a reason the driver can be approved
├── DocumentsNotValid  409, names each paper that is missing or has expired
├── TooManyVehicles    409
├── VehicleInUse       409
├── VehicleOnJob       409
├── OnJob              409, a break has to wait until the job is over
├── RestRequired       409, names the end of the rest
├── TooManyBreaks      409
├── UnknownVehicle     422 validation_failed, names the field
└── UnknownDriver      404
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from supportcarr.contracts.errors import Conflict, FieldError, NotFound, ValidationFailed


class NotApproved(Conflict):
    code, title = "driver_not_approved", "Only an approved driver can go online"


class ApplicationIncomplete(Conflict):
    code, title = "application_incomplete", "Your application lacks something"

    @classmethod
    def lacking(cls, missing: Iterable[str]) -> ApplicationIncomplete:
        """The error that names each thing that is missing or has expired."""
        errors = tuple(
            FieldError(name, "missing", f"Your {name} is missing or has expired.") for name in missing
        )
        return cls(" ".join(error.detail for error in errors), errors=errors)


class DocumentsNotApproved(Conflict):
    code, title = "documents_not_approved", "The driver's documents are not all approved"


class ChecksNotClear(Conflict):
    code, title = "checks_not_clear", "A check of the driver is not clear, and no reason to approve is given"

    @classmethod
    def of(cls, errors: Iterable[FieldError]) -> ChecksNotClear:
        """The error that names each check."""
        found = tuple(errors)
        return cls(" ".join(f"{error.detail.rstrip('.')}." for error in found), errors=found)


class DocumentsNotValid(Conflict):
    code, title = "documents_not_valid", "A document of yours is missing or has expired"


class TooManyVehicles(Conflict):
    code, title = "too_many_vehicles", "You have as many vehicles as one driver can have"


class VehicleInUse(Conflict):
    code, title = "vehicle_in_use", "You are online, or on a job, with this vehicle"


class VehicleOnJob(Conflict):
    code = "vehicle_on_job"
    title = "You are on a job with another vehicle, and the rider has been told its plate"


class OnJob(Conflict):
    code, title = "on_job", "You are on a job; finish it, then take your break"


class RestRequired(Conflict):
    code, title = "rest_required", "You have driven as long as you may before a rest"

    @classmethod
    def until(cls, ends: datetime) -> RestRequired:
        """The error while a rest goes on that is over at that city time."""
        at = f"{ends:%Y-%m-%dT%H:%M:%SZ}"
        return cls(
            f"You have driven as long as you may; you can go online again at {at}",
            errors=(FieldError("online", "rest_required", f"Rest until {at}"),),
        )


class TooManyBreaks(Conflict):
    code, title = "too_many_breaks", "You have taken as many breaks as one shift can have"


class UnknownVehicle(ValidationFailed):
    title = "None of your vehicles has that id"


class UnknownDriver(NotFound):
    title = "There is no such driver"
