"""Settings of the audit log."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import at_least, bucket_name, rule
from supportcarr.kit.runtime.settings import SECRET, SettingsGroup


class AuditSettings(SettingsGroup, frozen=True, kw_only=True):
    """The audit log."""

    prefix = "AUDIT_"
    secret: Annotated[
        str,
        Meta(
            description="signs the heads of the audit log's chain; keep a copy outside the store",
            extra=SECRET | rule(at_least(16)),
        ),
    ] = ""
    anchor_bucket: Annotated[
        str,
        Meta(
            description=(
                "bucket with object lock in which the signed heads are kept, each for as long as the audit "
                "log; reached like the bucket of files (SUPPORTCARR_S3_…); empty: a file or the log"
            ),
            extra=rule(bucket_name),
        ),
    ] = ""
    anchor_file: Annotated[
        str,
        Meta(
            description=(
                "file to which the signed heads are appended, to be copied to where the platform cannot "
                "change it; empty: audit-anchors.jsonl in DATA (local profile), the log elsewhere"
            )
        ),
    ] = ""
