"""Redis is killed and comes back empty: accepted work is not lost, deadlines fire, ended sessions stay ended,
clients reload, and rate limits start anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.crash.city import TIMEOUT_S, Api, City, running_city, until
from support.crash.deployment import Person
from support.crash.life import DROPOFF, PICKUP, ok
from support.realtime import connected_client
from supportcarr.dispatch.collections import OFFERS
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.model import Rescue
from supportcarr.supervisor.embedded_redis import EmbeddedRedis
from supportcarr_lab.verification import invariants
from supportcarr_lab.verification.records import read_records
from supportcarr_lab.verification.store_source import StoreRecordSource


@pytest.fixture
async def city(tmp_path: Path, store_url: str, own_redis_server: EmbeddedRedis) -> AsyncIterator[City]:
    async with running_city(tmp_path, store_url, own_redis_server) as running:
        yield running


async def request_rescue(city: City, api: Api) -> str:
    """Request a rescue for the city's rider and return its id."""
    rider = city.people.rider
    quote = {"kind": "rescue", "problem": "flat_tire", "pickup": PICKUP, "dropoff": DROPOFF}
    quoted = ok(await api.request(rider, "POST", "/quotes", quote))
    body = {"quote_id": quoted["id"], "payment_method_id": city.people.card}
    return str(ok(await api.request(rider, "POST", "/rescues", body, key="the rescue"))["id"])


async def rescue_of(api: Api, rescue_id: str) -> Rescue:
    rescue = await api.container.store.collection(RESCUES).get(rescue_id)
    assert rescue is not None
    return rescue


async def becomes(api: Api, rescue_id: str, status: str) -> None:
    async def became() -> bool:
        return (await rescue_of(api, rescue_id)).status == status

    await until(became)


async def report(api: Api, person: Person) -> None:
    at = api.container.clock.city().isoformat()
    body = {"lat": PICKUP["lat"], "lng": PICKUP["lng"], "at": at}
    await api.request(person, "POST", "/me/positions", body)


async def offer_to(api: Api, person: Person) -> str:
    """Report the driver's position until there is an offer; return its id."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            await report(api, person)
            if offers := ok(await api.request(person, "GET", "/me/offers"))["items"]:
                return str(offers[0]["id"])
            await asyncio.sleep(0.2)


async def cancel(city: City, api: Api, rescue_id: str) -> None:
    body = {"reason": "found_help"}
    ok(await api.request(city.people.rider, "POST", f"/rescues/{rescue_id}/cancellation", body))


async def assert_consistent(city: City, api: Api) -> None:
    """Everything has ended and was relayed, and payments match the charges."""
    source = StoreRecordSource(api.container.store, city.deployment.stripe_url)

    async def drained() -> bool:
        found = await read_records(source)
        return not invariants.drained(found.pending_work, found.rescues, found.offers, found.payments, True)

    await until(drained)
    found = await read_records(source)
    assert invariants.legal_transitions(found.rescues) == []
    assert (
        invariants.money_matches(found.rescues, found.payments, found.ledger, found.processor_payments) == []
    )
    assert invariants.one_job_per_driver(found.rescues) == []


async def test_a_rescue_survives_a_wipe_at_every_step_of_its_life(city: City) -> None:
    driver = city.people.near
    async with city.api() as api:
        rescue_id = await request_rescue(city, api)
        city.wipe()  # including the queue entry of the job that holds the card
        async with city.worker():
            await becomes(api, rescue_id, "matching")
            city.wipe()  # the drivers' positions are unknown until they report again
            offer_id = await offer_to(api, driver)
            city.wipe()
            ok(await api.request(driver, "POST", f"/offers/{offer_id}/acceptance"))
            city.wipe()
            pin = (await rescue_of(api, rescue_id)).pin
            for step, body in (
                ("departure", None),
                ("arrival", None),
                ("start", {"pin": pin}),
                ("completion", {"outcome": "delivered"}),
            ):
                ok(await api.request(driver, "POST", f"/rescues/{rescue_id}/{step}", body))
                city.wipe()
            await assert_consistent(city, api)
        rescue = await rescue_of(api, rescue_id)
        assert rescue.payment.captured_minor == rescue.quote.total_minor


async def test_deadlines_fire_without_redis_and_after(
    tmp_path: Path, store_url: str, own_redis_server: EmbeddedRedis
) -> None:
    async with (
        running_city(tmp_path, store_url, own_redis_server, offer_seconds=2.0, missed_offers=9) as city,
        city.api() as api,
        city.worker(),
    ):
        rescue_id = await request_rescue(city, api)
        offer_id = await offer_to(api, city.people.near)
        city.server.kill()

        async def expired() -> bool:
            offer = await api.container.store.collection(OFFERS).get(offer_id)
            return offer is not None and offer.state == "expired" and offer.settled

        await until(expired)  # without Redis
        city.server.start()
        await offer_to(api, city.people.far)  # whose position was unknown until the search that is due now
        await cancel(city, api, rescue_id)
        await assert_consistent(city, api)


async def test_only_ended_sessions_are_refused_after_a_wipe(city: City) -> None:
    rider, out, within = city.people.rider, city.people.far, city.people.near

    async def status(api: Api, person: Person) -> int:
        return (await api.request(person, "GET", "/me")).status

    async def refused(api: Api, person: Person) -> None:
        """Wait until the process refuses the token: it polls the revocation log, or else the store."""

        async def is_refused() -> bool:
            return await status(api, person) == 401

        await until(is_refused)

    async def refresh(api: Api, person: Person) -> int:
        body = {"refresh_token": person.refresh_token}
        return (await api.request(None, "POST", "/auth/refresh", body)).status

    async with city.api() as here, city.api() as there:
        ok(await here.request(out, "POST", "/auth/sign-out"))
        assert await status(here, out) == 401
        city.wipe()
        async with city.api() as new:  # started on the empty Redis
            assert [await status(new, person) for person in (out, within)] == [401, 200]
            await refused(there, out)
            for api in (new, here, there):
                assert [await status(api, person) for person in (out, within)] == [401, 200]
            assert [await refresh(new, person) for person in (within, out)] == [200, 401]

            city.server.kill()
            ok(await new.request(rider, "POST", "/auth/sign-out"))
            assert await status(new, rider) == 401
            async with city.api() as without:  # started without a Redis
                assert await status(without, rider) == 401
            await refused(here, rider)
            await refused(there, rider)
            city.server.start()
            for api in (new, here, there):
                assert [await status(api, person) for person in (rider, out, within)] == [401, 401, 200]


async def test_clients_reload_in_the_new_epoch_and_receive_each_event_once(city: City) -> None:
    rider = city.people.rider
    stream = f"user:{rider.id}"
    async with city.api() as api, city.worker(), city.realtime() as url:
        async with connected_client(url, rider.access_token) as app:
            rescue_id = await request_rescue(city, api)
            await becomes(api, rescue_id, "matching")
            await app.received.wait_until(lambda heard: _statuses(heard.events) >= {"requested", "matching"})
            before = app.received.events[-1]["cursor"]
            city.wipe()
            await app.received.wait_until(lambda heard: bool(heard.payloads("stream:reset")))
            fresh = app.received.payloads("stream:reset")[-1]["heads"][stream]
            assert fresh.partition(":")[0] != before.partition(":")[0]

            # the client reloads its state and continues from there
            loaded = ok(await api.request(rider, "GET", f"/rescues/{rescue_id}"))
            assert loaded["status"] == "matching"
            already = len(app.received.events)
            offer_id = await offer_to(api, city.people.near)
            ok(await api.request(city.people.near, "POST", f"/offers/{offer_id}/acceptance"))
            await app.received.wait_until(lambda heard: "assigned" in _statuses(heard.events[already:]))
            later = app.received.events[already:]
            epochs = {event["cursor"].partition(":")[0] for event in later}
            assert epochs == {fresh.partition(":")[0]}
            numbers = [int(event["cursor"].partition(":")[2]) for event in later]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert len({event["id"] for event in later}) == len(later)

        # a client that reconnects with a cursor of the old epoch must reload
        async with connected_client(url, rider.access_token, since={stream: before}) as returned:
            await returned.received.wait_until(lambda heard: bool(heard.payloads("stream:reset")))
        await cancel(city, api, rescue_id)
        await assert_consistent(city, api)


def _statuses(events: list[Any]) -> set[str]:
    return {event["data"]["status"] for event in events if "previous" in event["data"]}


async def test_rate_limits_start_full_after_a_wipe(city: City) -> None:
    async def status(api: Api) -> int:
        return (await api.request(city.people.rider, "GET", "/me")).status

    async with city.api(user_per_minute=30, lease=1) as api:

        async def refused() -> bool:
            return await status(api) == 429

        async def allowed() -> bool:
            return await status(api) == 200

        for _ in range(30):
            await status(api)
        async with asyncio.timeout(TIMEOUT_S):
            while not await refused():  # a token grows every two seconds
                pass
        city.wipe()
        # The process does not ask Redis again until the time it was told to wait has passed.
        await until(allowed)
        assert [await status(api) for _ in range(20)] == [200] * 20
