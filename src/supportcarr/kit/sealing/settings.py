"""Settings of the keyset that protects personal data."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import origin, rule
from supportcarr.kit.runtime.settings import OPTIONAL_SECRET, SettingsGroup


def kms_key(value: str) -> None:
    """The URI of a key of AWS KMS, as Tink writes it."""
    if value and not re.fullmatch(r"aws-kms://arn:aws:kms:[a-z0-9-]+:\d{12}:(key|alias)/[\w/-]+", value):
        raise ValueError("it must be aws-kms://arn:aws:kms:REGION:ACCOUNT:key/ID")


class KeysetSettings(SettingsGroup, frozen=True, kw_only=True):
    """The keyset that wraps the data keys of people.  Without it their data is lost: back it up."""

    prefix = "KEYSET_"
    file: Annotated[
        str,
        Meta(description="file of the Tink keyset, the same on every machine; empty: DATA/keyset.json"),
    ] = ""
    json: Annotated[
        str,
        Meta(description="the Tink keyset itself, instead of a file", extra=OPTIONAL_SECRET),
    ] = ""
    kms_key: Annotated[
        str,
        Meta(
            description="key of AWS KMS that encrypts the keyset (aws-kms://ARN); empty: it is not encrypted",
            extra=rule(kms_key),
        ),
    ] = ""
    kms_endpoint: Annotated[
        str, Meta(description="URL of a server with the API of KMS; empty: AWS", extra=rule(origin))
    ] = ""
    kms_timeout_seconds: Annotated[float, Meta(gt=0, description="timeout of one call to KMS")] = 3.0
