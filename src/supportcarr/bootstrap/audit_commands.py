"""The command ``supportcarr audit verify``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from msgspec.structs import replace

from supportcarr.audit.signatures import HeadSigner
from supportcarr.audit.verification import ReadAnchors, Verification, read_anchors, verify_chain
from supportcarr.bootstrap.anchors import anchor_file, s3_anchor
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.kit.objects.port import ObjectStoreUnavailable
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.providers.audit_anchors import S3Anchor


def run_verify(settings: Settings, anchors: Path | None) -> Verification:
    """Compare the audit log with its head and the anchors of that file.

    Without a file the anchors are read from where the settings say.  Raises ``StoreError``; ``OSError`` if
    the file cannot be read.
    """
    signer = HeadSigner(settings.audit.secret)
    bucket = s3_anchor(settings) if anchors is None else None
    if bucket is not None:
        read = read_anchors(_lines(bucket), signer)
    else:
        read = _read(anchors or anchor_file(settings), signer)

    async def verifying() -> Verification:
        store = store_of(settings, read_only=True)
        await store.open()
        try:
            return await verify_chain(store, signer, read.anchors)
        finally:
            await store.close()

    found = asyncio.run(verifying())
    return replace(found, problems=(*read.problems, *found.problems))


def sentence(found: Verification) -> str:
    """The result in words."""
    if found.problems:
        result = f"The audit log was changed: {len(found.problems)} problem(s)."
    elif not found.records:
        result = "The audit log is empty."
    else:
        result = f"Records {found.first_place} to {found.last_place} are as they were written."
    if found.waiting:
        result += f" {found.waiting} newer record(s) wait to be chained."
    if not found.anchors:
        result += (
            " There was no anchor to compare them with, so records that are missing at the end, together with"
            " the head, would not be found: see the setting SUPPORTCARR_AUDIT_ANCHOR_FILE."
        )
    return result


def _lines(bucket: S3Anchor) -> list[str]:
    try:
        return asyncio.run(bucket.lines())
    except ObjectStoreUnavailable:
        raise StoreUnavailable("the bucket of the anchors cannot be reached") from None


def _read(file: Path | None, signer: HeadSigner) -> ReadAnchors:
    if file is None or (str(file) != "-" and not file.exists()):
        return ReadAnchors([], [])
    with click.open_file(str(file), encoding="utf-8", errors="replace") as lines:
        return read_anchors(lines, signer)
