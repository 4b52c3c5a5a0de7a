import pytest

from support.crash.fixtures import databases, engine, fork_server, make_runner

__all__ = ["databases", "engine", "fork_server", "make_runner", "store_url"]


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=pytest.mark.long)])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each engine; on MongoDB only in long tests."""
    url: str = request.getfixturevalue(request.param)
    return url
