"""The commands as a user types them: an error is one sentence, and the output is complete."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from pymongo import MongoClient

from support.ports import free_port
from support.processes.command_line import run_in_process, run_process
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.bootstrap.collections import SPECS
from supportcarr.contracts.documents import Document
from supportcarr.kit.jobs.service import JOBS, Job
from supportcarr.kit.jobs.verification import STATES, VerificationState
from supportcarr.kit.store.copy import MARKER_ID, MARKERS, CopyMarker
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.payments.collections import LEDGER
from supportcarr.payments.ledger_entries import Entry, LedgerTransaction

RANDOM = "0123456789abcdef" * 2
SECRETS = {
    "AUTH_TOKEN_SECRETS": f"k1:{RANDOM}",
    "AUTH_LOOKUP_SECRET": RANDOM,
    "AUDIT_SECRET": RANDOM,
    "STRIPE_API_KEY": "sk_live_" + RANDOM,
    "STRIPE_WEBHOOK_SECRET": "whsec_" + RANDOM,
    "TWILIO_ACCOUNT_SID": "AC" + RANDOM,
    "TWILIO_AUTH_TOKEN": RANDOM,
    "TWILIO_FROM_NUMBER": "+15145550100",
    "QUOTES_SECRET": RANDOM,
}
PLATFORM_COMMANDS = ("up", "api", "worker", "realtime")  # they take over their process, so they get their own

D = TypeVar("D", bound=Document)


def insert(path: Path, spec: CollectionSpec[D], document: D) -> None:
    """Add a document to the store at *path*."""

    async def inserting() -> None:
        store = SqliteStore(path)
        await store.open()
        await store.collection(spec).insert(document)
        await store.close()

    asyncio.run(inserting())


@pytest.fixture(scope="module")
def seeded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that ``supportcarr seed`` created, run as a process; a test copies it."""
    folder = tmp_path_factory.mktemp("seeded")
    done = run_process(folder, "seed")
    assert done.returncode == 0, done.stderr
    return folder / ".data"


@pytest.fixture
def seeded(tmp_path: Path, seeded_data: Path) -> Path:
    """A folder whose ``.data`` is seeded; commands run in it."""
    shutil.copytree(seeded_data, tmp_path / ".data")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        (("api",), {}, "SUPPORTCARR_REDIS_URL is not set"),
        (("up",), {"PORT": "eighty"}, "SUPPORTCARR_PORT is not valid"),
        (("up",), {"PROT": "80"}, "SUPPORTCARR_PROT is not a setting"),
        (
            ("check",),
            {"STORE_URL": "postgres://x"},
            "SUPPORTCARR_STORE_URL is not valid: it must begin with sqlite:///",
        ),
        (("check",), {"LOG_FILE": "missing/log"}, "SUPPORTCARR_LOG_FILE is not valid: the folder missing"),
        (("up",), {"HOST": "192.0.2.1"}, "192.0.2.1, which is not an address of this machine"),
        (("up",), {"HOST": "nowhere.invalid"}, "nowhere.invalid, which is not an address"),
        (("up",), {"PORT": "8001"}, "are both 8001: each server needs its own port"),
        (("up",), {"METRICS_PORT": "7999"}, "SUPPORTCARR_METRICS_PORT (7999 to 8002) needs"),
        (("api",), {"PROFILE": "production"}, "must be set outside the local profile"),
        (("sandbox",), {"PROFILE": "production"}, "must be set outside the local profile"),
        (("demo", "--kills", "2"), {}, "spread over that time"),
        (("demo", "--speed", "0"), {}, "0.1<=x<=120"),
    ],
)
def test_invalid_start_options_are_refused_with_a_sentence(
    tmp_path: Path,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    sentence: str,
) -> None:
    done = run_in_process(tmp_path, *arguments, **settings)
    assert done.returncode != 0
    assert sentence in done.stderr


def test_the_contracts_are_printed(tmp_path: Path) -> None:
    openapi = json.loads(run_in_process(tmp_path, "openapi").stdout)
    assert openapi["openapi"].startswith("3.1")
    assert "/rescues/{rescue_id}" in openapi["paths"]
    asyncapi = json.loads(run_in_process(tmp_path, "asyncapi").stdout)
    assert asyncapi["asyncapi"].startswith("3.")
    assert run_in_process(tmp_path, "diagram", "rescue").stdout.startswith("stateDiagram-v2")


def test_seeding_creates_the_declared_data_and_seeding_again_changes_nothing(seeded: Path) -> None:
    operators = seeded / ".data" / "operators.json"
    before = operators.read_bytes()
    for _ in range(2):
        assert run_in_process(seeded, "seed").returncode == 0
    assert operators.read_bytes() == before
    done = run_process(seeded, "check")
    assert (done.returncode, done.stdout) == (0, "No problems found.\n")


def test_check_accepts_sqlite_in_production(tmp_path: Path) -> None:
    done = run_in_process(tmp_path, "check", PROFILE="production", STORE_URL="sqlite:///store", **SECRETS)
    assert (done.returncode, done.stdout) == (0, "No problems found.\n")


@pytest.mark.parametrize("command", ["check", "seed"])
def test_an_insecure_setting_is_named_and_nothing_runs_with_it(tmp_path: Path, command: str) -> None:
    insecure = SECRETS | {"QUOTES_SECRET": "0" * 32, "PUBLIC_URL": "http://supportcarr.example"}
    done = run_in_process(tmp_path, command, PROFILE="production", STORE_URL="sqlite:///store", **insecure)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for name in ("QUOTES_SECRET", "PUBLIC_URL"):
        assert f"SUPPORTCARR_{name} is not allowed in production: " in said
    assert not (tmp_path / "store").exists()


def test_a_backup_can_be_opened_as_a_store_and_overwrites_nothing(seeded: Path) -> None:
    done = run_in_process(seeded, "backup", "copy.sqlite3")
    assert (done.returncode, done.stdout) == (0, "The store is in copy.sqlite3.\n")
    copied = f"sqlite:///{seeded / 'copy.sqlite3'}"
    assert run_in_process(seeded, "check", STORE_URL=copied).stdout == "No problems found.\n"
    again = run_in_process(seeded, "backup", "copy.sqlite3")
    assert (again.returncode, again.stderr) == (1, "Error: There is a file copy.sqlite3 already.\n")


def test_an_operator_is_added_however_long_the_hash_of_the_password_takes(
    seeded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PasswordHasher.__init__, "__kwdefaults__", {"deadline_seconds": 0.0})
    command = ("operators", "add", "+1 514 555 0178", "--role", "support", "--name", "Sol Roy")
    assert run_in_process(seeded, *command, "--password", "correct horse battery").returncode == 0


def test_the_first_operators_are_added_on_the_command_line(seeded: Path) -> None:
    command = ("operators", "add", "+1 514 555 0177", "--role", "admin", "--name", "Ada Roy")
    done = run_in_process(seeded, *command, "--password", "correct horse battery")
    said = "Ada Roy is admin now, and sets up an authenticator app at the first sign-in.\n"
    assert (done.returncode, done.stdout) == (0, said), done.stderr
    refused = run_in_process(seeded, *command, "--password", "another password", "--role", "support")
    assert refused.returncode == 1
    assert "another password" in refused.stderr


@pytest.mark.xdist_group("mongodb")
def test_a_store_is_copied_to_mongodb_and_back(seeded: Path, mongodb: str) -> None:
    first, second = "sqlite:///.data/supportcarr.sqlite3", "sqlite:///copy.sqlite3"
    for source, target in ((first, mongodb), (mongodb, second)):
        done = run_in_process(seeded, "store", "copy", "--from", source, "--to", target)
        *rows, total, last = done.stdout.splitlines()
        assert (done.returncode, last.startswith("Everything was copied.")) == (0, True)
        assert [row.split()[0] for row in rows[1:]] == [spec.name for spec in SPECS]
        assert all(row.endswith(" equal") for row in rows[1:])
        assert total.split() == ["total", "13", "3"]
    assert run_in_process(seeded, "check", STORE_URL=second).stdout == "No problems found.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--apply"),
        ("backup", "copy.sqlite3"),
        ("seed",),
        ("api",),
        ("worker",),
        ("realtime",),
        ("up",),
        ("jobs", "list"),
        ("store", "copy", "--from", "sqlite:///new", "--to", "sqlite:///other"),
    ],
    ids=" ".join,
)
def test_no_command_runs_on_an_unfinished_copy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    marker = CopyMarker(id=MARKER_ID, source="mongodb://db/old", started_at=datetime(2026, 6, 1, tzinfo=UTC))
    insert(tmp_path / "new", MARKERS, marker)
    settings = {"STORE_URL": "sqlite:///new", "REDIS_URL": "redis://127.0.0.1:1"}
    settings |= {name: str(free_port()) for name in ("PORT", "REALTIME_PORT", "SANDBOX_PORT")}
    run = run_process if arguments[0] in PLATFORM_COMMANDS else run_in_process
    done = run(tmp_path, *arguments, PROFILE="production", **SECRETS, **settings)
    said = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in said) == (1, False)
    path = tmp_path / "new"
    assert f"sqlite:///{path} holds an unfinished copy of mongodb://db/old, begun 2026-06-01 00:00" in said
    assert f"delete {path}, {path}-wal and {path}-shm" in said
    assert not (tmp_path / "copy.sqlite3").exists()


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("sqlite:///missing", "sqlite:///new", "There is no store at sqlite:///"),
        ("sqlite:///.data/supportcarr.sqlite3", "sqlite:///./.data/supportcarr.sqlite3", "the same store"),
        ("sqlite:///.data/supportcarr.sqlite3", "postgres://x", "must begin with sqlite:///"),
        ("sqlite:///.data/supportcarr.sqlite3", "sqlite:///other", "holds other data already"),
    ],
)
def test_an_invalid_copy_is_refused_with_a_sentence(
    seeded: Path, source: str, target: str, sentence: str
) -> None:
    assert run_in_process(seeded, "seed", STORE_URL="sqlite:///other").returncode == 0
    done = run_in_process(seeded, "store", "copy", "--from", source, "--to", target)
    assert (done.returncode, sentence in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert not (seeded / "new").exists()


@pytest.mark.xdist_group("mongodb")
def test_check_creates_declared_indexes_on_mongodb_and_reports_refused_ones(
    tmp_path: Path, mongodb: str
) -> None:
    applied = run_in_process(tmp_path, "check", "--apply", STORE_URL=mongodb)
    *found, last = applied.stdout.splitlines()
    assert [line for line in found if not line.startswith("Remark: MongoDB has no validators for ")] == []
    remarks = f"; {len(found)} remark(s) that do no harm" if found else ""  # some servers have no validators
    assert (applied.returncode, last) == (0, f"No problems found{remarks}.")
    again = run_in_process(tmp_path, "check", STORE_URL=mongodb)
    assert (again.returncode, again.stdout) == (0, applied.stdout)
    with MongoClient[dict[str, object]](mongodb) as client:
        database = client.get_default_database()
        made = {name for spec in SPECS for name in database[spec.name].index_information() if name != "_id_"}
    assert {f"{spec.name}__outbox" for spec in SPECS} <= made
    assert {f"{spec.name}__{field}__unique" for spec in SPECS for field in spec.unique} <= made


def test_dead_letters_are_listed_and_run_again_without_a_redis(seeded: Path) -> None:
    """On one machine the supervisor has a Redis of its own, whose address nobody else knows."""
    (path,) = (seeded / ".data").glob("*.sqlite3")
    at = datetime(2026, 6, 1, tzinfo=UTC)
    insert(
        path, JOBS, Job(id="pay_1:payments.hold", name="payments.hold", payload="{}", run_at=at, state="dead")
    )
    listed = run_in_process(seeded, "jobs", "list")
    assert (listed.returncode, '"id":"pay_1:payments.hold"' in listed.stdout) == (0, True), listed.stderr
    again = run_in_process(seeded, "jobs", "replay", "pay_1:payments.hold")
    assert (again.returncode, again.stdout) == (0, "It will run again.\n")
    assert run_in_process(seeded, "jobs", "list").stdout == ""
    assert "no dead letter" in run_in_process(seeded, "jobs", "replay", "pay_1:payments.hold").stdout


def test_an_unbalanced_ledger_is_reported(seeded: Path) -> None:
    (path,) = (seeded / ".data").glob("*.sqlite3")
    wrong = LedgerTransaction(
        id="ltx_wrong",
        kind="fare",
        rescue_id="res_1",
        payment_id="pay_1",
        currency="CAD",
        entries=(Entry("a", 5), Entry("b", -4)),
        at=datetime(2026, 6, 1, tzinfo=UTC),
    )
    insert(path, LEDGER, wrong)
    done = run_in_process(seeded, "check")
    assert done.returncode != 0
    assert "ltx_wrong does not sum to zero" in done.stdout + done.stderr


def test_what_a_worker_found_wrong_is_reported(seeded: Path) -> None:
    (path,) = (seeded / ".data").glob("*.sqlite3")
    found = VerificationState(id="audit_log", completed_found=3, problems=("Record 2 is missing.",))
    insert(path, STATES, found)
    done = run_in_process(seeded, "check")
    assert done.returncode != 0
    assert "Record 2 is missing." in done.stdout + done.stderr
    assert "found 3 problems" in done.stdout + done.stderr


def test_signing_keys_are_rotated_and_listed_without_their_secrets(tmp_path: Path) -> None:
    assert "There is no stored key yet" in run_in_process(tmp_path, "keys", "list").stdout
    assert run_in_process(tmp_path, "keys", "rotate").returncode == 0
    listed = run_in_process(tmp_path, "keys", "rotate", "--refuse-older").stdout.splitlines()
    assert [line.split()[0].startswith("key_") for line in listed] == [True, True]
    assert sum("signs" in line for line in listed) >= 1
    secrets = (tmp_path / ".data" / "secrets.env").read_text()
    assert not [line for line in secrets.splitlines() if line.partition("=")[2] in "\n".join(listed)]


def test_a_file_that_is_no_map_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "town.osm.pbf").write_bytes(b"not a map")
    result = run_in_process(tmp_path, "map", "import", "town.osm.pbf")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: town.osm.pbf cannot be read as an extract of OpenStreetMap")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / ".data" / "map").exists()


def test_without_the_packages_for_maps_it_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "town.osm.pbf").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "supportcarr.providers.map_import.reader", None)
    result = run_in_process(tmp_path, "map", "import", "town.osm.pbf")
    assert result.returncode == 1
    assert 'pip install "supportcarr[map]"' in result.stderr
