"""A hook that makes a test session faster: fewer garbage collections."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Exclude what is alive now from garbage collection: it lives as long as the session.

    A full collection would visit these millions of objects each time: a fifth of the CPU of the unit tests.
    """
    gc.collect()
    gc.freeze()
