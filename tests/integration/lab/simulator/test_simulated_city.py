"""A simulated city against a fake platform: the behaviour of its people, and failures of the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from support.simulator.city_records import records_of
from support.simulator.fake_city import TOTAL, FakeCity
from support.simulator.idle_time import LoopClock, use_loop_time
from supportcarr_lab.simulator.city import CityOutcome, run_city
from supportcarr_lab.simulator.client import RequestFailed
from supportcarr_lab.simulator.context import CityOptions
from supportcarr_lab.simulator.demand import job_plan, offer_plan, rider_plan
from supportcarr_lab.simulator.operator_sign_in import Operator
from supportcarr_lab.simulator.progress import Progress
from supportcarr_lab.verification.report import verify_records


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """Time passes only while nobody in the city has anything to do."""
    return use_loop_time(monkeypatch)


@pytest.fixture
async def fake(clock: LoopClock) -> AsyncIterator[FakeCity]:
    async with FakeCity() as city:
        yield city


def options(
    fake: FakeCity,
    folder: Path,
    *,
    requests: int | None = 1,
    riders: int = 1,
    drivers: int = 1,
    seed: int = 1,
    seconds: float | None = 0.3,
) -> CityOptions:
    """Options of a small city.  *requests*: recorded requests at its start; ``None``: no recorded demand."""
    demand = None
    if requests is not None:
        demand = folder / "demand.csv"
        demand.write_text("at,lat,lng\n" + "0,45.52,-73.57\n" * requests)
    return CityOptions(
        base_url=fake.base_url,
        realtime_url=fake.base_url,
        operator=Operator(phone="+15145550001", password="secret-admin"),
        riders=riders,
        drivers=drivers,
        data=folder,
        seed=seed,
        seconds=seconds,
        demand=demand,
        quiet_seconds=0.7,
    )


async def run_to_end(fake: FakeCity, folder: Path, **values: int | float | None) -> CityOutcome:
    """Run a city and return its outcome; nobody crashed and every client caught up."""
    outcome = await asyncio.wait_for(run_city(options(fake, folder, **values)), 60)  # type: ignore[arg-type]  # of options
    assert outcome.crashed == []
    assert outcome.caught_up
    return outcome


def findings(fake: FakeCity, outcome: CityOutcome) -> dict[str, list[str]]:
    return verify_records(outcome, records_of(fake, TOTAL)).findings


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)


def seed_where(fits: Callable[[int], bool]) -> int:
    """The first seed for which *fits* is true."""
    return next(seed for seed in range(100_000) if fits(seed))


def normal_driver(seed: int) -> bool:
    return offer_plan(seed, 0, 0).behaviour == "accepts" and job_plan(seed, 0, 0).behaviour == "normal"


def the_rescue(fake: FakeCity) -> dict[str, object]:
    (rescue,) = fake.rescues.values()
    return rescue


@pytest.mark.parametrize(
    ("habit", "end"),
    [
        ("normal", "completed"),
        ("goes_silent", "completed"),
        ("card_fails", "rejected"),
        ("absent", "no_show"),
        ("cancels", "cancelled"),
    ],
)
async def test_each_rider_behaviour_leads_to_its_end(
    fake: FakeCity, tmp_path: Path, habit: str, end: str
) -> None:
    def fits(seed: int) -> bool:
        plan = rider_plan(seed, -1, 0)
        soon = habit != "cancels" or plan.cancel_when == "soon"
        return plan.behaviour == habit and soon and normal_driver(seed)

    outcome = await run_to_end(fake, tmp_path, seed=seed_where(fits))
    assert the_rescue(fake)["status"] == end
    assert findings(fake, outcome) == {}


@pytest.mark.parametrize(
    ("habit", "end"),
    [
        ("fixes_on_spot", "completed"),
        ("wrong_pin", "completed"),
        ("goes_silent", "completed"),
        ("aborts", "aborted"),
        ("releases", "unserved"),
    ],
)
async def test_each_driver_behaviour_leads_to_its_end(
    fake: FakeCity, tmp_path: Path, habit: str, end: str
) -> None:
    def fits(seed: int) -> bool:
        takes = offer_plan(seed, 0, 0).behaviour == "accepts" and job_plan(seed, 0, 0).behaviour == habit
        return takes and rider_plan(seed, -1, 0).behaviour == "normal"

    outcome = await run_to_end(fake, tmp_path, seed=seed_where(fits))
    rescue = the_rescue(fake)
    assert rescue["status"] == end
    assert (rescue["outcome"] == "fixed_on_spot") == (habit == "fixes_on_spot")
    assert outcome.problems.get("POST /rescues/*/start 422 pin_wrong", 0) == (habit == "wrong_pin")
    assert findings(fake, outcome) == {}


async def test_a_declined_or_unanswered_offer_goes_to_another_driver(fake: FakeCity, tmp_path: Path) -> None:
    def fits(seed: int) -> bool:
        first, second = offer_plan(seed, 0, 0).behaviour, offer_plan(seed, 1, 0).behaviour
        third = offer_plan(seed, 2, 0).behaviour == "accepts" and job_plan(seed, 2, 0).behaviour == "normal"
        normal = rider_plan(seed, -1, 0).behaviour == "normal"
        return third and normal and {first, second} == {"declines", "goes_silent"}

    outcome = await run_to_end(fake, tmp_path, drivers=3, seed=seed_where(fits))
    assert sorted(offer["state"] for offer in fake.offers.values()) == ["accepted", "declined", "expired"]
    assert the_rescue(fake)["status"] == "completed"
    assert findings(fake, outcome) == {}


async def test_a_city_of_several_people_is_exact_and_each_has_an_address(
    fake: FakeCity, tmp_path: Path
) -> None:
    reported: list[Progress] = []
    city = options(fake, tmp_path, requests=12, riders=5, drivers=4, seconds=3.0)
    outcome = await asyncio.wait_for(run_city(city, reported.append), 60)
    assert findings(fake, outcome) == {}
    assert len(fake.rescues) == sum(len(journal.accepted_rescues) for journal in outcome.journals) > 5
    assert len(fake.addresses - {""}) == 5 + 4 + 1
    assert reported[-1].phase == "done"
    assert outcome.positions["sent"] > 0


async def test_trucks_move_continuously(fake: FakeCity, tmp_path: Path) -> None:
    await run_to_end(fake, tmp_path, requests=None, drivers=2, seconds=2.0)
    for positions in fake.positions.values():
        places = {(p["lat"], p["lng"]) for p in positions}
        assert len(places) > 3
        assert sorted(positions, key=lambda p: str(p["at"])) == positions
        assert all(p["speed"] < 10 for p in positions)


async def test_riders_request_rescues_without_recorded_demand(fake: FakeCity, tmp_path: Path) -> None:
    outcome = await run_to_end(fake, tmp_path, requests=None, riders=6, drivers=4, seconds=4.0)
    assert fake.rescues
    assert findings(fake, outcome) == {}


async def test_a_second_run_hashes_no_password_and_starts_at_the_last_places(
    fake: FakeCity, tmp_path: Path
) -> None:
    await run_to_end(fake, tmp_path, riders=2, drivers=2)
    hashed, rescues = fake.passwords_hashed, len(fake.rescues)
    last = {user_id: positions[-1] for user_id, positions in fake.positions.items()}
    fake.positions.clear()
    outcome = await run_to_end(fake, tmp_path, riders=2, drivers=2, seed=2)
    assert fake.passwords_hashed == hashed
    assert len(fake.rescues) == rescues + 1
    for user_id, positions in fake.positions.items():
        assert positions[0]["lat"] == pytest.approx(last[user_id]["lat"], abs=0.02)
    assert findings(fake, outcome) == {}
    assert verify_records(outcome, records_of(fake, TOTAL)).report.rescues["requested"] == 1


async def test_an_ended_session_leads_to_a_sign_in(fake: FakeCity, tmp_path: Path) -> None:
    await run_to_end(fake, tmp_path)
    fake.tokens.clear()
    await run_to_end(fake, tmp_path)
    assert len([user for user in fake.users.values() if user["role"] == "rider"]) == 1


async def test_an_unknown_account_leads_to_a_sign_up(tmp_path: Path) -> None:
    async with FakeCity() as first:
        await run_to_end(first, tmp_path)
    async with FakeCity() as second:
        await run_to_end(second, tmp_path)
        assert the_rescue(second)["status"] is not None


async def test_a_live_rescue_of_an_earlier_run_is_continued(fake: FakeCity, tmp_path: Path) -> None:
    seed = seed_where(lambda seed: normal_driver(seed) and rider_plan(seed, -1, 0).behaviour == "normal")
    stop = asyncio.Event()
    city = options(fake, tmp_path, seed=seed, seconds=None)
    running = asyncio.create_task(run_city(city, stop=stop))
    on_the_way = ("en_route", "arrived", "in_transit")
    await until(lambda: bool(fake.rescues) and the_rescue(fake)["status"] in on_the_way)
    stop.set()
    outcome = await asyncio.wait_for(running, 60)
    assert outcome.still_live == 1
    assert all(journal.received == [] for journal in outcome.journals), "an endless city keeps no journal"
    await run_to_end(fake, tmp_path, requests=0, seed=seed)
    assert the_rescue(fake)["status"] == "completed"


async def test_a_driver_put_offline_goes_online_again(fake: FakeCity, tmp_path: Path) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_city(options(fake, tmp_path, requests=0, riders=0, seconds=None), stop=stop)
    )

    def online() -> bool:
        return any(user["online"] and user["role"] == "driver" for user in fake.users.values())

    await until(online)
    await until(lambda: bool(fake.positions))
    fake.put_offline(next(user for user in fake.users.values() if user["role"] == "driver"))
    await until(online)
    stop.set()
    assert (await asyncio.wait_for(running, 60)).crashed == []


async def test_a_session_that_ends_during_a_run_leads_to_a_sign_in(fake: FakeCity, tmp_path: Path) -> None:
    seed = seed_where(lambda seed: normal_driver(seed) and rider_plan(seed, -1, 0).behaviour == "normal")
    running = asyncio.create_task(run_city(options(fake, tmp_path, seed=seed)))
    await until(lambda: bool(fake.rescues) and the_rescue(fake)["status"] == "en_route")
    fake.tokens.clear()
    outcome = await asyncio.wait_for(running, 60)
    assert the_rescue(fake)["status"] == "completed"
    assert findings(fake, outcome) == {}


async def test_events_that_were_not_sent_are_requested(fake: FakeCity, tmp_path: Path) -> None:
    fake.lose = {"offer:closed", "payment:processed", "notification:new", "rescue:status_update"}
    outcome = await run_to_end(fake, tmp_path, requests=4, riders=2, drivers=2, seconds=2.0)
    assert fake.lose == set()
    assert findings(fake, outcome) == {}


async def test_an_event_that_reached_no_stream_is_reported_lost(fake: FakeCity, tmp_path: Path) -> None:
    fake.withhold = {"payment:processed"}
    outcome = await run_to_end(fake, tmp_path)
    assert list(findings(fake, outcome)) == ["events_exact"]


async def test_dropped_connections_and_lost_streams_lose_no_event(
    fake: FakeCity, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    city = options(fake, tmp_path, requests=12, riders=5, drivers=4, seconds=3.0)
    running = asyncio.create_task(run_city(city))
    await until(lambda: len(fake.rescues) >= 3)
    for _ in range(3):
        await fake.drop_connections()
        await asyncio.sleep(0.1)
        await fake.wipe()
        await asyncio.sleep(0.4)
    outcome = await asyncio.wait_for(running, 60)
    assert findings(fake, outcome) == {}
    assert any(
        not subscription.first for journal in outcome.journals for subscription in journal.subscriptions
    )
    assert [record.name for record in caplog.records if record.name.startswith("engineio.client")] == []


async def test_lost_responses_make_nothing_happen_twice(fake: FakeCity, tmp_path: Path) -> None:
    city = options(fake, tmp_path, requests=6, riders=3, drivers=3, seconds=2.0)
    fake.fail = [503] * 10
    running = asyncio.create_task(run_city(city))
    await until(lambda: len(fake.rescues) >= 2)
    fake.fail = [503, 500, 502]
    outcome = await asyncio.wait_for(running, 60)
    assert len(fake.rescues) == len({r for journal in outcome.journals for r in journal.accepted_rescues})
    assert outcome.http.refused_503 > 0
    assert outcome.http.errors_5xx == 2
    assert set(findings(fake, outcome)) == {"no_5xx"}


async def test_an_unreachable_platform_is_an_error(
    fake: FakeCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr_lab.simulator.city.STARTUP_TIMEOUT_S", 0.3)
    city = options(fake, tmp_path)
    await fake.__aexit__()
    with pytest.raises(RequestFailed, match="/clock"):
        await run_city(city)


async def test_a_change_of_the_city_clock_is_followed(
    fake: FakeCity, clock: LoopClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr_lab.simulator.city.CLOCK_SYNC_INTERVAL_S", 0.02)
    running = asyncio.create_task(run_city(options(fake, tmp_path)))
    await until(lambda: bool(fake.rescues))
    ahead = 10 * 86_400.0
    fake.time.set(fake.time.now() + ahead, clock.time(), fake.time.speed)
    outcome = await asyncio.wait_for(running, 60)
    assert outcome.closed_at - outcome.began_at > ahead
