"""``supportcarr seed town``: a small town has everything, adds up, and is the same each time."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from importlib.metadata import EntryPoints
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from click.testing import CliRunner

from support.store.memory import MemoryStore
from supportcarr import cli
from supportcarr.auth.collections import USERS
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.bootstrap.audit_commands import run_verify
from supportcarr.bootstrap.checks import run_check
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.drivers.collections import DRIVER_DOCUMENTS, PROFILES
from supportcarr.drivers.model import state_of
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.store.port import CollectionSpec, UnfinishedCopy
from supportcarr.operations.repository import OPS_RESCUES, OpsRescueRepository
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.ledger_verification import LedgerVerifier
from supportcarr.providers.settings import RoutingSettings
from supportcarr.rescues.collections import PHOTOS, RESCUES
from supportcarr.tracking.collections import CURRENT_JOBS
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr_lab.town import seeding
from supportcarr_lab.town.command import run
from supportcarr_lab.town.filled import FILLED
from supportcarr_lab.town.options import TownOptions
from supportcarr_lab.town.people import PASSWORD
from supportcarr_lab.town.pictures import Pictures
from supportcarr_lab.town.seeding import seed_town
from supportcarr_lab.town.town import Town
from supportcarr_lab.verification import invariants
from supportcarr_lab.verification.store_source import StoreRecordSource

OPTIONS = TownOptions(until=date(2026, 3, 11), drivers=40, rescues=150, weeks=1, seed=7)


def settings_of(folder: Path, **changed: str) -> Settings:
    given = {"SUPPORTCARR_DATA": str(folder), "SUPPORTCARR_AUTH_BCRYPT_COST": "4"} | changed
    return load_settings(given, dotenv=None)


async def seeded(folder: Path, **changed: str) -> Settings:
    settings = settings_of(folder, **changed)
    await seed_town(settings, OPTIONS, "supportcarr seed town", lambda _: None)
    return settings


def without_version(document: Document) -> Document:
    return msgspec.structs.replace(document, version=0)


class RecordedTown(Town):
    """A town that keeps its documents and events in memory."""

    def __init__(self) -> None:
        self.kept: defaultdict[str, dict[str, Document]] = defaultdict(dict)
        self.events: list[EventEnvelope] = []
        pictures = Pictures(OPTIONS, self._keep_in_memory, ended_at=datetime(2026, 11, 1, tzinfo=UTC))
        super().__init__(OPTIONS, RoutingSettings(), self._keep_in_memory, pictures)

    def _keep_in_memory(self, spec: CollectionSpec[Any], document: Document) -> None:
        self.kept[spec.name][document.id] = document

    def listen(self, envelope: EventEnvelope) -> None:
        self.events.append(envelope)
        super().listen(envelope)

    def make(self) -> RecordedTown:
        list(self.make_drivers())
        self.make_riders()
        list(self.make_rescues())
        return self


async def test_a_town_has_every_state_and_adds_up(tmp_path: Path) -> None:
    settings = await seeded(tmp_path)
    store = store_of(settings)
    await store.open()
    try:
        for spec in SPECS:
            collection = store.collection(spec)
            async for document in collection.scan():
                assert msgspec.convert(msgspec.to_builtins(document), spec.type) == document

        profiles = [profile async for profile in store.collection(PROFILES).scan()]
        states = {state_of(profile) for profile in profiles}
        assert states == {
            "draft",
            "submitted",
            "in_review",
            "changes_requested",
            "approved",
            "rejected",
            "suspended",
        }
        assert any(p.online and not p.on_break for p in profiles)
        assert any(p.on_break for p in profiles)
        assert any(p.notice is not None and p.notice.expired for p in profiles)
        assert any(p.review is not None and p.approval == "approved" for p in profiles)

        rescues = [rescue async for rescue in store.collection(RESCUES).scan()]
        statuses = Counter(rescue.status for rescue in rescues)
        assert {"completed", "cancelled", "unserved", "scheduled"} <= set(statuses)
        assert not any(rescue.is_live for rescue in rescues)

        source = StoreRecordSource(store, "")
        found = await source.rescues()
        assert invariants.legal_transitions(found) == []
        assert invariants.one_job_per_driver(found) == []
        assert invariants.one_live_per_rider(found) == []
        work = await source.pending_work()
        assert (work.claims, work.stale_rows) == (0, 0)
        waiting = {collection for collection, _ in await store.outbox(older_than_s=0.0, limit=10)}
        assert waiting <= {"users", "partners"}  # of the demo
        check = await LedgerService(store, Clock()).check()
        assert (check.sum_minor, check.unbalanced) == (0, ())
        assert check.transactions > 50
        verified = await LedgerVerifier(store).step(None, 1_000_000)
        assert (verified.cursor, verified.problems) == (None, ())
        assert verified.checked > check.transactions

        users = [user async for user in store.collection(USERS).scan() if user.roles == ("rider",)]
        secret = settings.auth.lookup_secret
        assert await PhoneDirectory(store, secret).find(users[0].phone) == users[0]
        assert users[0] in await NameIndex(store, secret).find(users[0].name, 50)
        passwords = PasswordHasher(settings.auth)
        assert await passwords.verify(PASSWORD, users[-1].password_hash)
        passwords.close()
    finally:
        await store.close()


def test_the_checks_of_the_platform_find_nothing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    run(settings, OPTIONS)
    assert [finding for finding in run_check(settings, apply=False) if not finding.harmless] == []
    verified = run_verify(settings, None)
    assert verified.problems == ()
    assert verified.records > 20
    assert verified.anchors


async def test_mongodb_has_the_same_town(tmp_path: Path, mongodb: str) -> None:
    settings = await seeded(tmp_path, SUPPORTCARR_STORE_URL=mongodb)
    await asyncio.to_thread(run_check, settings, apply=True)  # builds the indexes
    found = await asyncio.to_thread(run_check, settings, apply=False)
    assert [finding for finding in found if not finding.harmless] == []
    made = RecordedTown().make().kept
    store = store_of(settings)
    await store.open()
    try:
        for spec in (USERS, PROFILES, DRIVER_DOCUMENTS, RESCUES, PHOTOS, OPS_RESCUES):
            collection: Any = store.collection(spec)
            stored = {one.id: without_version(one) async for one in collection.scan()}
            own = {name: without_version(one) for name, one in made[spec.name].items()}
            assert {name: stored.get(name) for name in own} == own, spec.name
        check = await LedgerService(store, Clock()).check()
        assert (check.sum_minor, check.unbalanced) == (0, ())
    finally:
        await store.close()


def test_the_same_options_make_the_same_town() -> None:
    first, second = RecordedTown().make(), RecordedTown().make()
    assert first.kept == second.kept
    assert first.events == second.events
    assert first.pictures.take() == second.pictures.take()


async def test_the_read_models_are_those_that_the_consumers_make() -> None:
    town = RecordedTown().make()
    store = MemoryStore()
    await store.open()
    rows, jobs = OpsRescueRepository(store), CurrentJobs(store)
    for envelope in sorted(town.events, key=lambda one: one.at):
        rescue_id = getattr(envelope.event, "rescue_id", None)
        if envelope.collection in ("rescuerequests", "paymentrecords") and rescue_id is not None:
            await rows.apply(envelope, rescue_id)
            await jobs.apply(envelope)
    for spec in (OPS_RESCUES, CURRENT_JOBS):
        collection: Any = store.collection(spec)
        made = {one.id: msgspec.structs.replace(one, version=0) async for one in collection.scan()}
        seeded = {one.id: msgspec.structs.replace(one, version=0) for one in town.kept[spec.name].values()}
        assert made == seeded


async def test_a_document_of_any_filled_collection_is_data(tmp_path: Path) -> None:
    """Of a town's documents one of each collection is put into a new store, alone."""
    full = store_of(await seeded(tmp_path / "town"))
    settings = settings_of(tmp_path / "new")
    new = store_of(settings)
    await full.open()
    await new.open()
    try:
        for spec in FILLED:
            document = await anext(full.collection(spec).scan())
            await new.fill(spec, [document])
            with pytest.raises(SettingsError, match=rf"has data already \({spec.name}\)"):
                await seed_town(settings, OPTIONS, "supportcarr seed town", lambda _: None)
            await new.collection(spec).delete(document.id, document.version)
    finally:
        await full.close()
        await new.close()


def test_a_store_with_data_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    run(settings, OPTIONS)
    environment = {"SUPPORTCARR_DATA": str(tmp_path)}
    result = CliRunner().invoke(
        cli.main, ["seed", "town", "--drivers", "20", "--rescues", "20"], env=environment
    )
    assert result.exit_code == 1
    assert f"{settings.deployment.data} has data already" in result.output


@pytest.mark.parametrize("engine", ["sqlite", "mongodb"])
async def test_a_town_that_was_ended_midway_is_named_and_nothing_runs_on_it(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = request.getfixturevalue("mongodb") if engine == "mongodb" else None
    changed = {"SUPPORTCARR_STORE_URL": database} if database else {}

    async def ended(*_: Any) -> None:
        raise RuntimeError("ended")

    monkeypatch.setattr(seeding, "seed", ended)
    with pytest.raises(RuntimeError, match="ended"):
        await seeded(tmp_path, **changed)
    monkeypatch.undo()
    drop = f"delete the folder {tmp_path.resolve()}"
    if database:
        drop = f"drop the database {urlsplit(database).path.strip('/')} and {drop}"
    again = f"{drop}, then run `supportcarr seed town` again"
    with pytest.raises(UnfinishedCopy, match="is half filled with the town of seed 7") as refused:
        await seeded(tmp_path, **changed)
    assert str(refused.value).endswith(again)


@pytest.mark.parametrize("profile", ["staging", "production"])
def test_a_town_is_for_the_local_profile(tmp_path: Path, profile: Any) -> None:
    local = settings_of(tmp_path)
    deployment = msgspec.structs.replace(local.deployment, profile=profile)
    with pytest.raises(SettingsError, match=f"local profile only, not in {profile}"):
        run(msgspec.structs.replace(local, deployment=deployment), OPTIONS)
    assert not (tmp_path / "supportcarr.sqlite3").exists()


def test_without_the_lab_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "added_seeds", EntryPoints)
    result = CliRunner().invoke(cli.main, ["seed", "town", "--seed", "3"])
    assert result.exit_code == 1
    assert (
        "`supportcarr seed town` is part of the development tools: pip install supportcarr-lab"
        in result.output
    )
