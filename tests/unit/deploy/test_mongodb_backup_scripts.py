"""deploy/mongodb/dump and restore: what they ask of MongoDB's tools, which here do as told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "deploy" / "mongodb"
URI = "mongodb://db.example/?replicaSet=set"
TOOL = """#!/bin/sh
echo "${0##*/}" "$@" >> "$FOLDER/calls"
case ${0##*/} in
  mongosh)
    cat > /dev/null
    case $* in
      *lastWrite*) echo "${LAST_WRITE-1780000900}" ;;
      *oplog.rs*)
        if grep -q ^mongodump "$FOLDER/calls"; then echo "${LOST_LATER:-no}"; else echo "${LOST:-no}"; fi ;;
      *) echo "${HELD:-0}" ;;
    esac
    ;;
  mongodump) [ -z "$FAILS" ] || exit 1; printf 'what %s wrote' "$0" ;;
  mongorestore)
    for each; do [ ! -f "$each/oplog.bson" ] || cat "$each/oplog.bson" >> "$FOLDER/replayed"; done
    ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("mongosh", "mongodump", "mongorestore"):
        (tmp_path / name).write_text(TOOL)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(folder: Path, script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "FOLDER": str(folder)} | more
    return subprocess.run(
        [SCRIPTS / script, "--uri", URI, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


def test_a_dump_has_its_oplog_and_says_when_it_was_begun(folder: Path) -> None:
    done = run(folder, "dump", "--to", "made")
    assert done.returncode == 0, done.stderr
    assert calls(folder)[1:] == [f"mongodump --uri {URI} --oplog --gzip --archive"]
    assert sorted(path.name for path in (folder / "made").iterdir()) == ["began", "dump.gz"]
    assert (folder / "made" / "began").read_text() == "1780000900\n", "by the server's clock, not by ours"
    assert (folder / "made" / "dump.gz").stat().st_mode & 0o077 == 0
    assert run(folder, "dump", "--to", "made").returncode == 1, "nothing is overwritten"


def test_an_oplog_begins_where_it_was_told_to(folder: Path) -> None:
    done = run(folder, "dump", "--to", "made", "--oplog-since", "1780000000")
    assert done.returncode == 0, done.stderr
    assert any(
        '--collection oplog.rs --query {"ts": {"$gte": {"$timestamp": {"t": 1780000000, "i": 0}}}}' in call
        for call in calls(folder)
    )
    assert sorted(path.name for path in (folder / "made").iterdir()) == ["began", "oplog.bson", "since"]
    assert (folder / "made" / "since").read_text() == "1780000000\n"


@pytest.mark.parametrize("lost", ["LOST", "LOST_LATER"], ids=["before the dump", "during the dump"])
def test_an_oplog_with_a_gap_is_refused(folder: Path, lost: str) -> None:
    done = run(folder, "dump", "--to", "made", "--oplog-since", "1780000000", **{lost: "yes"})
    assert (done.returncode, (folder / "made").exists()) == (1, False)
    assert "the oplog begins after 1780000000" in done.stderr


@pytest.mark.parametrize("since", [(), ("--oplog-since", "1780000000")])
def test_what_failed_leaves_nothing_that_looks_like_a_dump(folder: Path, since: tuple[str, ...]) -> None:
    done = run(folder, "dump", "--to", "made", *since, FAILS="1")
    assert done.returncode == 1
    assert not [*folder.glob("made*")]


def test_without_the_time_of_the_last_write_there_is_no_dump(folder: Path) -> None:
    done = run(folder, "dump", "--to", "made", LAST_WRITE="")
    assert (done.returncode, [*folder.glob("made*")]) == (1, [])
    assert "not say when" in done.stderr


@pytest.mark.parametrize(
    "wrong", [("--to",), ("--into", "x"), ("--to", "made", "--oplog-since", "yesterday"), ()], ids=str
)
def test_wrong_usage_is_explained(folder: Path, wrong: tuple[str, ...]) -> None:
    done = run(folder, "dump", *wrong)
    assert (done.returncode, (folder / "calls").exists()) == (2, False)
    assert "--oplog-since" in done.stderr


def test_oplogs_are_repeated_in_their_order_up_to_the_moment(folder: Path) -> None:
    for name in ("dump.gz", "1.bson", "2.bson"):
        (folder / name).write_text(name)
    given = ("--archive", "dump.gz", "--oplog", "1.bson", "--oplog", "2.bson")
    done = run(folder, "restore", *given, "--until", "2026-06-01T03:00:00Z")
    assert done.returncode == 0, done.stderr
    asked, dump, *replays = calls(folder)
    assert "getSiblingDB('supportcarr').getCollectionNames()" in asked
    assert dump == f"mongorestore --uri {URI} --gzip --archive --oplogReplay --stopOnError"
    assert [call.rpartition(" ")[0] for call in replays] == [
        f"mongorestore --uri {URI} --oplogReplay --oplogLimit 1780282800:0"
    ] * 2
    assert (folder / "replayed").read_text() == "1.bson2.bson"


def test_a_dump_alone_is_restored_as_it_was_at_its_end(folder: Path) -> None:
    (folder / "dump.gz").write_text("x")
    assert run(folder, "restore", "--archive", "dump.gz").returncode == 0
    assert len(calls(folder)) == 2
    assert run(folder, "restore", "--archive", "dump.gz", "--until", "1780282800").returncode == 2
    assert run(folder, "restore", "--archive", "dump.gz", "--oplog", "missing").returncode == 2
    assert len(calls(folder)) == 2, "nothing was touched"


def test_a_database_that_holds_something_is_left_alone(folder: Path) -> None:
    (folder / "dump.gz").write_text("x")
    done = run(folder, "restore", "--archive", "dump.gz", HELD="27")
    assert (done.returncode, len(calls(folder))) == (1, 1)
    assert "holds 27 collections already" in done.stderr
