"""Time that passes only while the event loop has nothing to do.

A simulated city of tests is very fast: an offer lives for a fifth of a second.  On a machine that is busy
with something else it would be over before its driver, in the same process, had read it.  On this loop
everybody has done what there is to do before time goes on, however long that takes.
"""

from __future__ import annotations

import asyncio
import importlib
import selectors
import time
from typing import Any

import pytest

from supportcarr_lab.simulator.city_time import CityTime

# What reads a clock in the process of the test.
READERS = (
    "support.simulator.fake_city",
    *(f"supportcarr_lab.simulator.{name}" for name in ("city", "client", "realtime_client", "sign_up")),
)


class _Selector(selectors.DefaultSelector):
    """Adds up its waits; one that lasts longer than was asked for counts as long as was asked for."""

    idle_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began = time.monotonic()
        ready = super().select(timeout)
        waited = time.monotonic() - began
        self.idle_s += waited if timeout is None else min(waited, max(0.0, timeout))
        return ready


class IdleTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers count the time that it has waited."""

    def __init__(self) -> None:
        self._waits = _Selector()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.idle_s


class LoopClock:
    """The module ``time`` for what runs on such a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._began = time.time()
        self.monotonic = loop.time

    def time(self) -> float:
        return self._began + self.monotonic()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def use_loop_time(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """Let the simulator and the fake platform read the time of the running loop."""
    clock = LoopClock(asyncio.get_running_loop())
    for name in READERS:
        monkeypatch.setattr(importlib.import_module(name), "time", clock)
    assert CityTime.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(CityTime.__init__.__kwdefaults__, "read", clock.time)
    return clock
