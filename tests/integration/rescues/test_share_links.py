"""Share links: who may make one, what it shows, and when it ends."""

from __future__ import annotations

import msgspec
import pytest

from support.rescues.builders import NOW
from support.rescues.world import DRIVER, OTHER_RIDER, RIDER, SUPPORT, World
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import JobPosition
from supportcarr.rescues.collections import RESCUES, SHARE_LINKS
from supportcarr.rescues.commands import Cancel
from supportcarr.rescues.errors import ShareLinksClosed, TooManyShareLinks
from supportcarr.rescues.personal_data import RescueData
from supportcarr.rescues.settings import RescueSettings
from supportcarr.rescues.share_link_model import SHARE_LINKS_MAX
from supportcarr.rescues.share_link_schemas import SharedRescueView, ShareLinkView
from supportcarr.rescues.share_links import ShareLinkService

HERE = GeoPoint(45.53, -73.57)


class Positions:
    """Every driver is here, three minutes from the next stop."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def on_job(self, driver_id: str, rescue_id: str) -> JobPosition | None:
        self.asked.append((driver_id, rescue_id))
        return JobPosition(HERE, NOW, heading=90.0, eta_seconds=180)


@pytest.fixture
def positions() -> Positions:
    return Positions()


@pytest.fixture
def links(world: World, positions: Positions) -> ShareLinkService:
    return made(world, positions, "secret of now")


def made(world: World, positions: Positions, secret: str) -> ShareLinkService:
    return ShareLinkService(
        world.store,
        world.clock,
        drivers=world.directory,
        positions=positions,
        settings=RescueSettings(),
        secret=secret,
    )


async def view(links: ShareLinkService, token: str, world: World) -> SharedRescueView:
    return SharedRescueView.of(await links.open(token), world.clock.city())


async def test_a_friend_sees_driver_truck_and_time_and_nothing_else(
    world: World, links: ShareLinkService
) -> None:
    rescue = await world.assigned()
    _, token = await links.create(rescue.id, RIDER)
    shown = msgspec.to_builtins(await view(links, token, world))
    assert shown["status"] == "assigned"
    assert shown["driver"]["name"] == "Dominique"
    assert shown["driver"]["vehicle"]["plate"] == "F12 3AB"
    assert (shown["position"]["lat"], shown["position"]["heading"], shown["eta_seconds"]) == (45.53, 90, 180)
    pickup = rescue.quote.pickup
    assert shown["pickup"] == {"lat": round(pickup.lat, 2), "lng": round(pickup.lng, 2)}
    text = str(shown)
    for secret in (rescue.pin, rescue.id, "usr_", "phone", "minor", "••"):
        assert secret not in text


async def test_the_store_has_no_token(world: World, links: ShareLinkService) -> None:
    link, token = await links.create((await world.matching()).id, RIDER)
    assert len(token) >= 32
    stored = await world.store.collection(SHARE_LINKS).get(link.id)
    assert token not in str(stored)
    shown = ShareLinkView.of(await links.create(link.rescue_id, RIDER), "https://a.example/")
    assert shown.url == f"https://a.example/track#{shown.token}"


@pytest.mark.parametrize("somebody", [OTHER_RIDER, DRIVER, SUPPORT])
async def test_only_the_rider_has_links(world: World, links: ShareLinkService, somebody: object) -> None:
    rescue = await world.assigned()
    link, _ = await links.create(rescue.id, RIDER)
    with pytest.raises(NotFound):
        await links.create(rescue.id, somebody)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await links.list_links(rescue.id, somebody)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await links.end(rescue.id, link.id, somebody)  # type: ignore[arg-type]
    assert [one.link.id for one in await links.list_links(rescue.id, RIDER)] == [link.id]


async def test_unknown_ended_and_expired_links_are_the_same(world: World, links: ShareLinkService) -> None:
    rescue = await world.matching()
    link, ended = await links.create(rescue.id, RIDER)
    _, expired = await links.create(rescue.id, RIDER)
    await links.end(rescue.id, link.id, RIDER)
    with pytest.raises(NotFound):
        await links.end(rescue.id, link.id, RIDER)
    assert (await view(links, expired, world)).status == "matching"
    world.pass_time(24 * 3600)
    for token in (ended, expired, "x" * 32):
        with pytest.raises(NotFound) as raised:
            await links.open(token)
        assert raised.value.detail == NotFound().detail
    assert await links.list_links(rescue.id, RIDER) == []


async def test_a_link_shows_the_end_for_a_while_without_places(
    world: World, links: ShareLinkService, positions: Positions
) -> None:
    rescue = await world.matching()
    _, token = await links.create(rescue.id, RIDER)
    await world.service.act(rescue.id, Cancel(reason="changed my mind"), RIDER)
    shown = await view(links, token, world)
    assert (shown.status, shown.pickup, shown.dropoff, shown.position) == ("cancelled", None, None, None)
    assert "changed my mind" not in str(shown)
    assert positions.asked == []
    world.pass_time(1801)
    with pytest.raises(NotFound):
        await links.open(token)
    with pytest.raises(ShareLinksClosed):
        await links.create(rescue.id, RIDER)


async def test_the_truck_is_hidden_while_the_driver_finishes_another_rescue(
    world: World, links: ShareLinkService, positions: Positions
) -> None:
    rescue = await world.matching()
    assert await world.service.assign(
        rescue.id, driver_id="usr_driver", offer_id="off_1", eta_seconds=300, queued_behind="res_qc_2"
    )
    _, token = await links.create(rescue.id, RIDER)
    shown = await view(links, token, world)
    assert (shown.queued, shown.position, shown.eta_seconds) == (True, None, 300)
    assert positions.asked == []


async def test_a_repeated_request_is_the_same_link(world: World, links: ShareLinkService) -> None:
    rescue = await world.matching()
    first = await links.create(rescue.id, RIDER, link_id="shl_1")
    assert await links.create(rescue.id, RIDER, link_id="shl_1") == first
    assert await links.list_links(rescue.id, RIDER) == [first]
    other = await links.create(rescue.id, RIDER)
    assert other.token != first.token


async def test_a_rescue_has_a_limited_number_of_links(world: World, links: ShareLinkService) -> None:
    rescue = await world.matching()
    for _ in range(SHARE_LINKS_MAX):
        await links.create(rescue.id, RIDER)
    with pytest.raises(TooManyShareLinks):
        await links.create(rescue.id, RIDER)


async def test_links_survive_a_change_of_the_secret(world: World, positions: Positions) -> None:
    rescue = await world.matching()
    _, token = await made(world, positions, "old").create(rescue.id, RIDER)
    rotated = made(world, positions, "new, old")
    assert (await rotated.open(token)).rescue.id == rescue.id
    assert [one.token for one in await rotated.list_links(rescue.id, RIDER)] == [token]


async def test_links_are_exported_and_erased_with_their_rider(world: World, links: ShareLinkService) -> None:
    rescue = await world.matching()
    _, token = await links.create(rescue.id, RIDER)
    data = RescueData(world.store)
    [exported] = (await data.export("usr_rider"))["share_links"]
    assert exported["rescue_id"] == rescue.id
    assert token not in str(exported)
    await data.forget("usr_rider")
    with pytest.raises(NotFound):
        await links.open(token)
    assert await world.store.collection(RESCUES).get(rescue.id) is not None
