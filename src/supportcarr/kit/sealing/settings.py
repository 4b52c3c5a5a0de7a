"""Settings of the keyset that protects personal data."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import OPTIONAL_SECRET, SettingsGroup


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
