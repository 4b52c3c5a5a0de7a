"""Redis dies in mid-city and comes back empty: nothing that was accepted is lost, what was due happens,
who was signed out stays out, clients reload, and limits begin anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.crash.city import Api, City, running_city, until
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


async def ask_for_rescue(city: City, api: Api) -> str:
    """A rescue of the city's rider."""
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


async def report(api: Api, who: Person) -> None:
    at = api.container.clock.city().isoformat()
    body = {"lat": PICKUP["lat"], "lng": PICKUP["lng"], "at": at}
    await api.request(who, "POST", "/me/positions", body)


async def offer_to(api: Api, who: Person) -> str:
    """The driver drives about until there is an offer; its id."""
    async with asyncio.timeout(30):
        while True:
            await report(api, who)
            if offers := ok(await api.request(who, "GET", "/me/offers"))["items"]:
                return str(offers[0]["id"])
            await asyncio.sleep(0.2)


async def cancel(city: City, api: Api, rescue_id: str) -> None:
    body = {"reason": "found_help"}
    ok(await api.request(city.people.rider, "POST", f"/rescues/{rescue_id}/cancellation", body))


async def assert_in_order(city: City, api: Api) -> None:
    """Everything is over, paid as owed, and told of."""
    wanted = StoreRecordSource(api.container.store, city.place.stripe_url)

    async def drained() -> bool:
        facts = await read_records(wanted)
        return not invariants.drained(facts.pending_work, facts.rescues, facts.offers, facts.payments, True)

    await until(drained)
    facts = await read_records(wanted)
    assert invariants.legal_transitions(facts.rescues) == []
    assert (
        invariants.money_matches(facts.rescues, facts.payments, facts.ledger, facts.processor_payments) == []
    )
    assert invariants.one_job_per_driver(facts.rescues) == []


async def test_a_rescue_survives_a_wipe_at_every_step_of_its_life(city: City) -> None:
    driver = city.people.near
    async with city.api() as api:
        rescue_id = await ask_for_rescue(city, api)
        city.wipe()  # with it the ticket of the job that holds the card, of which no worker has heard
        async with city.worker():
            await becomes(api, rescue_id, "matching")
            city.wipe()  # nobody knows where the drivers are, until they report again
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
            await assert_in_order(city, api)
        rescue = await rescue_of(api, rescue_id)
        assert rescue.payment.captured_minor == rescue.quote.total_minor


async def test_what_is_due_happens_while_redis_is_away_and_after(
    tmp_path: Path, store_url: str, own_redis_server: EmbeddedRedis
) -> None:
    async with (
        running_city(tmp_path, store_url, own_redis_server, offer_seconds=2.0, missed_offers=9) as city,
        city.api() as api,
        city.worker(),
    ):
        rescue_id = await ask_for_rescue(city, api)
        offer_id = await offer_to(api, city.people.near)
        city.server.kill()

        async def expired() -> bool:
            offer = await api.container.store.collection(OFFERS).get(offer_id)
            return offer is not None and offer.state == "expired" and offer.settled

        await until(expired)  # though there is no Redis
        city.server.start()
        await offer_to(api, city.people.far)  # of whom nothing was known until the search that is due now
        await cancel(city, api, rescue_id)
        await assert_in_order(city, api)


async def test_who_signed_out_stays_out_and_who_did_not_stays_in(city: City) -> None:
    rider, out, within = city.people.rider, city.people.far, city.people.near

    async def status(api: Api, who: Person) -> int:
        return (await api.request(who, "GET", "/me")).status

    async def refused(api: Api, who: Person) -> None:
        """The process hears of it in a moment, and asks when it has heard nothing for one."""

        async def is_refused() -> bool:
            return await status(api, who) == 401

        await until(is_refused)

    async def refresh(api: Api, who: Person) -> int:
        body = {"refresh_token": who.refresh_token}
        return (await api.request(None, "POST", "/auth/refresh", body)).status

    async with city.api() as here, city.api() as there:
        ok(await here.request(out, "POST", "/auth/sign-out"))
        assert await status(here, out) == 401
        city.wipe()
        async with city.api() as new:  # started on the empty Redis
            assert [await status(new, who) for who in (out, within)] == [401, 200]
            await refused(there, out)
            for api in (new, here, there):
                assert [await status(api, who) for who in (out, within)] == [401, 200]
            assert [await refresh(new, who) for who in (within, out)] == [200, 401]

            city.server.kill()
            ok(await new.request(rider, "POST", "/auth/sign-out"))
            assert await status(new, rider) == 401
            async with city.api() as without:  # started without a Redis
                assert await status(without, rider) == 401
            await refused(here, rider)
            await refused(there, rider)
            city.server.start()
            for api in (new, here, there):
                assert [await status(api, who) for who in (rider, out, within)] == [401, 401, 200]


async def test_clients_are_told_of_the_new_epoch_and_hear_what_comes_in_it_once(city: City) -> None:
    rider = city.people.rider
    stream = f"user:{rider.id}"
    async with city.api() as api, city.worker(), city.realtime() as url:
        async with connected_client(url, rider.access_token) as app:
            rescue_id = await ask_for_rescue(city, api)
            await becomes(api, rescue_id, "matching")
            await app.received.wait_until(lambda heard: _statuses(heard.events) >= {"requested", "matching"})
            before = app.received.events[-1]["cursor"]
            city.wipe()
            await app.received.wait_until(lambda heard: bool(heard.payloads("stream:reset")))
            fresh = app.received.payloads("stream:reset")[-1]["heads"][stream]
            assert fresh.partition(":")[0] != before.partition(":")[0]

            # it reloads, and goes on from there
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

        # who comes back with a cursor of the old epoch is told to reload
        async with connected_client(url, rider.access_token, since={stream: before}) as returned:
            await returned.received.wait_until(lambda heard: bool(heard.payloads("stream:reset")))
        await cancel(city, api, rescue_id)
        await assert_in_order(city, api)


def _statuses(events: list[Any]) -> set[str]:
    return {event["data"]["status"] for event in events if "previous" in event["data"]}


async def test_limits_begin_full_after_a_wipe(city: City) -> None:
    async def asked(api: Api, times: int) -> list[int]:
        return [(await api.request(city.people.rider, "GET", "/me")).status for _ in range(times)]

    async with city.api(user_per_minute=30, lease=1) as api:
        assert 429 in await asked(api, 40)
        city.wipe()

        async def again() -> bool:
            return (await asked(api, 1)) == [200]

        await until(again)  # for as long as the process was told to wait, it does not ask
        assert await asked(api, 20) == [200] * 20
