"""``supportcarr demo`` as a user runs it: it starts, runs, and ends without leaving processes behind."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import stat
import time
from collections import Counter
from datetime import time as time_of_day
from pathlib import Path

import psutil
import pytest

from support.platform.demo import Demo, running_demo
from support.ports import consecutive_ports
from supportcarr.kit.runtime.city_clock import CITY_CLOCK, city_clock
from supportcarr.kit.store.sqlite.engine import SqliteStore

SMALL = ("--no-visitors", "--riders", "2", "--drivers", "2", "--speed", "20")

pytestmark = pytest.mark.xdist_group("demo")


def _roles(demo: Demo) -> set[str]:
    titles = [_title(process) for process in demo.processes()]
    return {title.partition("supportcarr: ")[2].split()[0] for title in titles if "supportcarr: " in title}


def _open_to_others(folder: Path) -> list[str]:
    """Files that other users may use, but for the output that the test itself redirects."""
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    return [str(path) for path, mode in modes.items() if mode & 0o077 and path.name != "output.txt"]


def test_ctrl_c_ends_every_process_and_the_next_run_continues_and_repairs_itself(tmp_path: Path) -> None:
    """Two starts for all of it: each costs seconds of CPU."""
    accounts = tmp_path / "accounts.json"
    with running_demo(tmp_path / "data", *SMALL, "--accounts", str(accounts)) as demo:
        demo.wait_for_output("Running:")
        assert {"demo", "redis", "sandbox", "worker", "realtime", "api", "simulator"} <= _roles(demo)
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(120) == 0
        assert demo.survivors(within_s=120) == []
        report = demo.report(within_s=0)
        assert report["stopped"] is True
        assert report["invariants"]["drained"] is None
        assert "this report is of what had happened so far" in demo.output
        assert _open_to_others(demo.data) == []
        signed_up = _sign_ups(demo)
    content = json.loads(accounts.read_bytes())
    assert [len(content["riders"]), len(content["drivers"])] == [2, 2]
    assert content["admin"]["phone"] and content["admin"]["password"]
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600

    (tmp_path / "data" / ".env").write_text("SUPPORTCARR_WATCHDOG_SECONDS=4")
    with running_demo(tmp_path / "data", *SMALL) as again:
        again.wait_for_output("Running:")
        _assert_dead_and_hung_processes_are_restarted(again)
        again.process.kill()
        assert again.survivors(within_s=120) == []
        # The second start refreshed its sessions: no password was hashed again.
        assert _sign_ups(again) == signed_up >= 4


def _sign_ups(demo: Demo) -> int:
    """Requests in the log: one of each person, and those that had to be repeated on a busy machine."""
    return (demo.data / "supportcarr.log").read_text().count("/auth/sign-up")


def _assert_dead_and_hung_processes_are_restarted(demo: Demo) -> None:
    faults = {"supportcarr: realtime": signal.SIGKILL, "supportcarr: worker": signal.SIGSTOP}
    victims = {title: _processes(demo, title)[0] for title in faults}
    for title, victim in victims.items():
        victim.send_signal(faults[title])
    deadline = time.monotonic() + 240
    while not all(
        any(process != victim for process in _processes(demo, title)) for title, victim in victims.items()
    ):
        assert time.monotonic() < deadline, "not both were restarted"
        time.sleep(0.1)
    _, left = psutil.wait_procs(list(victims.values()), timeout=120)
    assert left == []
    assert len(demo.processes()) >= 8


def _processes(demo: Demo, title: str) -> list[psutil.Process]:
    return [process for process in demo.processes() if title in _title(process)]


def _title(process: psutil.Process) -> str:
    """The command line of a process; empty if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def test_a_taken_port_is_reported_in_a_sentence(tmp_path: Path) -> None:
    port = consecutive_ports(3)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        with running_demo(tmp_path / "data", *SMALL, port=port) as demo:
            assert demo.process.wait(120) == 1
            assert f"Port {port + 1} is taken" in demo.output
            assert "Traceback" not in demo.output


def test_one_minute_of_the_simulated_city_under_kills_and_a_wipe_keeps_every_invariant(
    tmp_path: Path,
) -> None:
    arguments = ("--seconds", "60", "--riders", "14", "--drivers", "12", "--speed", "40", "--seed", "10")
    faults = ("--kills", "3", "--redis-wipes", "1")
    people = ("--applicants", "2", "--photos", "0.5")
    with running_demo(tmp_path / "data", *arguments, *faults, *people) as demo:
        report = demo.report(within_s=420)
        broken = [name for name, holds in report["invariants"].items() if not holds]
        assert broken == [], demo.output
        assert demo.process.returncode == 0
        assert report["seconds"] >= 60
        assert [report["kills"], report["redis_wipes"]] == [3, 1]
        assert _killed(demo) == {"worker": 1, "realtime": 1, "api": 1}
        assert report["rescues"]["completed"] >= 3
        assert report["events"]["received"] > 0
        assert report["photos"] > 0
        assert [report["applicants"][name] for name in ("signed_up", "approved")] == [2, 2]


@pytest.mark.long
def test_a_rolling_restart_during_a_simulated_day_loses_nothing(tmp_path: Path) -> None:
    """SIGHUP replaces every process of the platform while people ask for help, chat, drive and pay."""
    arguments = ("--seconds", "90", "--riders", "14", "--drivers", "12", "--speed", "20", "--seed", "11")
    with running_demo(tmp_path / "data", *arguments, "--applicants", "2", "--photos", "0.5") as demo:
        demo.wait_for_output("Running:")
        titles = [f"supportcarr: {role}" for role in ("api", "realtime", "worker")]
        before = {title: set(_processes(demo, title)) for title in titles}
        demo.process.send_signal(signal.SIGHUP)
        for title, old in before.items():
            gone, left = psutil.wait_procs(list(old), timeout=80)
            assert (len(gone), left) == (len(old), []), title
            assert len(set(_processes(demo, title)) - old) == len(old), title
        report = demo.report(within_s=420)
        broken = [name for name, holds in report["invariants"].items() if not holds]
        assert broken == [], demo.output
        log = (demo.data / "supportcarr.log").read_text()
        assert "process_died" not in log
        assert "rolling_restart_failed" not in log
        assert report["rescues"]["completed"] >= 3
        assert (report["http"]["failed"], report["http"]["errors_5xx"]) == (0, 0)


@pytest.mark.long
def test_applicants_drive_until_their_papers_end_at_midnight_or_they_are_suspended(tmp_path: Path) -> None:
    """From the sign-up to the first offer by the API alone; then no further offer, and a job is finished."""
    speed, data = 60.0, tmp_path / "data"
    demand = tmp_path / "demand.csv"
    demand.write_text("at,lat,lng\n" + "".join(f"{90 * n},45.52,-73.58\n" for n in range(50)))
    asyncio.run(_set_clock(data, time_of_day(23, 15), speed))
    people = ("--riders", "12", "--drivers", "1", "--applicants", "4", "--photos", "0.5")
    run = ("--seconds", "75", "--speed", str(speed), "--demand", str(demand))
    with running_demo(data, *people, *run) as demo:
        report = demo.report(within_s=420)
        broken = [name for name, holds in report["invariants"].items() if not holds]
        assert broken == [], demo.output
        assert report["applicants"] == {
            "signed_up": 4,
            "approved": 4,
            "offered": 4,
            "suspended": 1,
            "expired": 1,
        }


async def _set_clock(data: Path, starts_at: time_of_day, speed: float) -> None:
    """Let the city in that folder begin at that local time."""
    data.mkdir(mode=0o700)
    store = SqliteStore(data / "supportcarr.sqlite3")
    store.collection(CITY_CLOCK)
    await store.open()
    await city_clock(store, speed=speed, starts_at=starts_at)
    await store.close()


def _killed(demo: Demo) -> Counter[str]:
    log = (demo.data / "supportcarr.log").read_text().splitlines()
    lines = (json.loads(line) for line in log if '"process_killed"' in line)
    return Counter(line["role"] for line in lines if line["why"] == "fault injection")
