"""Scenarios of drivers' documents: one that is sent, reviewed, replaced, and deleted."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from support.crash.life import ok
from support.crash.scenario import (
    Findings,
    Scenario,
    find_all,
    periodic_task,
    problems,
    run_deadlines,
    run_relay,
)
from support.crash.world import ApiResponse, World
from supportcarr.contracts.actors import Actor
from supportcarr.drivers.collections import DRIVER_DOCUMENTS, PROFILES
from supportcarr.drivers.driver_documents.model import DriverDocument
from supportcarr.files.collections import FILES
from supportcarr.files.model import StoredFile

FIRST, SECOND = "fil_01jdc0000000000000000000d1", "fil_01jdc0000000000000000000d2"
OPERATOR = Actor("support", "usr_operator")


async def _uploaded(world: World) -> None:
    """The far driver has uploaded two files."""
    await world.relay()
    for file_id in (FIRST, SECOND):
        file = StoredFile(
            id=file_id,
            owner_id=world.people.far.id,
            purpose="driver_document",
            state="ready",
            content_type="image/jpeg",
            size=1000,
            created_at=world.clock.wall(),
            orphan_at=world.clock.wall() + timedelta(hours=24),
        )
        await world.store.collection(FILES).insert(file)


async def _send(world: World, file_id: str, expires_on: str = "2099-01-31") -> ApiResponse:
    body = {"file_ids": [file_id], "expires_on": expires_on, "number": "L1234"}
    return await world.request(world.people.far, "PUT", "/me/driver-documents/licence", body)


async def _send_first(world: World) -> ApiResponse:
    return await _send(world, FIRST)


async def _send_second(world: World) -> ApiResponse:
    return await _send(world, SECOND)


async def _sent(world: World) -> None:
    await _uploaded(world)
    ok(await _send_first(world))
    await world.relay()


async def _document(world: World, file_id: str) -> DriverDocument | None:
    found: list[DriverDocument] = await find_all(world, DRIVER_DOCUMENTS)
    return next((document for document in found if document.file_ids == (file_id,)), None)


async def _states(world: World) -> Findings:
    """The files that documents use are attached to them, and the profile knows the current ones."""
    found: list[DriverDocument] = await find_all(world, DRIVER_DOCUMENTS)
    attached = {f.id: f.attached_to for f in await find_all(world, FILES) if f.attached_to}
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    current = {(d.id, d.state) for d in found if d.state != "replaced"}
    return problems(
        (attached == {d.file_ids[0]: d.id for d in found}, f"the files are used by {attached}"),
        ({(d.id, d.state) for d in profile.documents} == current, f"the profile has {profile.documents}"),
    )


async def _one_waits(world: World) -> Findings:
    document = await _document(world, FIRST)
    return [
        *await _states(world),
        *problems((document is not None and document.state == "pending", f"the document is {document}")),
    ]


async def _second_takes_the_place(world: World) -> Findings:
    first, second = await _document(world, FIRST), await _document(world, SECOND)
    return [
        *await _states(world),
        *problems(
            (first is not None and first.state == "replaced", f"the first is {first}"),
            (second is not None and second.state == "pending", f"the second is {second}"),
        ),
    ]


async def _approve(world: World) -> None:
    document = await _document(world, FIRST)
    assert document is not None
    await world.container.driver_documents.review(OPERATOR, document.id, "approve")


async def _is_approved(world: World) -> Findings:
    document = await _document(world, FIRST)
    return [
        *await _states(world),
        *problems((document is not None and document.state == "approved", f"the document is {document}")),
    ]


async def _expires(world: World) -> None:
    """The last day of the far driver's approved licence was the day before yesterday."""
    await _uploaded(world)
    tomorrow = world.clock.city().date() + timedelta(days=1)
    ok(await _send(world, FIRST, tomorrow.isoformat()))
    await _approve(world)
    await world.relay()
    world.advance(3 * 86_400)


async def _is_expired(world: World) -> Findings:
    document = await _document(world, FIRST)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    return [
        *await _states(world),
        *problems(
            (document is not None and document.state == "expired", f"the document is {document}"),
            (not profile.online, "the driver is online"),
        ),
    ]


async def _replaced_long_ago(world: World) -> None:
    await _sent(world)
    ok(await _send_second(world))
    await world.relay()
    document = await _document(world, FIRST)
    assert document is not None
    assert document.replaced_at is not None
    long_ago = document.replaced_at - timedelta(days=366)
    await world.store.collection(DRIVER_DOCUMENTS).save(replace(document, replaced_at=long_ago))


async def _first_is_gone(world: World) -> Findings:
    await world.run_periodic_task("drivers.collect_documents")  # hourly: the next run ends what was cut off
    return [
        *await _states(world),
        *problems((await _document(world, FIRST) is None, "the document is still there")),
    ]


DOCUMENT_SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="sending a document",
        prepare=_uploaded,
        request=_send_first,
        background=(run_relay,),
        effect=_one_waits,
    ),
    Scenario(
        name="sending a document in place of another",
        prepare=_sent,
        request=_send_second,
        background=(run_relay,),
        effect=_second_takes_the_place,
    ),
    Scenario(
        name="approving a document",
        prepare=_sent,
        background=(_approve, run_relay),
        effect_optional=True,  # the operator sees no answer, and looks at the document again
        effect=_is_approved,
    ),
    Scenario(
        name="a document that expires",
        prepare=_expires,
        background=(run_deadlines, run_relay),
        effect=_is_expired,
    ),
    Scenario(
        name="a document that was replaced a year ago",
        prepare=_replaced_long_ago,
        background=(periodic_task("drivers.collect_documents"),),
        effect=_first_is_gone,
    ),
)
