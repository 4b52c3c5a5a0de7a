import pytest

from support.crash.fixtures import databases, engine, runs_of, zygote

__all__ = ["databases", "engine", "runs_of", "store_url", "zygote"]


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=pytest.mark.long)])
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each engine; of MongoDB among the long tests."""
    url: str = request.getfixturevalue(request.param)
    return url
