"""Settings of logs, traces and error reports."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from supportcarr.kit.runtime.setting_rules import file_in_folder, header_list, http_url, https_url, rule
from supportcarr.kit.runtime.settings import OPTIONAL_SECRET, SettingsGroup


class LogSettings(SettingsGroup, frozen=True, kw_only=True):
    """Logs."""

    prefix = "LOG_"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="lowest level that is written")
    ] = "info"
    file: Annotated[
        str, Meta(description="file to append to; empty: standard error", extra=rule(file_in_folder))
    ] = ""
    file_bytes: Annotated[
        int, Meta(ge=0, description="size from which the file is rotated (to FILE.1); 0: never")
    ] = 50_000_000
    files_kept: Annotated[int, Meta(ge=0, le=1000, description="rotated files that are kept, at most")] = 14
    file_days: Annotated[
        int,
        Meta(
            ge=0,
            le=3650,
            description=(
                "days (UTC) for which rotated files are kept; the file is rotated each day; 0: rotated by "
                "size alone"
            ),
        ),
    ] = 14
    repeats: Annotated[
        int,
        Meta(
            ge=0,
            description=(
                "lines of one kind (event, route, status) that a process writes in 10 s; further ones are "
                "counted; 0: all"
            ),
        ),
    ] = 50


class TracingSettings(SettingsGroup, frozen=True, kw_only=True):
    """Traces (OpenTelemetry)."""

    prefix = "TRACING_"
    endpoint: Annotated[
        str,
        Meta(
            description=(
                "URL that spans are sent to (OTLP/HTTP, protobuf), such as http://tempo:4318/v1/traces; "
                "empty: no traces"
            ),
            extra=rule(http_url),
        ),
    ] = ""
    headers: Annotated[
        str,
        Meta(
            description="headers of the endpoint, NAME=VALUE,…; for one that asks for a key",
            extra=OPTIONAL_SECRET | rule(header_list),
        ),
    ] = ""
    sample_ratio: Annotated[
        float, Meta(ge=0, le=1, description="share of requests that are traced; browsers choose alike")
    ] = 0.01
    browser_endpoint: Annotated[
        str,
        Meta(
            description=(
                "public URL that browsers send the spans of their requests to (OTLP/HTTP, JSON; the server "
                "must allow PUBLIC_URL's origin); empty: traces begin at the API"
            ),
            extra=rule(https_url),
        ),
    ] = ""
    asked_per_second: Annotated[
        int,
        Meta(
            ge=0,
            description=(
                "requests of a second that each process traces because their sender does "
                "(`traceparent`); further ones are not traced"
            ),
        ),
    ] = 20
    queue_spans: Annotated[
        int,
        Meta(ge=1, description="spans that wait for the endpoint in each process; further ones are dropped"),
    ] = 4096

    def header_pairs(self) -> dict[str, str]:
        pairs = (entry.partition("=") for entry in self.headers.split(",") if entry.strip())
        return {name.strip().lower(): value.strip() for name, _, value in pairs}


def sentry_dsn(value: str) -> None:
    """The address of a project: https://KEY@HOST/PROJECT."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.username or not parts.hostname:
        raise ValueError("it must be a DSN such as https://KEY@sentry.example/1")
    if parts.password or not parts.path.rpartition("/")[2].isdigit():
        raise ValueError(
            "it must be a DSN such as https://KEY@sentry.example/1: a key, and a project's number"
        )


class SentrySettings(SettingsGroup, frozen=True, kw_only=True):
    """Error reports (Sentry)."""

    prefix = "SENTRY_"
    dsn: Annotated[
        str,
        Meta(description="DSN of the project for the processes; empty: no reports", extra=rule(sentry_dsn)),
    ] = ""
    browser_dsn: Annotated[
        str,
        Meta(
            description="DSN of the project for the apps, which browsers receive; empty: no reports",
            extra=rule(sentry_dsn),
        ),
    ] = ""
    sample_ratio: Annotated[float, Meta(ge=0, le=1, description="share of errors that are reported")] = 1.0
    events_per_minute: Annotated[
        int, Meta(ge=0, description="errors that a process reports in a minute; further ones are counted")
    ] = 30
    performance_ratio: Annotated[
        float,
        Meta(ge=0, le=1, description="share of requests, jobs and page loads whose duration is reported"),
    ] = 0.0
