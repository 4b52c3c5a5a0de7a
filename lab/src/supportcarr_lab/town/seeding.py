"""Writes the town into a new store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from supportcarr.audit.chain import AuditChain
from supportcarr.audit.collections import RECORDS
from supportcarr.audit.model import GENESIS, chained
from supportcarr.audit.service import AuditLog
from supportcarr.audit.signatures import HeadSigner
from supportcarr.auth.collections import USERS
from supportcarr.auth.name_index import terms_of
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.staff_list import StaffList
from supportcarr.bootstrap.anchors import anchor_of
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.objects import FOLDER, objects_of
from supportcarr.bootstrap.seeding import seed
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import sqlite_file, store_of, store_url
from supportcarr.drivers.collections import VEHICLES
from supportcarr.drivers.plates import Plates
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.runtime.city_clock import CITY_CLOCK
from supportcarr.kit.runtime.clock import CityClockRecord, Clock
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing.lookup_keys import LookupKeys
from supportcarr.kit.sealing.search_terms import SEARCH_TERMS, documents_of
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.copy_marker import MARKER_ID, MARKERS, CopyMarker
from supportcarr_lab.emulators.app import DATABASE_FILE
from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.database import EmulatorDatabase
from supportcarr_lab.town.filled import FILLED
from supportcarr_lab.town.options import TownOptions
from supportcarr_lab.town.people import Townsperson, account_of, password_hash
from supportcarr_lab.town.pictures import Pictures
from supportcarr_lab.town.riders import RiderRecord
from supportcarr_lab.town.town import Town
from supportcarr_lab.town.writing import BATCH, REMOTE_BATCH, BulkWriter, ObjectWriter

AT_ONCE = 200  # rescues between two writes
CITY_ID = "city"

Progress = Callable[[str], None]


class TownSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was seeded; ``seconds`` by step."""

    drivers: dict[str, int]  # by what became of them
    riders: int
    rescues: dict[str, int]  # by status
    documents: int
    objects: int  # of files
    seconds: dict[str, float]
    people: dict[str, Townsperson]  # one of each role, to sign in as


async def seed_town(
    settings: Settings, options: TownOptions, command: str, progress: Progress
) -> TownSummary:
    """Fill the store of the settings, which has no people and no rescues yet.

    Raises ``SettingsError`` for a store that has; ``UnfinishedCopy`` after a run that was ended midway.
    """
    store = store_of(settings)
    await store.open()
    try:
        for spec in SPECS:
            store.collection(spec)
        await _refuse_data(store, settings)
        markers = store.collection(MARKERS)
        marker = await markers.insert(
            CopyMarker(
                id=MARKER_ID,
                source=f"the town of seed {options.seed}",
                started_at=datetime.now(UTC),
                filled_by=command,
                how_to_drop=_how_to_drop(settings),
            )
        )
        await seed(settings, store)
        summary = await _Seeding(settings, options, store, progress).run()
        await markers.delete(marker.id, marker.version)
        return summary
    finally:
        await store.close()


async def _refuse_data(store: SealingStore, settings: Settings) -> None:
    for spec in FILLED:
        if await store.collection(spec).count():
            where = settings.deployment.store_url or settings.deployment.data
            raise SettingsError(
                f"{where} has data already ({spec.name}). A town needs a new store: set SUPPORTCARR_DATA to "
                "another folder, or delete this one."
            )


def _how_to_drop(settings: Settings) -> str:
    """How everything is removed that the town wrote: objects, cards and keys are in the data folder."""
    folder, file = Path(settings.deployment.data).resolve(), sqlite_file(settings)
    drop_folder = f"delete the folder {folder}"
    if file is None:
        database = urlsplit(store_url(settings)).path.strip("/") or "supportcarr"
        return f"drop the database {database} and {drop_folder}"
    file = file.resolve()
    if file.is_relative_to(folder):
        return drop_folder
    return f"{drop_folder} as well as {file}, {file}-wal and {file}-shm"


class _Seeding:
    def __init__(
        self, settings: Settings, options: TownOptions, store: SealingStore, progress: Progress
    ) -> None:
        self._settings, self._options, self._store, self._progress = settings, options, store, progress
        self._writer = BulkWriter(store, BATCH if sqlite_file(settings) else REMOTE_BATCH)
        object_store = objects_of(settings, Clock())
        is_local = isinstance(object_store, LocalObjects)
        self._objects = ObjectWriter(
            object_store, Path(settings.deployment.data) / FOLDER if is_local else None
        )
        self._pictures = Pictures(options, self._writer.keep, datetime.now(UTC), settings.files)
        self._town = Town(options, settings.routing, self._writer.keep, self._pictures)
        self._seconds: dict[str, float] = {}
        self._step_began = time.perf_counter()

    async def run(self) -> TownSummary:
        try:
            return await self._run()
        finally:
            await self._objects.close()

    async def _run(self) -> TownSummary:
        await self._people()
        self._step("people")
        await self._drivers()
        self._step("drivers and shifts")
        await self._rescues()
        self._step("rescues")
        await self._audit()
        self._step("audit log")
        await asyncio.to_thread(self._cards)
        await self._start_clock()
        self._step("cards and clock")
        self._seconds["of it writing"] = self._writer.seconds
        town = self._town
        return TownSummary(
            drivers=dict(town.states),
            riders=len(town.riders),
            rescues=dict(town.counts),
            documents=self._writer.written,
            objects=self._objects.written,
            seconds=self._seconds,
            people={
                "rider": max(town.riders, key=lambda rider: rider.profile.version).person,
                "driver": town.drivers[0],
            },
        )

    def _step(self, name: str) -> None:
        now = time.perf_counter()
        self._seconds[name] = now - self._step_began
        self._step_began = now
        self._progress(f"{name}: {self._seconds[name]:.1f} s")

    async def _write(self, *, all: bool = False) -> None:
        await self._writer.write(all=all)
        await self._objects.write(self._pictures.take())

    async def _people(self) -> None:
        secret = self._settings.auth.lookup_secret
        directory, hashes = (
            PhoneDirectory(self._store, secret),
            await LookupKeys(self._store, secret).hashes(),
        )
        hashed = await asyncio.to_thread(password_hash, self._options, self._settings.auth.bcrypt_cost)
        for person in self._town.everybody:
            claimed = await directory.claimed(person.phone)
            user = account_of(person, self._town.dice, hashed, claimed)
            self._writer.keep(USERS, user)
            for term in documents_of(user.id, sorted(terms_of(user.name)), hashes):
                self._writer.keep(SEARCH_TERMS, msgspec.structs.replace(term, version=1))
        await self._write(all=True)
        staff = StaffList(self._store)
        for operator in self._town.operators:
            await staff.note(operator.id, (operator.role,))
        self._town.make_riders()
        await self._write(all=True)

    async def _drivers(self) -> None:
        plates = Plates(self._store, self._settings.auth.lookup_secret)
        for number, life in enumerate(self._town.make_drivers()):
            for vehicle in life.record.vehicles:
                self._writer.keep(VEHICLES, await plates.with_hashes(vehicle))
            if number % AT_ONCE == 0:
                await self._write()
        await self._write(all=True)

    async def _rescues(self) -> None:
        for number, _ in enumerate(self._town.make_rescues(), start=1):
            if number % AT_ONCE == 0:
                await self._write()
            if number % 10_000 == 0:
                self._progress(f"{number} rescues")
        await self._write(all=True)

    async def _audit(self) -> None:
        """The records of what operators did, chained in order of time."""
        previous, envelopes = GENESIS, sorted(self._town.audited, key=lambda one: (one.at, one.id))
        people = {str(getattr(one.event, "person_id", None) or one.actor.id) for one in envelopes}
        await self._store.data_keys.to_seal(people)
        for place, envelope in enumerate(envelopes, start=1):
            log = AuditLog(self._store, _StoppedClock(envelope.at), self._store.data_keys)
            record = chained(await log.record(envelope), place, previous)
            assert record.hash is not None, "it is chained"
            previous = record.hash
            self._writer.keep(RECORDS, msgspec.structs.replace(record, version=2))
        await self._write(all=True)
        signer = HeadSigner(self._settings.audit.secret)
        await AuditChain(self._store, Clock(), signer, anchor_of(self._settings)).extend()

    def _cards(self) -> None:
        """Let the emulator of Stripe know the riders' cards, so that they can be charged again."""
        database = EmulatorDatabase(Path(self._settings.deployment.data) / DATABASE_FILE)
        try:
            with database.transaction():
                for rider in self._town.riders:
                    _put_card(database, rider)
        finally:
            database.close()

    async def _start_clock(self) -> None:
        """City time goes on where the history ends."""
        clocks = self._store.collection(CITY_CLOCK)
        before = await clocks.get(CITY_ID)
        record = CityClockRecord(
            id=CITY_ID,
            city=max(self._options.ends_at, before.city if before else self._options.ends_at),
            wall=datetime.now(UTC),
            speed=self._settings.city.speed,
        )
        if before is None:
            await clocks.insert(record)
        else:
            await clocks.save(msgspec.structs.replace(record, version=before.version))


def _put_card(database: EmulatorDatabase, rider: RiderRecord) -> None:
    created = int(rider.person.created_at.timestamp())
    customer = objects.customer(created, {"id": rider.account.customer, "metadata": {"user_id": rider.id}})
    method = objects.payment_method(created, rider.card_name)
    method |= {"id": rider.card.stripe_payment_method, "customer": rider.account.customer, "metadata": {}}
    database.put(customer)
    database.put(method, card=rider.card_name)


class _StoppedClock(Clock):
    """A clock that shows one time."""

    def __init__(self, at: datetime) -> None:
        super().__init__(wall=at.timestamp)
