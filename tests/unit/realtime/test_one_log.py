"""What the libraries of Socket.IO have to say goes the way of every log line, and no other beside it."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest

from supportcarr.realtime.server import SocketServer

LIBRARIES = ("socketio.server", "engineio.server")


def test_the_edge_lets_no_library_print_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(logger, "level", logging.NOTSET)
    nobody = cast(Any, None)
    edge = SocketServer(nobody, nobody, nobody, nobody, (), origins="*", check_seconds=1)
    assert edge.sio.eio.logger is logging.getLogger("engineio.server")
    for name in LIBRARIES:
        assert logging.getLogger(name).handlers == [], name
        assert logging.getLogger(name).level == logging.NOTSET, f"{name} would say more than it is asked to"
