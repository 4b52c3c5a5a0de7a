"""What holds for a whole test session: fewer garbage collections, and no time limit for an example."""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

# On a busy machine an example may take long, and be no defect: by default Hypothesis allows 200 ms.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_collection_finish() -> None:
    """Exclude what is alive now from garbage collection: it lives as long as the session.

    A full collection would visit these millions of objects each time: a fifth of the CPU of the unit tests.
    """
    gc.collect()
    gc.freeze()
