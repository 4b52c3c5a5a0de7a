"""Which engines a run measures, and which MongoDB server it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import api
import pytest
from rig import mongo
from rig.mongo import Choice, MongoServer

SERVER = MongoServer("mongodb://127.0.0.1:1/")


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases that were removed from the server."""
    names: list[str] = []
    monkeypatch.setattr(mongo, "drop", lambda url, name: names.append(name))
    return names


def with_choice(monkeypatch: pytest.MonkeyPatch, chosen: Choice) -> None:
    monkeypatch.setattr(mongo, "choice", lambda: chosen)


@contextmanager
def started() -> Iterator[MongoServer]:
    yield SERVER


def test_both_engines_are_measured_where_there_is_a_mongodb(
    monkeypatch: pytest.MonkeyPatch, dropped: list[str]
) -> None:
    with_choice(monkeypatch, Choice("a server", started))
    with api.mongodb_for(None) as found:
        assert found == (("sqlite", "mongodb"), "a server", SERVER)
    assert set(dropped) == {"bench_ours", "bench_mongoose", "bench_mongoose_tuned"}


def test_mongodb_is_left_out_with_a_sentence_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_choice(monkeypatch, Choice("nothing here", None))
    with api.mongodb_for(None) as found:
        assert found == (("sqlite",), "", None)
    assert "MongoDB is left out: nothing here." in capsys.readouterr().out


def test_a_run_that_asks_for_mongodb_fails_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with_choice(monkeypatch, Choice("nothing here", None))
    with pytest.raises(SystemExit, match="nothing here"), api.mongodb_for(["mongodb"]):
        pass


def test_sqlite_alone_starts_no_mongodb(monkeypatch: pytest.MonkeyPatch) -> None:
    def start() -> Choice:
        raise AssertionError("it was not asked for")

    monkeypatch.setattr(mongo, "choice", start)
    with api.mongodb_for(["sqlite", "sqlite"]) as found:
        assert found == (("sqlite",), "", None)


def test_the_server_of_the_environment_comes_first_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URL", SERVER.url)
    monkeypatch.setenv("MONGODB_PID", "7")
    mongo.choice.cache_clear()
    try:
        chosen = mongo.choice()
        assert chosen.start is not None
        with chosen.start() as server:
            assert server == MongoServer(SERVER.url, 7)
    finally:
        mongo.choice.cache_clear()


def test_a_database_of_the_same_server_keeps_the_options_of_its_url() -> None:
    assert mongo.with_database("mongodb://h:1/?w=1", "b") == "mongodb://h:1/b?w=1"
