"""The command ``supportcarr store copy``: everything from one store into another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.stores import store_at
from supportcarr.kit.sealing.store import stored_spec
from supportcarr.kit.store.copy import Comparison, CopyRefused, Progress, copy_store


def run_copy(source_url: str, target_url: str, progress: Progress) -> list[Comparison]:
    """Copy the store at *source_url* into the one at *target_url* and compare them.

    Raises ``CopyRefused`` with a sentence; ``StoreError``; ``SettingsError`` for a URL of no engine.
    """
    source_name, target_name = name_of(source_url), name_of(target_url)
    if source_name == target_name:
        raise CopyRefused("Both URLs name the same store.")
    if source_url.startswith("sqlite:///") and not Path(source_url.removeprefix("sqlite:///")).is_file():
        raise CopyRefused(f"There is no store at {source_name}.")
    return asyncio.run(_copy(source_url, target_url, source_name, progress))


async def _copy(source_url: str, target_url: str, source_name: str, progress: Progress) -> list[Comparison]:
    source, target = store_at(source_url), store_at(target_url)
    try:
        await source.open()
        await target.open(allow_unfinished_copy=True)
        # Personal values are copied as they are sealed.
        specs = [stored_spec(spec) for spec in SPECS]
        return await copy_store(
            source, target, specs, source_name=source_name, now=datetime.now(UTC), progress=progress
        )
    finally:
        await target.close()
        await source.close()


def name_of(url: str) -> str:
    """What a store's URL names, without user, password and options."""
    if url.startswith("sqlite:///"):
        return f"sqlite:///{Path(url.removeprefix('sqlite:///')).resolve()}"
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/') or '/supportcarr'}"


def table(compared: Sequence[Comparison]) -> list[str]:
    """The comparison as lines of text, one per collection, with the sums at the end."""
    width = max(len(one.collection) for one in compared)
    lines = [f"{'collection':<{width}}  documents  pending events  sha256        result"]
    for one in compared:
        lines.append(
            f"{one.collection:<{width}}  {one.source.documents:>9}  {one.source.events:>14}"
            f"  {one.source.sha256[:12]}  {'equal' if one.equal else _difference(one)}"
        )
    documents, events = (
        sum(getattr(one.source, name) for one in compared) for name in ("documents", "events")
    )
    lines.append(f"{'total':<{width}}  {documents:>9}  {events:>14}")
    return lines


def _difference(one: Comparison) -> str:
    return (
        f"DIFFERS: the target has {one.target.documents} documents, {one.target.events} pending events,"
        f" {one.target.sha256[:12]}"
    )
