"""Heads of the audit log in a bucket with object lock: kept, read back, and not to be deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support.files import versitygw
from supportcarr.audit.signatures import HeadSigner
from supportcarr.audit.verification import read_anchors
from supportcarr.providers.audit_anchors import S3Anchor
from supportcarr.providers.s3 import S3Objects

pytestmark = pytest.mark.xdist_group("versitygw")


async def test_heads_are_locked_and_read_back_in_order(tmp_path: Path) -> None:
    signer = HeadSigner("a secret of the tests, 32 characters")
    with versitygw.running(tmp_path, object_lock=True) as settings:
        objects = S3Objects(settings)
        anchor = S3Anchor(objects, kept=timedelta(days=1))
        at = datetime.now(UTC).replace(microsecond=0)
        heads = [signer.anchor(place, f"hash-{place}", at) for place in (9, 10, 11)]
        for head in (*reversed(heads), heads[0]):  # keeping one twice does no harm
            await anchor.keep(head)
        read = read_anchors(await anchor.lines(), signer)
        assert ([a.place for a in read.anchors], read.problems) == ([9, 10, 11], [])

        client = versitygw.admin(settings)
        [version, *_] = client.list_object_versions(Bucket=settings.bucket)["Versions"]
        with pytest.raises(ClientError):
            client.delete_object(Bucket=settings.bucket, Key=version["Key"], VersionId=version["VersionId"])
        await objects.close()
