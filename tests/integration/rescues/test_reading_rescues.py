"""What each person sees of a rescue, and what they do not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from support.audit.views import KeptViews
from support.rescues.builders import NOW
from support.rescues.world import (
    DRIVER,
    OTHER_DRIVER,
    OTHER_RIDER,
    PIN,
    RIDER,
    SUPPORT,
    World,
    decoded,
    principal,
)
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Forbidden, IllegalTransition, NotFound
from supportcarr.contracts.events import MessageSent
from supportcarr.kit.store.port import BadCursor
from supportcarr.rescues import queries as reading_module
from supportcarr.rescues.admin_view import RescueDetails
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.commands import Cancel, Release
from supportcarr.rescues.errors import ChatClosed
from supportcarr.rescues.live_jobs import LiveJobs
from supportcarr.rescues.schemas import MessagesQuery, RescuesQuery


async def shown(world: World, rescue_id: str, who: Principal) -> dict[str, object]:
    rescue, actor = await world.queries.get_rescue(rescue_id, who)
    return decoded(await world.queries.encoded_view(rescue, actor))


async def test_rider_view_has_the_documented_fields(world: World) -> None:
    rescue = await world.assigned()
    assert await shown(world, rescue.id, RIDER) == {
        "id": rescue.id,
        "status": "assigned",
        "version": 3,
        "kind": "rescue",
        "problem": "flat_tire",
        "pickup": {"lat": 45.52, "lng": -73.58, "address": "Parc La Fontaine"},
        "dropoff": {"lat": 45.50, "lng": -73.60},
        "quote": {
            "id": "quo_1",
            "items": [
                {"code": "base", "label": "Base fare", "amount_minor": 1200},
                {"code": "distance", "label": "9 km", "amount_minor": 1940},
            ],
            "total_minor": 3140,
            "currency": "CAD",
        },
        "area_id": "montreal",
        "created_at": "2026-06-01T16:00:00Z",
        "rider": {"id": "usr_rider", "name": "Robin R.", "phone_masked": "+1 ••• ••• ••12"},
        "driver": {
            "id": "usr_driver",
            "name": "Dominique D.",
            "rating": 4.9,
            "vehicle": {"make": "Ford", "model": "F-150", "colour": "blue", "plate": "F12 3AB"},
        },
        "eta_seconds": 300,
        "pin": PIN,
        "payment": {"status": "held", "captured_minor": 0, "refunded_minor": 0},
    }


@pytest.mark.parametrize("who", [DRIVER, SUPPORT])
async def test_only_the_rider_sees_the_pin(world: World, who: Principal) -> None:
    rescue = await world.assigned()
    seen = await shown(world, rescue.id, who)
    assert "pin" not in seen
    assert seen["rider"] == {"id": "usr_rider", "name": "Robin R.", "phone_masked": "+1 ••• ••• ••12"}


async def test_the_pin_is_not_shown_once_the_rescue_is_over(world: World) -> None:
    rescue = await world.assigned()
    assert (await shown(world, rescue.id, RIDER))["pin"] == PIN
    await world.service.act(rescue.id, Cancel(reason="x"), RIDER)
    assert "pin" not in await shown(world, rescue.id, RIDER)


@pytest.mark.parametrize("who", [RIDER, DRIVER, SUPPORT])
async def test_a_rescue_keeps_the_vehicle_of_its_assignment(world: World, who: Principal) -> None:
    async def plate(rescue_id: str) -> object:
        if who is SUPPORT:
            view = await RescueDetails(world.store, world.queries, world.chat).rescue(rescue_id)
            assert view is not None and view.driver is not None
            return view.driver.vehicle.plate
        return (await shown(world, rescue_id, who))["driver"]["vehicle"]["plate"]  # type: ignore[index]

    over = await world.completed(1)
    world.directory.vehicle_id = "veh_2"
    live = await world.assigned(2)
    assert [await plate(over.id), await plate(live.id)] == ["F12 3AB", "SECOND"]
    assert await LiveJobs(world.store).vehicles("usr_driver") == {"veh_2"}


async def test_a_rescue_given_up_and_taken_again_shows_the_new_vehicle(world: World) -> None:
    rescue = await world.assigned()
    await world.service.act(rescue.id, Release(reason="breakdown"), DRIVER)
    world.directory.vehicle_id = "veh_2"
    assert await world.service.assign(rescue.id, driver_id="usr_driver", offer_id="off_2")
    assert (await shown(world, rescue.id, RIDER))["driver"]["vehicle"]["plate"] == "SECOND"  # type: ignore[index]


async def test_an_old_rescue_without_vehicle_shows_the_present_one(world: World) -> None:
    rescue = await world.completed()
    await world.rescues.save(msgspec.structs.replace(rescue, vehicle_id=None))
    world.directory.vehicle_id = "veh_2"
    assert (await shown(world, rescue.id, RIDER))["driver"]["vehicle"]["plate"] == "SECOND"  # type: ignore[index]


async def test_ended_rescue_shows_its_price(world: World) -> None:
    rescue = await world.completed()
    assert (await shown(world, rescue.id, RIDER))["price_minor"] == 3140


@pytest.mark.parametrize(
    "who",
    [
        OTHER_RIDER,
        OTHER_DRIVER,
        principal("usr_rider", "driver"),  # the rider's account, without the rider's role
        principal("usr_driver", "rider"),
        principal("usr_partner", "partner"),
    ],
)
async def test_rescue_is_not_found_for_others(world: World, who: Principal) -> None:
    rescue = await world.assigned()
    with pytest.raises(NotFound):
        await world.queries.get_rescue(rescue.id, who)
    with pytest.raises(NotFound):
        await world.queries.get_rescue("res_qc_01jdc000000000000000009999", who)


async def test_a_deleted_driver_does_not_hide_the_rescue(world: World) -> None:
    rescue = await world.completed()
    world.directory.gone.add("usr_driver")
    seen = await shown(world, rescue.id, RIDER)
    assert seen["status"] == "completed"
    assert "driver" not in seen


async def test_view_is_built_once_per_version_and_audience(world: World) -> None:
    rescue = await world.assigned()
    first = await shown(world, rescue.id, RIDER)
    asked = world.directory.asked
    assert await shown(world, rescue.id, RIDER) == first
    assert world.directory.asked == asked
    await shown(world, rescue.id, DRIVER)
    assert world.directory.asked > asked
    await world.service.act(rescue.id, Cancel(reason="x"), RIDER)
    assert (await shown(world, rescue.id, RIDER))["status"] == "cancelled"


async def test_cached_view_is_returned_synchronously(world: World) -> None:
    rescue = await world.assigned()

    async def answer() -> bytes:
        return await world.queries.encoded_view(*await world.queries.get_rescue(rescue.id, RIDER))

    made = await answer()
    with pytest.raises(StopIteration) as answered:
        answer().send(None)
    assert answered.value.value == made


async def test_cached_view_expires_with_the_data_of_its_people(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescue = await world.assigned()
    now = 1000.0
    monkeypatch.setattr("supportcarr.rescues.queries.monotonic", lambda: now)
    await shown(world, rescue.id, RIDER)
    world.directory.rating = 3.0
    now += reading_module.VIEW_SECONDS - 1
    assert (await shown(world, rescue.id, RIDER))["driver"]["rating"] == 4.9  # type: ignore[index]  # JSON
    now += 2
    assert (await shown(world, rescue.id, RIDER))["driver"]["rating"] == 3.0  # type: ignore[index]  # JSON


async def test_cache_of_views_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "VIEWS_MAX", 2)
    rescues = [await world.request(n, rider_id=f"usr_{n}") for n in range(1, 5)]
    for n, rescue in enumerate(rescues, 1):
        await shown(world, rescue.id, principal(f"usr_{n}", "rider"))
    assert len(world.queries._views) == 2


# --- lists -------------------------------------------------------------------------------------


async def test_people_list_the_rescues_in_which_they_are_rider_or_driver(world: World) -> None:
    mine = await world.completed(1)
    world.pass_time(60)
    again = await world.request(2)
    await world.request(3, rider_id="usr_other_rider")

    async def ids(who: Principal, **query: object) -> list[str]:
        page, _ = await world.queries.list_rescues(who, msgspec.convert(query, RescuesQuery))
        return [rescue.id for rescue in page.items]

    assert await ids(RIDER) == [again.id, mine.id]
    assert await ids(RIDER, sort="created_at") == [mine.id, again.id]
    assert await ids(RIDER, live=True) == [again.id]
    assert await ids(RIDER, status="completed") == [mine.id]
    assert await ids(RIDER, status="completed", live=True) == []
    assert await ids(DRIVER) == [mine.id]
    both = principal("usr_rider", "rider", "driver")
    assert await ids(both) == [again.id, mine.id]
    assert await ids(both, role="driver") == []
    for who, role in ((RIDER, "driver"), (DRIVER, "rider"), (SUPPORT, None)):
        with pytest.raises(Forbidden):
            await ids(who, role=role)


async def test_a_list_is_paged_without_gap_or_repeat(world: World) -> None:
    for n in range(1, 8):
        rescue = await world.request(n)
        await world.service.act(rescue.id, Cancel(reason="x"), RIDER)
        await world.settle()
        world.pass_time(1)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page, _ = await world.queries.list_rescues(RIDER, RescuesQuery(limit=3, cursor=cursor))
        seen += [rescue.quote.id for rescue in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"quo_{n}" for n in range(7, 0, -1)]
    with pytest.raises(BadCursor):
        await world.queries.list_rescues(RIDER, RescuesQuery(cursor="nonsense"))


# --- timeline and cancellation -----------------------------------------------------------------


async def test_the_timeline_names_actors_but_hides_operators(world: World) -> None:
    rescue = await world.assigned()
    await world.service.act(rescue.id, Cancel(reason="rider_called"), SUPPORT)
    for who, shown_id in ((RIDER, None), (DRIVER, None), (SUPPORT, "usr_support")):
        one, actor = await world.queries.get_rescue(rescue.id, who)
        wire = msgspec.to_builtins(world.queries.timeline(one, actor))
        assert wire[0] == {
            "at": "2026-06-01T16:00:00Z",
            "from": None,
            "to": "requested",
            "actor": {"role": "rider", "id": "usr_rider"},
            "version": 1,
        }
        assert wire[1]["actor"] == {"role": "system"}
        assert wire[-1]["actor"].get("id") == shown_id
        assert (wire[-1]["from"], wire[-1]["to"], wire[-1]["reason"]) == (
            "assigned",
            "cancelled",
            "rider_called",
        )


async def test_cancelling_costs_the_previewed_fee(world: World) -> None:
    rescue = await world.assigned()
    one, rider = await world.queries.get_rescue(rescue.id, RIDER)
    free = world.queries.cancellation(one, rider)
    assert (free.fee_minor, free.free_until) == (0, NOW + timedelta(minutes=2))
    world.pass_time(121)
    costly = world.queries.cancellation(one, rider)
    assert (costly.fee_minor, costly.currency, costly.free_until) == (700, "CAD", None)
    _, operator = await world.queries.get_rescue(rescue.id, SUPPORT)
    assert world.queries.cancellation(one, operator).fee_minor == 0
    cancelled = await world.service.act(rescue.id, Cancel(reason="x"), RIDER)
    assert cancelled.owed is not None
    assert cancelled.owed.rider_minor == 700
    with pytest.raises(IllegalTransition):
        world.queries.cancellation(cancelled, rider)


async def test_cancelling_without_a_driver_is_always_free(world: World) -> None:
    one, rider = await world.queries.get_rescue((await world.matching()).id, RIDER)
    preview = world.queries.cancellation(one, rider)
    assert (preview.fee_minor, preview.free_until) == (0, None)


async def test_a_driver_has_no_preview_of_cancelling(world: World) -> None:
    one, driver = await world.queries.get_rescue((await world.assigned()).id, DRIVER)
    with pytest.raises(Forbidden):
        world.queries.cancellation(one, driver)


# --- messages ----------------------------------------------------------------------------------


async def test_messages_of_a_rescue_are_in_order(world: World) -> None:
    rescue = await world.assigned()
    sent = [(RIDER, "By the fountain"), (DRIVER, "Two minutes"), (SUPPORT, "All well?")]
    for sender, text in sent:
        await world.chat.send(rescue.id, sender, text)
        await asyncio.sleep(0.002)  # ids are ordered by the millisecond
    page = await world.chat.list_messages(rescue.id, RIDER, MessagesQuery(limit=2))
    assert [(m.sender.role, m.text) for m in page.items] == [
        ("rider", "By the fountain"),
        ("driver", "Two minutes"),
    ]
    rest = await world.chat.list_messages(rescue.id, DRIVER, MessagesQuery(limit=2, cursor=page.next_cursor))
    assert [m.text for m in rest.items] == ["All well?"]
    latest = await world.chat.list_messages(rescue.id, DRIVER, MessagesQuery(limit=1, sort="-at"))
    assert [m.text for m in latest.items] == ["All well?"]


async def test_the_event_of_a_message_does_not_contain_its_text(world: World) -> None:
    rescue = await world.assigned()
    message = await world.chat.send(rescue.id, RIDER, "My name is Robin")
    event = world.events[-1]
    assert event.event == MessageSent(
        message_id=message.id,
        rescue_id=rescue.id,
        rider_id="usr_rider",
        area_id="montreal",
        sender_id="usr_rider",
        driver_id="usr_driver",
    )
    view = await world.chat.view(message.id)
    assert view is not None
    assert view.text == "My name is Robin"
    assert await world.chat.view("msg_none") is None


async def test_other_users_can_neither_read_nor_write_messages(world: World) -> None:
    rescue = await world.assigned()
    with pytest.raises(NotFound):
        await world.chat.send(rescue.id, OTHER_DRIVER, "Hello")
    with pytest.raises(NotFound):
        await world.chat.list_messages(rescue.id, OTHER_RIDER, MessagesQuery())
    assert await world.chat.count(rescue.id) == 0


async def test_the_chat_closes_a_day_after_the_end(world: World) -> None:
    rescue = await world.completed()
    world.pass_time(24 * 3600)
    await world.chat.send(rescue.id, RIDER, "I left my helmet in your truck")
    world.pass_time(1)
    with pytest.raises(ChatClosed):
        await world.chat.send(rescue.id, RIDER, "Hello?")
    assert len((await world.chat.list_messages(rescue.id, RIDER, MessagesQuery())).items) == 1


# --- the console -------------------------------------------------------------------------------


async def test_the_console_shows_the_whole_rescue_and_nothing_for_an_unknown_id(world: World) -> None:
    rescue = await world.assigned()
    await world.chat.send(rescue.id, RIDER, "Hello")
    file = RescueDetails(world.store, world.queries, ChatService(world.store, world.clock, KeptViews()))
    view = await file.rescue(rescue.id)
    assert view is not None
    assert (view.id, view.pin) == (rescue.id, None)
    assert [entry.to for entry in await file.timeline(rescue.id)] == ["requested", "matching", "assigned"]
    assert await file.messages(rescue.id) == 1
    assert await file.rescue("res_qc_none") is None
    assert await file.timeline("res_qc_none") == []
