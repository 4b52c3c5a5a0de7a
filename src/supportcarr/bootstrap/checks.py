"""The command ``supportcarr check``: settings, files, store, ledger, Redis.  Changes nothing unless told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.commands import with_store
from supportcarr.bootstrap.profile_rules import insecure_settings
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import sqlite_file
from supportcarr.kit.http.tls import server_context
from supportcarr.kit.jobs.verification import STATES
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.private_files import database_files, is_open_to_others, open_files, restrict
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing import rotation
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import Finding, Store
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.ledger_verification import unbalanced

_NAMED_FILES = 3


def run_check(settings: Settings, *, apply: bool) -> list[Finding]:
    """Check what the profile requires of settings, files, store, ledger and Redis.

    With *apply* the store is created or migrated, and files are restricted to their owner.
    """

    async def checking(store: Store) -> list[Finding]:
        for spec in SPECS:
            store.collection(spec)
        sealing = await rotation.findings(store, SPECS) if isinstance(store, SealingStore) else []
        return [*await store.check(apply=apply), *await _ledger_findings(store), *sealing]

    findings = [Finding(text) for text in insecure_settings(settings, os.environ)]
    try:
        server_context(settings.tls)
    except SettingsError as error:
        findings.append(Finding(str(error)))
    findings += _file_findings(settings, apply=apply)
    if apply or not (path := missing_store(settings)):
        findings += asyncio.run(with_store(settings, checking, read_only=not apply))
    elif not os.access(folder := _nearest_folder(path), os.W_OK | os.X_OK):
        findings.append(Finding(f"The store {path} cannot be created: {folder} is not writable."))
    deployment = settings.deployment
    for name, url in (("REDIS_URL", deployment.redis_url), ("CACHE_URL", deployment.cache_url)):
        if url:
            findings += asyncio.run(_redis_findings(name, url))
    return findings


def missing_store(settings: Settings) -> Path | None:
    """The path of the SQLite store if there is none yet; ``None`` for MongoDB."""
    path = sqlite_file(settings)
    return None if path is None or path.exists() else path


def _nearest_folder(path: Path) -> Path:
    """The closest folder above *path* that exists."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _file_findings(settings: Settings, *, apply: bool) -> list[Finding]:
    """The data folder and the store that other users of this machine can read."""
    data, store = Path(settings.deployment.data), sqlite_file(settings)
    files = set(open_files(data)) if data.is_dir() else set()
    files |= {file for file in (database_files(store) if store else ()) if is_open_to_others(file)}
    paths = [*([data] if data.is_dir() and is_open_to_others(data) else []), *sorted(files)]
    if apply:
        for path in paths:
            restrict(path)
        paths = [path for path in paths if is_open_to_others(path)]
    if not paths:
        return []
    named = ", ".join(map(str, paths[:_NAMED_FILES])) + (", ..." if len(paths) > _NAMED_FILES else "")
    return [Finding(f"Other users of this machine may use {named}: chmod go= them, or run check --apply.")]


async def _ledger_findings(store: Store) -> list[Finding]:
    """Transactions that do not sum to zero, and what the workers' latest verifications found.

    Only those also compare the ledger with the payments, and read the audit log.
    """
    checked = await LedgerService(store, Clock()).check()
    texts = [unbalanced(wrong) for wrong in checked.unbalanced]
    for state in (await store.collection(STATES).find()).items:
        texts += [problem for problem in state.problems if problem not in texts]
        if state.findings > len(state.problems):
            texts.append(f"The verification of {state.id} found {state.findings} problems, not only these.")
    return [Finding(text) for text in texts]


async def _redis_findings(name: str, url: str) -> list[Finding]:
    try:
        async with RedisClient(url, name="check") as redis:
            policy = (await redis.call("CONFIG", "GET", "maxmemory-policy", decode=True))[1]
    except (RedisError, OSError) as error:
        return [Finding(f"The Redis of SUPPORTCARR_{name} cannot be used: {error}.")]
    if name == "REDIS_URL" and policy != "noeviction":
        return [Finding(f"The durable Redis evicts ({policy}): set maxmemory-policy noeviction.")]
    return []
