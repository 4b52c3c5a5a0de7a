"""Rating a rescue over HTTP: both ways, shown together, reported, reviewed, erased."""

from __future__ import annotations

import pytest

from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import PreparedRescue, RescueFactory, expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400.0


async def rate(who: CheckedClient, ride: PreparedRescue, stars: int, **given: object) -> object:
    return expect(await who.post(f"{ride.path}/rating", {"stars": stars, **given}), 200)


async def test_both_ratings_are_shown_together(platform: Platform, factory: RescueFactory) -> None:
    ride = await factory.in_state("completed")
    rider, driver = ride.rider, ride.assigned_driver
    kinds = [n["kind"] for n in expect(await rider.get("/me/notifications"), 200)["items"]]
    assert "rating_requested" in kinds
    assert (await ride.view())["driver"]["rating"] is None
    seen = await rate(rider, ride, 4, reasons=["on_time"], comment="Very kind")
    assert seen == expect(await rider.get(f"{ride.path}/ratings"), 200)
    before = expect(await driver.get(f"{ride.path}/ratings"), 200)
    assert (before["mine"], before["theirs"], before["may_rate"]) == (None, None, True)
    assert "kept_waiting" in before["reasons"]
    assert expect(await driver.get("/me/ratings"), 200)["count"] == 0

    await rate(driver, ride, 5, reasons=["ready"])
    await platform.settle()
    after = expect(await driver.get(f"{ride.path}/ratings"), 200)
    assert (after["theirs"]["stars"], after["theirs"]["comment"]) == (4, "Very kind")
    assert after["theirs"]["reasons"] == ["on_time"] and after["may_rate"] is False
    assert expect(await rider.get(f"{ride.path}/ratings"), 200)["theirs"]["stars"] == 5
    own = expect(await driver.get("/me/ratings"), 200)
    assert (own["role"], own["average"], own["count"], own["distribution"]["4"]) == ("driver", 4.53, 1, 1)
    latest = expect(await driver.get("/me/notifications"), 200)["items"]
    assert "rating_shown" in [n["kind"] for n in latest]
    latest = expect(await rider.get("/me/notifications"), 200)["items"]
    assert [n["kind"] for n in latest].count("rating_shown") == 1

    operator = await platform.person("support")
    both = expect(await operator.get(f"{ride.path}/ratings"), 200)
    assert (both["by_rider"]["stars"], both["by_driver"]["stars"]) == (4, 5)


async def test_the_driver_s_rating_is_on_the_card_of_the_next_rescue(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.in_state("completed")
    driver = ride.assigned_driver
    await rate(ride.rider, ride, 1)
    await rate(driver, ride, 5)
    rider, card = await factory.rider()
    await factory.report(driver)
    rescue_id = await factory.request(rider, card)
    [offer] = expect(await driver.get("/me/offers"), 200)["items"]
    expect(await driver.post(f"/offers/{offer['id']}/acceptance"), 200)
    await platform.settle()
    assert expect(await rider.get(f"/rescues/{rescue_id}"), 200)["driver"]["rating"] == 4.2


async def test_each_side_rates_once_in_time_and_only_what_is_over(
    platform: Platform, factory: RescueFactory
) -> None:
    ride, live = await factory.in_state("completed"), await factory.arrived()
    missed = await factory.in_state("no_show")
    await rate(ride.rider, ride, 4)
    await rate(ride.rider, ride, 4)
    assert (await ride.rider.post(f"{ride.path}/rating", {"stars": 5})).code == "already_rated"
    for other in (live, missed):
        assert (await other.rider.post(f"{other.path}/rating", {"stars": 5})).code == "rating_not_possible"
        assert expect(await other.rider.get(f"{other.path}/ratings"), 200)["may_rate"] is False
    assert (await live.rider.post(f"{ride.path}/rating", {"stars": 5})).status == 404
    assert (await live.rider.get(f"{ride.path}/ratings")).status == 404
    path = f"{ride.path}/rating"
    for wrong in ({"stars": 0}, {"stars": 6}, {"stars": 5, "reasons": ["late"]}, {"stars": 5, "x": 1}):
        assert (await ride.assigned_driver.post(path, wrong)).status == 422, wrong
    platform.clock.advance(31 * DAY)
    assert (await ride.assigned_driver.post(f"{ride.path}/rating", {"stars": 5})).code == "rating_closed"


async def test_one_rating_is_shown_after_seven_days(platform: Platform, factory: RescueFactory) -> None:
    ride = await factory.in_state("completed")
    driver = ride.assigned_driver
    await rate(ride.rider, ride, 3)
    document = f"rat_{ride.rescue_id.rpartition('_')[2]}"
    platform.clock.advance(7 * DAY - 1)
    await platform.fire_deadline("ratings", document)
    assert expect(await driver.get(f"{ride.path}/ratings"), 200)["theirs"] is None
    platform.clock.advance(1)
    await platform.fire_deadline("ratings", document)
    assert expect(await driver.get(f"{ride.path}/ratings"), 200)["theirs"]["stars"] == 3
    assert (await driver.post(f"{ride.path}/rating", {"stars": 1})).code == "rating_closed"


async def test_low_and_reported_ratings_are_reviewed(platform: Platform, factory: RescueFactory) -> None:
    ride = await factory.in_state("completed")
    rider, driver, operator = ride.rider, ride.assigned_driver, await platform.person("support")
    await rate(rider, ride, 1, comment="Never again")
    await rate(driver, ride, 4, comment="Rude words")
    await platform.settle()

    async def queue() -> dict[str, dict[str, object]]:
        items = expect(await operator.get("/admin/ratings?review=open"), 200)["items"]
        return {item["by"]["role"]: item for item in items if item["rescue_id"] == ride.rescue_id}

    waiting = await queue()
    assert set(waiting) == {"rider"}
    assert (waiting["rider"]["stars_in_return"], waiting["rider"]["report"]) == (4, None)
    low = str(waiting["rider"]["id"])
    theirs = expect(await rider.get(f"{ride.path}/ratings"), 200)["theirs"]["id"]
    for _ in range(2):
        expect(await rider.post(f"/ratings/{theirs}/report", {"reason": "Insulting"}), 204)
    assert (await driver.post(f"/ratings/{theirs}/report", {"reason": "Mine"})).status == 404
    reported = (await queue())["driver"]
    assert reported["report"] == {"reason": "Insulting"}

    decision = {"decision": "hide", "note": "Revenge"}
    expect(await operator.post(f"/admin/ratings/{low}/review", decision), 200)
    expect(await operator.post(f"/admin/ratings/{theirs}/review", {"decision": "keep"}), 200)
    await platform.settle()
    assert await queue() == {}
    assert expect(await driver.get("/me/ratings"), 200)["count"] == 0
    assert expect(await driver.get(f"{ride.path}/ratings"), 200)["theirs"] is None
    assert expect(await rider.get(f"{ride.path}/ratings"), 200)["mine"]["stars"] == 1
    assert expect(await rider.get("/me/ratings"), 200)["count"] == 1
    admin = await platform.person("admin")
    log = expect(await admin.get(f"/admin/audit-log?subject={low}"), 200)["items"]
    assert [(entry["action"], entry["reason"]) for entry in log] == [("ratings.review", "Revenge")]


async def test_the_words_of_an_erased_person_are_gone_and_the_stars_count(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.in_state("completed")
    rider, driver = ride.rider, ride.assigned_driver
    await rate(rider, ride, 5, comment="Call me at home")
    await rate(driver, ride, 2, comment="He shouted")
    await platform.settle()
    [ratings] = [part for part in platform.container.deletions.parts if part.part == "ratings"]
    given = (await ratings.export(rider.user_id))["given"]
    assert [(one["stars"], one["comment"]) for one in given] == [(5, "Call me at home")]
    expect(await rider.send("DELETE", "/me"), 202)
    await platform.settle()
    platform.clock.advance(14 * DAY)
    await platform.fire_deadline("deletions", rider.user_id)
    view = expect(await driver.get(f"{ride.path}/ratings"), 200)
    assert (view["theirs"]["stars"], view["theirs"]["comment"], view["mine"]["comment"]) == (5, None, None)
    assert expect(await driver.get("/me/ratings"), 200)["count"] == 1
