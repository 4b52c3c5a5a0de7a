"""Logs: one JSON object per line, with the fields of the task's context, and no secrets."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import LogSettings

Lines = Callable[[], list[dict[str, Any]]]


class ParcelContext(logs.LogContext):
    parcel_id: str | None = None
    sender_id: str | None = None
    place_id: str | None = None


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    """Log to a file; the fixture is a function that reads the lines written so far."""
    file = tmp_path / "log.jsonl"
    writer = logs.configure(LogSettings(level="info", file=str(file)))

    def read() -> list[dict[str, Any]]:
        writer.flush()
        return [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]

    yield read
    logs.shut_down()
    structlog.reset_defaults()
    logging.getLogger().handlers = [
        handler for handler in logging.getLogger().handlers if type(handler).__module__ != logs.__name__
    ]
    logging.captureWarnings(False)


def test_a_line_is_json_with_time_level_and_event(lines: Lines) -> None:
    structlog.get_logger("x").info("truck_departed", distance_m=1200, at_place=Path("there"))
    (line,) = lines()
    assert (line["level"], line["event"], line["distance_m"]) == ("info", "truck_departed", 1200)
    assert line["at_place"] == "there"
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


def test_lines_below_the_level_are_omitted(lines: Lines) -> None:
    structlog.get_logger().debug("noise")
    structlog.get_logger().warning("signal")
    assert [line["event"] for line in lines()] == ["signal"]


async def test_lines_have_the_fields_of_their_own_tasks_context(lines: Lines) -> None:
    log = structlog.get_logger()

    async def request(name: str) -> None:
        context = ParcelContext(parcel_id=f"par_{name}")
        logs.set_context(context)
        await asyncio.sleep(0)
        context.sender_id = f"usr_{name}"
        log.info("done", name=name)

    await asyncio.gather(request("a"), request("b"))
    log.info("outside")
    by_name = {line.get("name"): line for line in lines()}
    for name in "ab":
        line = by_name[name]
        assert (line["parcel_id"], line["sender_id"]) == (f"par_{name}", f"usr_{name}")
        assert "place_id" not in line
    assert "parcel_id" not in by_name[None]


@pytest.mark.parametrize(
    "key", ["password", "access_token", "api_key", "Authorization", "webhook_secret", "pin"]
)
def test_secrets_are_hidden(lines: Lines, key: str) -> None:
    structlog.get_logger().info("oops", **{key: "s3cret", "spinning": "fast"})
    (line,) = lines()
    assert line[key] == "[hidden]"
    assert line["spinning"] == "fast"


def test_an_exception_has_its_traceback(lines: Lines) -> None:
    try:
        raise ValueError("too far")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert line["level"] == "error"
    assert "ValueError: too far" in line["exception"]


def test_warnings_of_the_standard_library_are_logged_alike(lines: Lines) -> None:
    logging.getLogger("stripe").info("a request with its parameters")
    logging.getLogger("stripe").warning("slow: %s s", 3)
    (ours,) = [h for h in logging.getLogger().handlers if type(h).__module__ == logs.__name__]
    ours.emit(logging.LogRecord("broken", logging.WARNING, "x.py", 1, "%d", ("no number",), None))
    assert [(line["logger"], line["event"], line["level"]) for line in lines()] == [
        ("stripe", "slow: 3 s", "warning"),
        ("broken", "%d", "warning"),
    ]


class Speechless(Exception):
    """An error whose text cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("it has none")

    __repr__ = __str__


def test_an_error_that_cannot_say_anything_is_logged_all_the_same(lines: Lines) -> None:
    try:
        raise Speechless
    except Speechless:
        structlog.get_logger("x").exception("request_failed")
        logging.getLogger("library").exception("it failed")
    ours, theirs = lines()
    assert (ours["event"], theirs["event"]) == ("request_failed", "it failed")
    assert "Speechless" in ours["exception"]
    assert "Speechless" in theirs["exception"]


async def test_an_error_that_asyncio_quotes_is_masked_as_in_its_traceback(lines: Lines) -> None:
    async def fail() -> None:
        raise ValueError("no driver is called 'Ana Zimmer'")

    failed = asyncio.create_task(fail(), name="find driver")
    await asyncio.wait([failed])
    del failed
    gc.collect()
    ours = (line for line in lines() if line.get("logger") == "asyncio")  # and of garbage of other tests
    [line] = [line for line in ours if "find driver" in line["event"]]
    assert "Task exception was never retrieved" in line["event"]
    assert "no driver is called '…'" in line["event"]
    assert "Zimmer" not in str(line)


def test_without_info_there_are_no_access_lines(lines: Lines) -> None:
    assert logs.access_writer("warning") is None


def test_lines_are_flushed_periodically(tmp_path: Path) -> None:
    read, write = os.pipe()
    writer = logs.LogWriter(write, flush_seconds=0.001)
    writer.write(msgspec.Raw(b'{"event":"x"}'))
    assert os.read(read, 100) == b'{"event":"x"}\n'  # waits until the thread writes
    writer.close()
    os.close(read)
    os.close(write)


def test_pending_lines_are_written_on_close(tmp_path: Path) -> None:
    file = tmp_path / "log"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    writer = logs.LogWriter(descriptor, flush_seconds=3600)
    writer.write(msgspec.Raw(b"1"))
    writer.close()
    os.close(descriptor)
    assert file.read_bytes() == b"1\n"


def test_lines_beyond_the_capacity_are_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "CAPACITY", 2)
    file = tmp_path / "log"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    writer = logs.LogWriter(descriptor, flush_seconds=3600)
    for _ in range(5):
        writer.write(msgspec.Raw(b"1"))
    writer.close()
    os.close(descriptor)
    *kept, last = file.read_bytes().splitlines()
    assert kept == [b"1", b"1"]
    assert msgspec.json.decode(last)["lines"] == 3


def test_a_closed_pipe_does_not_stop_the_process() -> None:
    read, write = os.pipe()
    os.close(read)
    writer = logs.LogWriter(write, flush_seconds=3600)
    writer.write(msgspec.Raw(b"1"))
    writer.close()
    os.close(write)


def test_a_pipe_that_does_not_block_is_waited_for() -> None:
    """Whoever shares the standard error of a process can make it one."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    writer = logs.LogWriter(writing, flush_seconds=3600)
    for number in range(5000):
        writer.write(msgspec.Raw(b'{"number":%d,"padding":"%s"}' % (number, b"x" * 100)))

    def close() -> None:
        writer.close()
        os.close(writing)

    closing = threading.Thread(target=close)
    closing.start()
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().splitlines()
    closing.join()
    assert [msgspec.json.decode(line)["number"] for line in lines] == list(range(5000))


def test_a_line_of_each_job_is_written_and_others_of_one_kind_are_bounded(lines: Lines) -> None:
    log = structlog.get_logger()
    for number in range(60):
        log.info("job_done", name="payments.hold", number=number)
        log.info("truck_departed", number=number)
    events = [line["event"] for line in lines()]
    assert events.count("job_done") == 60
    assert events.count("truck_departed") == LogSettings().repeats
