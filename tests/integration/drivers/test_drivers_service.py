"""Drivers over the real store: through their routes, as the gateway calls them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

import msgspec
import pytest

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import ApiError, NotFound, ValidationFailed
from supportcarr.contracts.events import (
    DriverDocumentsExpired,
    DriverDocumentsExpiring,
    DriverStandingChanged,
    UserSignedUp,
)
from supportcarr.contracts.routing import NoQuery, RequestContext, Route
from supportcarr.contracts.value_objects import EarnedSum, Person, VehicleCard
from supportcarr.drivers import jobs
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.collections import PROFILES
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.handlers import consumers
from supportcarr.drivers.model import Application, DriverProfile
from supportcarr.drivers.routes import routes
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.drivers.vehicle_service import VehicleService
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store

DRIVER, OTHER, ADMIN = "usr_driver", "usr_other", "usr_admin"
NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
PAPERS = {
    "licence_class": "5",
    "licence_expires_on": date(2030, 1, 1),
    "insurer": "Intact",
    "insurance_expires_on": date(2026, 6, 30),
}
TRUCK = {"type": "pickup", "make": "Ford", "model": "F-150", "colour": "blue", "plate": "FAB 123"}


class People:
    async def person(self, user_id: str) -> Person:
        if user_id not in (DRIVER, OTHER):
            raise NotFound
        return Person(user_id, "Marie Tremblay", "•••• 12")


class Finder:
    """Finds the driver, and somebody who is none, by any text."""

    async def find(self, text: str) -> list[str]:
        return [OTHER, DRIVER]


class Jobs:
    """The vehicles that are on a job."""

    def __init__(self) -> None:
        self.on_jobs: frozenset[str | None] = frozenset()

    async def vehicles(self, driver_id: str) -> frozenset[str | None]:
        return self.on_jobs


class Earnings:
    """Nobody earned anything."""

    async def earned(self, driver_id: str, begins: datetime, ends: datetime) -> EarnedSum:
        return EarnedSum()


class Files:
    """Every file can be used by anything, and has no links."""

    def __init__(self) -> None:
        self.attached: dict[str, str] = {}

    async def attach(
        self, file_id: str, owner_id: str, purpose: str, subject_id: str, *, field: str = "file_id"
    ) -> None:
        if self.attached.setdefault(file_id, subject_id) != subject_id:
            raise ValidationFailed.of(field, "in_use", "This file is used for something else")

    async def detach(self, file_id: str, subject_id: str) -> None:
        self.attached.pop(file_id, None)

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, Any]:
        return {}


class Views:
    """Notes nothing."""

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None: ...


class Api:
    """Calls the routes without the gateway; body and response pass through JSON."""

    def __init__(self, store: Store, *, documents_required: bool = False) -> None:
        self._now = NOW.timestamp()
        self.jobs = Jobs()
        self.clock = Clock(wall=lambda: self._now)
        self.service = DriverService(
            store,
            self.clock,
            People(),
            self.jobs,
            timezone="America/Toronto",
            area_id="montreal",
            documents_required=documents_required,
        )
        self.shifts = ShiftService(
            store, self.clock, self.service, self.jobs, Earnings(), timezone="America/Toronto"
        )
        self.told: list[DriverDocumentsExpiring | DriverDocumentsExpired] = []
        self.standings: list[DriverStandingChanged] = []
        store.subscribe(self._hear)
        self.files = Files()
        self.documents = DriverDocumentService(store, self.clock, self.service, self.files, Views())
        self.vehicles = VehicleService(store, self.clock, self.service, self.jobs)
        self.checks = DriverCheckService(store, self.clock, cast(Any, None), {})
        listed = routes(self.service, self.vehicles, self.documents, self.checks, Finder())
        self._routes = {(route.method, route.path): route for route in listed}

    def _hear(self, _collection: str, _id: str, events: Any) -> None:
        self.standings += [e.event for e in events if isinstance(e.event, DriverStandingChanged)]
        self.told += [
            e.event for e in events if isinstance(e.event, DriverDocumentsExpiring | DriverDocumentsExpired)
        ]

    async def pass_time(self, days: float) -> None:
        """Let time pass, and fire the deadline of the papers as often as it is due."""
        self._now += days * 86_400
        deadline = next(
            d for d in jobs.deadlines(self.service, self.shifts, self.checks) if d.spec is PROFILES
        )
        for _ in range(3):
            await deadline.fire(DRIVER)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user_id: str = DRIVER,
        query: dict[str, str] | None = None,
        **named: str,
    ) -> Any:
        route: Route = self._routes[(method, path)]  # type: ignore[index]  # a str is a method here
        roles = frozenset({"admin"}) if user_id == ADMIN else frozenset({"driver"})
        assert route.policy.roles is not None
        assert route.policy.roles & roles
        decoded = None
        if route.body is not None:
            decoded = msgspec.json.decode(msgspec.json.encode(body), type=route.body)
        asked = msgspec.convert(query or {}, route.query, strict=False) if query else route.query()
        call: RequestContext[Any, Any] = RequestContext(
            Principal(user_id, roles, "ses"), named, asked or NoQuery(), decoded, "req", "127.0.0.1"
        )
        answer = await route.handler(call)
        assert answer.status == route.status
        return msgspec.to_builtins(answer.body)

    async def ready(self, user_id: str = DRIVER) -> str:
        """Create an approved driver with valid papers and a truck; return the truck's id."""
        await self.call("PUT", "/me/driver-application", PAPERS, user_id=user_id)
        vehicle = await self.call("POST", "/me/vehicles", TRUCK, user_id=user_id)
        await self.call("POST", "/admin/drivers/{driver_id}/approval", user_id=ADMIN, driver_id=user_id)
        return str(vehicle["id"])


@pytest.fixture
def api(store: Store) -> Api:
    return Api(store)


async def test_a_driver_applies_is_approved_and_goes_online(api: Api) -> None:
    application = await api.call("GET", "/me/driver-application")
    assert (application["state"], application["missing"]) == ("draft", ["licence", "insurance", "vehicle"])
    application = await api.call("PUT", "/me/driver-application", PAPERS)
    assert application["missing"] == ["vehicle"]
    vehicle = await api.call("POST", "/me/vehicles", TRUCK)
    with pytest.raises(ApiError) as refused:
        await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle["id"]})
    assert (refused.value.status, refused.value.code) == (409, "driver_not_approved")

    seen = await api.call("POST", "/admin/drivers/{driver_id}/approval", user_id=ADMIN, driver_id=DRIVER)
    assert (seen["state"], seen["missing"], seen["name"]) == ("approved", [], "Marie Tremblay")
    availability = await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle["id"]})
    assert availability == {
        "online": True,
        "vehicle_id": vehicle["id"],
        "offline_reason": None,
        "on_break": False,
        "hours_until": "2026-06-02T08:00:00Z",
    }
    assert [(f.approved, f.online) for f in api.standings] == [(True, False), (True, True)]


async def test_an_application_is_submitted_corrected_and_approved(api: Api) -> None:
    async def decide(decision: str, body: Any = None) -> Any:
        path = f"/admin/drivers/{{driver_id}}/{decision}"
        return await api.call("POST", path, body, user_id=ADMIN, driver_id=DRIVER)

    async def queue(**query: str) -> list[str]:
        page = await api.call("GET", "/admin/driver-applications", user_id=ADMIN, query=query)
        return [driver["id"] for driver in page["items"]]

    await api.call("PUT", "/me/driver-application", PAPERS)
    with pytest.raises(ApiError) as refused:
        await api.call("POST", "/me/driver-application/submission")
    assert (refused.value.status, refused.value.code) == (409, "application_incomplete")
    assert [e.field for e in refused.value.errors] == ["vehicle"]
    await api.call("POST", "/me/vehicles", TRUCK)
    assert (await queue(), await queue(state="draft")) == ([], [DRIVER])

    submitted = await api.call("POST", "/me/driver-application/submission")
    assert (submitted["state"], submitted["in_review"]) == ("submitted", True)
    assert (await queue(), await queue(state="submitted")) == ([DRIVER], [DRIVER])
    assert (await decide("review"))["application_state"] == "in_review"

    refusal = {"reason": "The insurer does not know you", "fields": ["insurer"]}
    await decide("rejection", refusal)
    seen = await api.call("GET", "/me/driver-application")
    assert (seen["state"], seen["in_review"]) == ("changes_requested", False)
    assert {k: seen["decision"][k] for k in ("reason", "fields")} == refusal
    assert (await queue(), await queue(state="changes_requested")) == ([], [DRIVER])

    await api.call("PUT", "/me/driver-application", PAPERS | {"insurer": "Acme"})
    assert (await api.call("POST", "/me/driver-application/submission"))["decision"] is None
    approved = await decide("approval", {"reason": "The papers are in order"})
    assert (approved["application_state"], approved["decision"]["reason"]) == (
        "approved",
        "The papers are in order",
    )
    assert await queue() == []


async def test_what_changes_in_the_review_must_be_taken_up_again(api: Api) -> None:
    await api.call("PUT", "/me/driver-application", PAPERS)
    await api.call("POST", "/me/vehicles", TRUCK)
    await api.call("POST", "/me/driver-application/submission")
    await api.call("POST", "/admin/drivers/{driver_id}/review", user_id=ADMIN, driver_id=DRIVER)
    same = await api.call("PUT", "/me/driver-application", PAPERS)
    assert same["state"] == "in_review"
    other = await api.call("PUT", "/me/driver-application", PAPERS | {"insurer": "Acme"})
    assert other["state"] == "submitted"


async def test_a_rejected_driver_cannot_apply_again_by_themselves(api: Api) -> None:
    await api.call("PUT", "/me/driver-application", PAPERS)
    await api.call("POST", "/me/vehicles", TRUCK)
    await api.call("POST", "/me/driver-application/submission")
    rejection = {"reason": "Too many accidents"}
    await api.call("POST", "/admin/drivers/{driver_id}/rejection", rejection, user_id=ADMIN, driver_id=DRIVER)
    for method, path, body in (
        ("PUT", "/me/driver-application", PAPERS),
        ("POST", "/me/driver-application/submission", None),
    ):
        with pytest.raises(ApiError) as refused:
            await api.call(method, path, body)
        assert refused.value.code == "illegal_transition"


async def test_operators_search_among_the_drivers_of_a_state(api: Api) -> None:
    await api.ready()

    async def found(**query: str) -> list[str]:
        page = await api.call("GET", "/admin/drivers", user_id=ADMIN, query={"q": "FAB 123", **query})
        return [driver["id"] for driver in page["items"]]

    assert await found() == [DRIVER], "who is found and has no profile is no driver"
    assert (await found(state="approved"), await found(state="suspended")) == ([DRIVER], [])
    assert await found(in_review="true") == []
    await api.call("PUT", "/me/driver-application", PAPERS | {"insurer": "Acme"})
    assert await found(in_review="true", state="approved") == [DRIVER]


async def test_operators_see_a_drivers_vehicles(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    seen = await api.call("GET", "/admin/drivers/{driver_id}/vehicles", user_id=ADMIN, driver_id=DRIVER)
    assert [(v["plate"], v["in_use"]) for v in seen["items"]] == [("FAB 123", True)]
    with pytest.raises(ApiError) as unknown:
        await api.call("GET", "/admin/drivers/{driver_id}/vehicles", user_id=ADMIN, driver_id="usr_none")
    assert unknown.value.code == "not_found"


async def test_a_suspension_in_the_same_moment_as_the_end_of_papers(api: Api) -> None:
    """Both change the profile: whichever comes second sees the first, and the driver stays suspended."""
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    await api.pass_time(29.2)
    deadline = next(d for d in jobs.deadlines(api.service, api.shifts, api.checks) if d.spec is PROFILES)
    api._now += 86_400
    suspension = api.call("POST", "/admin/drivers/{driver_id}/suspension", user_id=ADMIN, driver_id=DRIVER)
    await asyncio.gather(deadline.fire(DRIVER), suspension)
    profile = await api.service.profile(DRIVER)
    assert (profile.approval, profile.online, profile.due_at) == ("suspended", False, None)
    ended = await api.call("DELETE", "/admin/drivers/{driver_id}/suspension", user_id=ADMIN, driver_id=DRIVER)
    assert (ended["state"], ended["online"], ended["missing"]) == ("approved", False, ["insurance"])


async def test_expired_or_missing_papers_keep_an_approved_driver_offline(api: Api) -> None:
    vehicle = await api.call("POST", "/me/vehicles", TRUCK)
    approved = await api.call("POST", "/admin/drivers/{driver_id}/approval", user_id=ADMIN, driver_id=DRIVER)
    assert approved["missing"] == ["licence", "insurance"]
    online = {"online": True, "vehicle_id": vehicle["id"]}
    with pytest.raises(ApiError) as refused:
        await api.call("PUT", "/me/availability", online)
    assert (refused.value.status, refused.value.code) == (409, "documents_not_valid")
    assert [(e.field, e.code) for e in refused.value.errors] == [
        ("licence", "missing"),
        ("insurance", "missing"),
    ]
    stated = await api.call("PUT", "/me/driver-application", PAPERS)
    assert (stated["in_review"], stated["missing"]) == (True, ["licence", "insurance"])
    with pytest.raises(ApiError, match="support reviews"):
        await api.call("PUT", "/me/availability", online)

    (waiting,) = (await api.call("GET", "/admin/drivers", user_id=ADMIN, query={"in_review": "true"}))[
        "items"
    ]
    assert waiting["review"]["insurance_expires_on"] == "2026-06-30"
    await api.call("POST", "/admin/drivers/{driver_id}/approval", user_id=ADMIN, driver_id=DRIVER)
    assert (await api.call("GET", "/admin/drivers", user_id=ADMIN, query={"in_review": "true"}))[
        "items"
    ] == []
    assert (await api.call("PUT", "/me/availability", online))["online"]
    assert api.standings[-1].documents_until == datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


async def test_an_online_driver_who_states_that_the_papers_have_expired_goes_offline(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    await api.call("PUT", "/me/driver-application", PAPERS | {"licence_expires_on": date(2020, 1, 1)})
    assert api.standings[-1].documents_until == datetime(2020, 1, 2, 5, 0, tzinfo=UTC), "no offers any more"
    await api.pass_time(0)
    profile = await api.service.profile(DRIVER)
    assert (profile.online, profile.offline_reason) == (False, "documents_expired")
    with pytest.raises(ApiError) as refused:
        await api.call("PUT", "/me/availability", {"online": True})
    assert [(e.field, e.code) for e in refused.value.errors] == [("licence", "expired")]


async def test_papers_that_run_out_are_announced_and_end_the_work_after_the_job(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    await api.pass_time(0)
    last_day = date(2026, 6, 30)
    warning = DriverDocumentsExpiring(driver_id=DRIVER, documents=("insurance",), last_day=last_day)
    assert api.told == [warning], "in the last 30 days"
    await api.pass_time(20)
    assert api.told == [warning]
    await api.pass_time(3)
    assert api.told == [warning] * 2, "in the last 7 days"
    await api.pass_time(6)
    assert api.told == [warning] * 3, "on the last day"
    api.jobs.on_jobs = frozenset({vehicle_id})
    await api.pass_time(1)
    assert (await api.service.profile(DRIVER)).online, "not in the middle of a rescue"
    api.jobs.on_jobs = frozenset()
    await api.pass_time(0.1)
    profile = await api.service.profile(DRIVER)
    assert (profile.online, profile.offline_reason) == (False, "documents_expired")
    expired = DriverDocumentsExpired(driver_id=DRIVER, documents=("insurance",), last_day=last_day)
    assert api.told == [warning] * 3 + [expired]
    assert api.standings[-1].reason == "documents_expired"


@pytest.mark.parametrize(
    ("papers", "reason"),
    [(PAPERS | {"insurance_expires_on": date(2026, 5, 31)}, "documents_expired"), ({}, "documents_missing")],
    ids=["expired", "never given"],
)
async def test_a_driver_stored_online_by_an_older_version_is_checked_too(
    api: Api, store: Store, papers: dict[str, Any], reason: str
) -> None:
    await store.collection(PROFILES).insert(
        DriverProfile(
            id=DRIVER,
            approval="approved",
            application=Application(**papers),
            vehicle_ids=("veh_a",),
            vehicle_id="veh_a",
            online=True,
            created_at=NOW,
        )
    )
    task, _ = jobs.periodic_tasks(api.service, api.documents)
    api.jobs.on_jobs = frozenset({"veh_a"})
    await task.run()
    await api.pass_time(0)
    assert (await api.service.profile(DRIVER)).online, "not in the middle of a rescue"
    api.jobs.on_jobs = frozenset()
    await task.run()
    await api.pass_time(0.1)
    profile = await api.service.profile(DRIVER)
    assert (profile.online, profile.offline_reason) == (False, reason)
    assert (api.standings[-1].online, api.standings[-1].reason) == (False, reason)
    version = profile.version
    await task.run()
    assert (await api.service.profile(DRIVER)).version == version


async def test_repeated_availability_publishes_nothing(api: Api) -> None:
    vehicle_id = await api.ready()
    for _ in range(3):
        await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    assert len(api.standings) == 2


async def test_a_driver_can_only_drive_and_remove_vehicles_of_their_own(api: Api) -> None:
    mine, theirs = await api.ready(), await api.ready(OTHER)
    with pytest.raises(ApiError) as refused:
        await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": theirs})
    assert (refused.value.status, refused.value.code) == (422, "validation_failed")
    with pytest.raises(NotFound):
        await api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=theirs)
    assert [v["id"] for v in (await api.call("GET", "/me/vehicles"))["items"]] == [mine]


async def test_a_removed_vehicle_is_gone_from_the_list_and_stays_on_the_card(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    with pytest.raises(ApiError) as refused:
        await api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=vehicle_id)
    assert refused.value.code == "vehicle_in_use"
    await api.call("PUT", "/me/availability", {"online": False})
    for _ in range(2):
        await api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=vehicle_id)
    assert (await api.call("GET", "/me/vehicles"))["items"] == []
    card = await api.service.card(DRIVER)
    assert (card.name, card.rating) == ("Marie Tremblay", None)
    assert card.vehicle == VehicleCard("Ford", "F-150", "blue", "FAB 123")


async def test_a_driver_card_needs_a_driver_and_a_vehicle(api: Api) -> None:
    for user_id in ("usr_nobody", DRIVER):
        with pytest.raises(NotFound):
            await api.service.card(user_id)
        await api.ready()


async def test_suspension_sets_a_driver_offline_with_the_reason(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    await api.call("POST", "/admin/drivers/{driver_id}/suspension", user_id=ADMIN, driver_id=DRIVER)
    assert [(f.approved, f.online, f.reason) for f in api.standings[-1:]] == [(False, False, "suspended")]


async def test_the_system_takes_a_driver_offline_once(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    for _ in range(2):
        await api.service.set_offline(DRIVER, "missed_offers")
    assert [f.reason for f in api.standings] == [None, None, "missed_offers"]


async def test_an_unknown_driver_cannot_be_approved(api: Api) -> None:
    with pytest.raises(NotFound):
        await api.call("POST", "/admin/drivers/{driver_id}/approval", user_id=ADMIN, driver_id="usr_nobody")


async def test_operators_list_drivers_by_state_page_by_page(api: Api) -> None:
    await api.ready()
    await api.service.open_profile(OTHER)
    pending = await api.call("GET", "/admin/drivers", user_id=ADMIN, query={"state": "pending"})
    assert [d["id"] for d in pending["items"]] == [OTHER]
    first = await api.call("GET", "/admin/drivers", user_id=ADMIN, query={"limit": "1"})
    second = await api.call(
        "GET", "/admin/drivers", user_id=ADMIN, query={"limit": "1", "cursor": first["next_cursor"]}
    )
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {DRIVER, OTHER}


async def test_a_new_driver_waits_for_approval_and_a_rider_does_not(api: Api) -> None:
    consumer = next(
        c
        for c in consumers(api.service, api.vehicles, api.shifts, api.documents, api.checks)
        if c.name == "drivers.open_profile"
    )
    for user_id, role in ((DRIVER, "driver"), ("usr_rider", "rider"), (DRIVER, "driver")):
        event = EventEnvelope(
            id=f"{user_id}.1.0",
            collection="users",
            document_id=user_id,
            document_version=1,
            at=Clock().city(),
            actor=Actor("driver", user_id),
            event=UserSignedUp(user_id=user_id, role=role),
        )
        await consumer.handle(event)
    listed = await api.call("GET", "/admin/drivers", user_id=ADMIN)
    assert [(d["id"], d["state"]) for d in listed["items"]] == [(DRIVER, "pending")]


async def test_removing_a_vehicle_and_concurrently_going_online_with_it_never_both_succeed(api: Api) -> None:
    for _ in range(5):
        vehicle_id = await api.ready()
        await asyncio.gather(
            api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id}),
            api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=vehicle_id),
            return_exceptions=True,
        )
        profile = await api.service.profile(DRIVER)
        assert not profile.online or profile.vehicle_id in profile.vehicle_ids
        await api.call("PUT", "/me/availability", {"online": False})


@pytest.mark.parametrize(
    "body",
    [
        TRUCK | {"type": "bicycle"},
        TRUCK | {"plate": ""},
        TRUCK | {"capacity": 0},
        TRUCK | {"bed_length_cm": "long"},
        TRUCK | {"wings": 2},
        {"type": "pickup"},
    ],
)
async def test_an_invalid_vehicle_is_not_decoded(api: Api, body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        await api.call("POST", "/me/vehicles", body)


@pytest.mark.parametrize("recorded", [True, False], ids=["of the rescue", "of an old rescue, not recorded"])
async def test_a_vehicle_on_a_job_stays_even_if_its_driver_is_offline(api: Api, recorded: bool) -> None:
    used = await api.ready()
    other = (await api.call("POST", "/me/vehicles", TRUCK))["id"]
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": used})
    api.jobs.on_jobs = frozenset({used if recorded else None})
    with pytest.raises(ApiError) as refused:
        await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": other})
    assert (refused.value.status, refused.value.code) == (409, "vehicle_on_job")
    await api.call("PUT", "/me/availability", {"online": False})
    with pytest.raises(ApiError) as refused:
        await api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=used)
    assert (refused.value.status, refused.value.code) == (409, "vehicle_in_use")
    back = await api.call("PUT", "/me/availability", {"online": True})
    assert back["vehicle_id"] == used
    await api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=other)

    api.jobs.on_jobs = frozenset()
    await api.call("PUT", "/me/availability", {"online": False})
    await api.call("DELETE", "/me/vehicles/{vehicle_id}", vehicle_id=used)


async def test_a_vehicle_is_described_anew_and_dispatch_learns_what_it_can_carry(api: Api) -> None:
    vehicle_id = await api.ready()
    await api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id})
    changed = await api.call(
        "PATCH", "/me/vehicles/{vehicle_id}", {"tie_downs": 4, "ramp": True}, vehicle_id=vehicle_id
    )
    assert (changed["tie_downs"], changed["ramp"], changed["make"], changed["in_use"]) == (
        4,
        True,
        "Ford",
        True,
    )
    assert changed["cannot_carry"] == {"cargo_bike": ["bed_length"]}
    spec = api.standings[-1].vehicle
    assert spec is not None
    assert (spec.tie_downs, spec.ramp, spec.bed_length_cm) == (4, True, 180)
    assert (await api.call("GET", "/me/vehicles"))["items"] == [changed]

    told = len(api.standings)
    await api.call("PATCH", "/me/vehicles/{vehicle_id}", {"colour": "red"}, vehicle_id=vehicle_id)
    await api.call("PATCH", "/me/vehicles/{vehicle_id}", {}, vehicle_id=vehicle_id)
    assert len(api.standings) == told  # dispatch need not know

    with pytest.raises(NotFound):
        await api.call("PATCH", "/me/vehicles/{vehicle_id}", {}, user_id=OTHER, vehicle_id=vehicle_id)
    api.jobs.on_jobs = frozenset({vehicle_id})
    with pytest.raises(ApiError) as refused:
        await api.call("PATCH", "/me/vehicles/{vehicle_id}", {"plate": "X"}, vehicle_id=vehicle_id)
    assert (refused.value.status, refused.value.code) == (409, "vehicle_in_use")


async def test_what_a_vehicle_can_carry_is_known_however_its_change_and_going_online_meet(
    api: Api,
) -> None:
    vehicle_id = await api.ready()
    for n in range(6):
        await api.call("PUT", "/me/availability", {"online": False})
        await asyncio.gather(
            api.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle_id}),
            api.call("PATCH", "/me/vehicles/{vehicle_id}", {"tie_downs": n}, vehicle_id=vehicle_id),
        )
        spec = (await api.service.profile(DRIVER)).vehicle
        assert spec is not None
        assert spec.tie_downs == n
