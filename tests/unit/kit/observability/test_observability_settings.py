"""A setting that is wrong is named."""

from __future__ import annotations

import pytest

from supportcarr.bootstrap.settings import load_settings
from supportcarr.kit.observability.settings import TracingSettings
from supportcarr.kit.runtime.settings import SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACING_ENDPOINT", "tempo:4318"),
        ("TRACING_HEADERS", "a key"),
        ("TRACING_SAMPLE_RATIO", "1.5"),
        ("SENTRY_DSN", "https://sentry.example/1"),
        ("SENTRY_DSN", "https://key@sentry.example/"),
        ("SENTRY_BROWSER_DSN", "https://key:secret@sentry.example/1"),
        ("SENTRY_SAMPLE_RATIO", "-1"),
        ("LOG_FILE_DAYS", "-1"),
    ],
)
def test_a_setting_that_is_not_valid_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({f"SUPPORTCARR_{name}": value}, dotenv=None, keep_secrets=False)


def test_headers_are_read_in_pairs() -> None:
    settings = TracingSettings(headers="Authorization=Basic a=b, x-scope=one")
    assert settings.header_pairs() == {"authorization": "Basic a=b", "x-scope": "one"}
