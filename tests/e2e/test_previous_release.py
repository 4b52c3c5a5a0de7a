"""The release before this one (``deploy/previous-release``) works on what this one stores, and the other way
round, while processes of one are replaced by those of the other."""

from __future__ import annotations

import re
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from support.platform.demo import Demo, running_demo

ROOT = Path(__file__).parents[2]
RECORDED = (ROOT / "deploy" / "previous-release").read_text().strip()
PEOPLE = ("--riders", "12", "--drivers", "10", "--speed", "20", "--photos", "0.5", "--applicants", "2")
# What keeps back events that the release before does not know (docs/deploying.md).
BOTH_RUN = {"DRIVERS_ATTENTION_EVENTS": "false"}
TITLE, PREVIOUS = "supportcarr: ", "supportcarr: previous "
# The supervisor is of this release; the processes that it starts are of the one that the link names.
PROGRAM = """
import os, sys
from supportcarr.cli import main
release = sys.argv.pop(1)
os.environ["PYTHONPATH"] = f"{release}/src{os.pathsep}{release}/lab/src"
main()
"""

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """The source of the previous release, from the repository's history."""
    git = ("git", "-C", str(ROOT))
    known = subprocess.run([*git, "cat-file", "-e", f"{RECORDED}^{{commit}}"], capture_output=True)
    if known.returncode != 0:
        pytest.skip("the commit in deploy/previous-release is not here: this clone is shallow, or no clone")
    archive = subprocess.run([*git, "archive", RECORDED, "src", "lab/src"], check=True, capture_output=True)
    folder = tmp_path / "previous"
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder)  # our own history
    titles = folder / "src" / "supportcarr" / "kit" / "runtime" / "process.py"
    assert TITLE in titles.read_text()
    titles.write_text(titles.read_text().replace(TITLE, PREVIOUS))  # which program a process runs can be seen
    # In a cluster each release has its own settings. Here both have the supervisor's.
    loading, unknown = folder / "src" / "supportcarr" / "kit" / "runtime" / "settings.py", "k not in names)"
    assert unknown in loading.read_text()
    ours = {f"SUPPORTCARR_{name}" for name in BOTH_RUN}
    loading.write_text(loading.read_text().replace(unknown, f"k not in names and k not in {ours})"))
    return folder


@pytest.fixture
def release(tmp_path: Path, previous: Path) -> Iterator[Path]:
    """A link to the release that is installed: first the previous one."""
    link = tmp_path / "release"
    link.symlink_to(previous)
    yield link


def install(link: Path, release: Path) -> None:
    """Let the link name that release, in one step."""
    link.with_name("next").symlink_to(release)
    link.with_name("next").replace(link)


def titled(demo: Demo, title: str) -> list[psutil.Process]:
    found = []
    for process in demo.processes():
        try:
            if title in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def assert_it_holds(demo: Demo) -> None:
    report = demo.report(within_s=500)
    broken = [name for name, holds in report["invariants"].items() if not holds]
    assert broken == [], demo.output
    assert demo.process.returncode == 0
    assert report["rescues"]["completed"] >= 2
    assert (report["http"]["failed"], report["http"]["errors_5xx"]) == (0, 0)


def test_each_release_reads_and_advances_what_the_other_has_written(
    tmp_path: Path, previous: Path, release: Path
) -> None:
    data = tmp_path / "data"
    # People, rescues, money: written by this release.
    with running_demo(data, "--seconds", "25", "--seed", "21", *PEOPLE, settings=BOTH_RUN) as demo:
        assert_it_holds(demo)
    # The previous release goes on with them, and is replaced by this one while the city lives.
    program = ("-c", PROGRAM, str(release))
    with running_demo(
        data, "--seconds", "80", "--seed", "22", *PEOPLE, program=program, settings=BOTH_RUN
    ) as demo:
        demo.wait_for_output("Running:")
        roles = ("api", "realtime", "worker")
        old = {role: titled(demo, PREVIOUS + role) for role in roles}
        assert all(old.values())
        log = data / "supportcarr.log"
        assert "Traceback" not in log.read_text()
        _until_rescues(demo)
        install(release, ROOT)
        demo.process.send_signal(signal.SIGHUP)
        for role, processes in old.items():
            _, left = psutil.wait_procs(processes, timeout=120)
            assert left == [], role
            assert titled(demo, TITLE + role), role
        assert_it_holds(demo)
    text = log.read_text()
    for wrong in ("rolling_restart_failed", "process_died", "Traceback"):
        assert wrong not in text, wrong


def _until_rescues(demo: Demo) -> None:
    """Wait until rescues are live that the previous release has taken."""
    deadline = time.monotonic() + 90
    while not re.search(r"[1-9]\d* in progress", demo.output):
        assert time.monotonic() < deadline, demo.output
        time.sleep(0.2)
