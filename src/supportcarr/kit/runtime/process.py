"""Settings that every process makes for itself: its title, and when the garbage collector runs."""

from __future__ import annotations

import gc

import setproctitle

_GC_THRESHOLDS = (10_000, 10, 10)  # objects; collections of the youngest; of the middle generation


def set_title(role: str) -> None:
    """Name this process ``supportcarr: ROLE`` in ps and top."""
    setproctitle.setproctitle(f"supportcarr: {role}")


def tune_gc() -> None:
    """Exclude everything loaded so far from garbage collection; call it once, when loading is done.

    Nearly all objects of a request are freed by reference counting when it ends, so the collector
    looks for cycles less often than Python's default of every 700 objects, which costs about 6 % of
    the time of an API process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
