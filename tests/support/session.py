"""What holds for a whole test session: what runs where and when, fewer garbage collections, and no time limit
for an example."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# On a busy machine an example may take long, and be no defect: by default Hypothesis allows 200 ms.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


# Their tests start a whole city, or processes that are killed over and over: each takes up to two minutes.
LONGEST = ("tests/e2e/", "tests/chaos/")
LONGEST_ID = 100


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Keep the tests of one event loop in one worker, and begin with the longest tests.

    What the tests of a module share, such as a platform, would otherwise be made by each worker.  The last of
    the longest tests would run alone, beside idle processors.
    """
    for item in items:
        loop = item.get_closest_marker("asyncio")
        if loop and loop.kwargs.get("loop_scope") == "module" and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    yield  # the order is random now
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name no test by the content of a file: it is unreadable, and may differ between the workers."""
    return type(val).__name__ if isinstance(val, bytes | str) and len(val) > LONGEST_ID else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run if groups are not kept, and exclude what is alive now from garbage collection.

    It lives as long as the session, and a full collection would visit these millions of objects each time: a
    fifth of the CPU of the unit tests.
    """
    if session.config.getoption("loadgroup", False):  # in a worker; pytest-xdist adds the group to the id
        for item in session.items:
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
                raise pytest.UsageError(f"pytest-xdist does not know the group of {item.nodeid}.")
    gc.collect()
    gc.freeze()
