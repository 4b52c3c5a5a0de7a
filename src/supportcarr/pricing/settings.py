"""Settings of quotes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import at_least, rule
from supportcarr.kit.runtime.settings import SECRET, SettingsGroup


class QuoteSettings(SettingsGroup, frozen=True, kw_only=True):
    """Quotes."""

    prefix = "QUOTES_"
    secret: Annotated[str, Meta(description="key that signs quotes", extra=SECRET | rule(at_least(16)))] = ""
    seconds: Annotated[int, Meta(ge=60, description="lifetime of a quote (city time)")] = 600
