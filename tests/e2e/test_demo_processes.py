"""The demo as somebody at a terminal has it: it starts, lives, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
import socket
import stat
import time
from collections import Counter
from pathlib import Path

import pytest

from support.demo import Demo, running_demo, three_free_ports

SMALL = ("--riders", "2", "--drivers", "2", "--speed", "20")

pytestmark = pytest.mark.xdist_group("demo")


def _roles(demo: Demo) -> set[str]:
    titles = (" ".join(process.cmdline()) for process in demo.family() if process.is_running())
    return {title.partition("supportcarr: ")[2].split()[0] for title in titles if "supportcarr: " in title}


def test_ctrl_c_ends_every_process_and_the_next_start_goes_on_from_there(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.json"
    with running_demo(tmp_path / "data", *SMALL, "--accounts", str(accounts)) as demo:
        demo.until_said("living")
        assert {"demo", "redis", "sandbox", "worker", "realtime", "api", "simulator"} <= _roles(demo)
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(30) == 0
        assert demo.left(within_s=5) == []
    content = json.loads(accounts.read_bytes())
    assert [len(content["riders"]), len(content["drivers"])] == [2, 2]
    assert content["admin"]["phone"] and content["admin"]["password"]
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600

    with running_demo(tmp_path / "data", *SMALL) as again:
        again.until_said("living")
        log = (tmp_path / "data" / "supportcarr.log").read_text()
        # The second start refreshed its sessions: nobody's password was hashed again.
        assert log.count("/auth/sign-up") == 4


def test_kill_9_of_the_supervisor_leaves_no_process(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data", *SMALL) as demo:
        demo.until_said("living")
        assert len(demo.family()) >= 8
        demo.process.kill()
        assert demo.left(within_s=5) == []


def test_a_process_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data", *SMALL) as demo:
        demo.until_said("living")
        victims = [p for p in demo.family() if "supportcarr: realtime" in " ".join(p.cmdline())]
        victims[0].kill()
        deadline = time.monotonic() + 20
        while not _another(demo, "supportcarr: realtime", than=victims[0].pid):
            assert time.monotonic() < deadline, "no other real-time process came"
            time.sleep(0.1)


def _another(demo: Demo, title: str, *, than: int) -> bool:
    return any(
        process.pid != than and process.is_running() and title in " ".join(process.cmdline())
        for process in demo.family()
    )


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    port = three_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        with running_demo(tmp_path / "data", *SMALL, port=port) as demo:
            assert demo.process.wait(30) == 1
            assert f"Port {port + 1} is taken" in demo.said
            assert "Traceback" not in demo.said


def test_a_minute_of_the_city_holds_every_invariant_under_kills_and_a_wipe(tmp_path: Path) -> None:
    arguments = ("--seconds", "60", "--riders", "14", "--drivers", "12", "--speed", "40", "--seed", "10")
    blows = ("--kills", "3", "--redis-wipes", "1")
    with running_demo(tmp_path / "data", *arguments, *blows) as demo:
        report = demo.report(within_s=420)
        fallen = [name for name, holds in report["invariants"].items() if not holds]
        assert fallen == [], demo.said
        assert demo.process.returncode == 0
        assert report["seconds"] >= 60
        assert [report["kills"], report["redis_wipes"]] == [3, 1]
        assert _killed(demo) == {"worker": 1, "realtime": 1, "api": 1}
        assert report["rescues"]["completed"] >= 3
        assert report["events"]["received"] > 0


def _killed(demo: Demo) -> Counter[str]:
    log = (demo.data / "supportcarr.log").read_text().splitlines()
    lines = (json.loads(line) for line in log if '"process_killed"' in line)
    return Counter(line["role"] for line in lines if line["why"] == "chaos")
