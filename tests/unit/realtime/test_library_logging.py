"""python-socketio and python-engineio log through our handlers and print nothing themselves."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest

from supportcarr.realtime.server import SocketServer

LIBRARIES = ("socketio.server", "engineio.server")


def test_the_libraries_log_through_our_handlers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(logger, "level", logging.NOTSET)
    unused = cast(Any, None)
    server = SocketServer(unused, unused, unused, unused, (), check_seconds=1)
    assert server.sio.eio.logger is logging.getLogger("engineio.server")
    for name in LIBRARIES:
        assert logging.getLogger(name).handlers == [], name
        assert logging.getLogger(name).level == logging.NOTSET, f"{name} has a level of its own"
