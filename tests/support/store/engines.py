"""Counts the tests that ran on each engine: recorded by the fixtures of stores, printed in the summary."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest

SQLITE = f"SQLite {sqlite3.sqlite_version}"
_NAME = "engine"


def record_engine(request: pytest.FixtureRequest, engine: str) -> None:
    """Record that the test of *request* runs on *engine*."""
    noted = (_NAME, engine)
    if noted not in request.node.user_properties:
        request.node.user_properties.append(noted)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests ran on which engine."""
    ran: Counter[str] = Counter(
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        if report.when == "call"
        for name, value in report.user_properties
        if name == _NAME
    )
    for engine, tests in sorted(ran.items()):
        terminalreporter.write_line(f"{tests} tests ran on {engine}")
