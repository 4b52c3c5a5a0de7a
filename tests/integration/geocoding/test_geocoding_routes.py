"""Searching places over HTTP: a person's own and names on the map; nobody else's."""

from __future__ import annotations

import pytest

from support.platform.in_process import Platform
from support.rescues.fixtures import RescueFactory, expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = {"name": "Chez moi", "lat": 45.5301, "lng": -73.6012, "address": "1234 rue Rachel Est"}


async def test_own_places_names_and_nobody_elses(platform: Platform, factory: RescueFactory) -> None:
    rider, other = await platform.person("rider"), await platform.person("rider")
    expect(await rider.create("/me/places", HOME), 201)

    found = expect(await rider.get("/geocoding?q=chez"), 200)["items"]
    assert found == [
        {
            "label": "Chez moi",
            "detail": "1234 rue Rachel Est",
            "lat": 45.5301,
            "lng": -73.6012,
            "source": "saved",
        }
    ]
    assert expect(await other.get("/geocoding?q=chez"), 200)["items"] == []
    assert expect(await other.get("/geocoding"), 200)["items"] == []
    named = expect(await other.get("/geocoding?q=outrem&lat=45.5&lng=-73.6&limit=1"), 200)["items"]
    assert [(one["source"], one["label"]) for one in named] == [("named", "Outremont")]

    at_home = expect(await rider.get("/geocoding/reverse?lat=45.5302&lng=-73.6012"), 200)["items"]
    assert [one["label"] for one in at_home] == ["Chez moi"]
    there = expect(await other.get("/geocoding/reverse?lat=45.5302&lng=-73.6012"), 200)["items"]
    assert {one["source"] for one in there} == {"named"}


async def test_where_the_rider_was_helped_is_found_again(platform: Platform, factory: RescueFactory) -> None:
    ride = await factory.in_state("completed")
    view = await ride.view()
    addresses = [view[end]["address"] for end in ("pickup", "dropoff") if view[end].get("address")]
    recent = expect(await ride.rider.get("/geocoding?limit=10"), 200)["items"]
    assert [one["label"] for one in recent if one["source"] == "recent"] == addresses
    driver = expect(await ride.assigned_driver.get("/geocoding?limit=10"), 200)["items"]
    assert driver == []  # the rider's places are not the driver's


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("q=x&lat=45.5", "lat and lng"),
        ("q=x&limit=11", "limit"),
        ("q=x&language=de", "language"),
        (f"q={'x' * 201}", "q"),
        ("q=x&lat=91&lng=0", "lat"),
    ],
)
async def test_a_bad_query_is_refused(platform: Platform, query: str, named: str) -> None:
    rider = await platform.person("rider")
    answer = await rider.get(f"/geocoding?{query}")
    assert answer.status == 422
    assert named in str(answer.body)


async def test_only_signed_in_people_may_search(platform: Platform) -> None:
    assert (await platform.anonymous().get("/geocoding?q=x")).status == 401
