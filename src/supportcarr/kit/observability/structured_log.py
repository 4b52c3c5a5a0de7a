"""Structured logs: one JSON object per line, written in batches by a thread, off the request path.

Lines that say the same are bounded (``sampling``), and the file is rotated (``log_file``): strangers cannot
fill the disk with them.  A disk that is full all the same costs lines, and stops nothing.

Every module logs through ``structlog.get_logger(__name__)``.  Each line carries the fields of its
task's context (``set_context``).  Lines of the standard library's loggers from WARNING up are written
in the same way.  A crash of the machine or a kill -9 loses at most the last tenth of a second; an
orderly end loses nothing.
"""

from __future__ import annotations

import atexit
import logging
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from supportcarr.kit.observability.log_file import LogFile
from supportcarr.kit.observability.masking import masked, masked_message, masked_quotes_of, masked_traceback
from supportcarr.kit.observability.sampling import LineSampler
from supportcarr.kit.observability.settings import LogSettings

FLUSH_SECONDS = 0.1
_UNREAD_SECONDS = 1.0  # how long a pipe that does not block is waited for while nobody reads it
CAPACITY = 100_000  # lines that wait while the disk or pipe does not accept them

_SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie", "api_key", "pin")
# Lines of work that requests cause, whose number is bounded by rate limits; as those of successful requests.
_ALWAYS_WRITTEN = frozenset({"job_done"})
_ERRORS = ("error", "exception", "critical", "fatal")
_MESSAGES = ("error", "reason")  # fields that hold an exception's message
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class LogContext(msgspec.Struct):
    """The fields that all lines of one task carry; those that are ``None`` are left out.

    ``request_id`` is that of the request which the work follows from, in whatever process; ``trace_id`` is
    set if it is traced.  Requests have more fields (``gateway.access_log.RequestLogContext``).
    """

    request_id: str | None = None
    trace_id: str | None = None


class WorkLogContext(LogContext):
    """Of the consumers of an event, and of a job."""

    event_id: str | None = None
    job: str | None = None


_context: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


# Has this task's lines, and those of tasks that it starts, carry the fields of a context.
set_context: Callable[[LogContext | None], object] = _context.set
# The context of this task, if it has one.
context: Callable[[], LogContext | None] = _context.get


class LogWriter:
    """Collects lines and writes them in batches to a file descriptor or a ``LogFile``.

    ``write`` takes a struct or encoded JSON (``msgspec.Raw``) from any thread and never blocks.
    Beyond ``CAPACITY`` waiting lines new ones are dropped, as are those that cannot be written, and a line
    says how many.  Of lines that say the same *repeats* are written in each window (``admits``), 0: all.
    """

    def __init__(
        self, target: int | LogFile, *, flush_seconds: float = FLUSH_SECONDS, repeats: int = 0
    ) -> None:
        self._target = target
        self._sampler = LineSampler(repeats)
        self.admits = self._sampler.admits
        self._partial = False  # the last line was not written to its end
        self._flush_seconds = flush_seconds
        self._lines: deque[Any] = deque()
        self._dropped = 0
        self._encoder = msgspec.json.Encoder(enc_hook=str)
        self._flushing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
        self._thread.start()

    def write(self, line: msgspec.Struct | msgspec.Raw) -> None:
        if len(self._lines) >= CAPACITY:
            self._dropped += 1
        else:
            self._lines.append(line)

    def _run(self) -> None:
        while not self._ended.wait(self._flush_seconds):
            self.flush()

    def flush(self) -> None:
        """Write the waiting lines now."""
        with self._flushing:
            batch = [self._lines.popleft() for _ in range(len(self._lines))]
            dropped, self._dropped = self._dropped, 0
            lost = dropped + len(batch)
            if dropped:
                batch.append(_counted("error", "log_lines_dropped", {"lines": dropped}))
            for told in self._sampler.ended(at_once=self._ended.is_set()):
                batch.append(_counted("warning", "log_lines_suppressed", told))
            if batch and not self._write(self._encoder.encode_lines(batch)):
                # The disk is full, or nobody reads the log any more.  The process goes on without it.
                self._dropped += lost

    def _write(self, lines: bytes) -> bool:
        """Write all of it; whether that was possible."""
        descriptor = self._target if isinstance(self._target, int) else self._target.fileno()
        data = memoryview(b"\n" + lines if self._partial else lines)
        while data:
            try:
                written = os.write(descriptor, data)
            except BlockingIOError:  # a pipe that others have set not to block, and that is full
                poll = select.poll()
                poll.register(descriptor, select.POLLOUT)
                if not poll.poll(_UNREAD_SECONDS * 1000):
                    return False
                continue
            except OSError:
                return False
            data = data[written:]
            self._partial = bool(data)
        return True

    def close(self) -> None:
        """Write the waiting lines and stop the thread."""
        self._ended.set()
        self._thread.join()
        self.flush()


def _counted(level: str, event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": datetime.now(UTC), "level": level, "event": event, **fields}


_writer: LogWriter | None = None


def access_writer(level: str) -> LogWriter | None:
    """The writer for access lines; ``None`` if *level* is above their level, info."""
    return _writer if _LEVELS[level] <= _LEVELS["info"] else None


def _add_context(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = _context.get()
    if context is not None:
        for name in context.__struct_fields__:
            value = getattr(context, name)
            if value is not None:
                event.setdefault(name, value)
    return event


def _sample(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if event.get("event") in _ALWAYS_WRITTEN:
        return event
    if _writer is not None and not _writer.admits(
        event.get("event"), method, event.get("route"), event.get("status")
    ):
        raise structlog.DropEvent
    return event


# Told of each exception that a line carries: the error, the line's level and its fields.
Reporter = Callable[[BaseException, str, Mapping[str, Any]], None]
_reporter: Reporter | None = None


def set_reporter(reporter: Reporter | None) -> None:
    """Tell *reporter* of exceptions that are logged from now on; ``None``: nobody.  It may raise."""
    global _reporter
    _reporter = reporter


def _report(error: BaseException, level: str, fields: Mapping[str, Any]) -> None:
    if _reporter is None:
        return
    try:
        _reporter(error, level, fields)
    except Exception as failure:  # the line is written all the same
        if _writer is not None:
            told = _counted("error", "error_report_failed", {"error": type(failure).__name__})
            _writer.write(msgspec.Raw(msgspec.json.encode(told)))


def _mask(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Format an exception, and mask what messages of exceptions may quote."""
    raised = event.pop("exc_info", None)
    if raised:
        error = raised if isinstance(raised, BaseException) else sys.exc_info()[1]
        if isinstance(raised, tuple):
            error = raised[1]
        if error is not None:
            _report(error, "error" if method in _ERRORS else "warning", event)
            event["exception"] = masked_traceback(error)
    for name in _MESSAGES:
        if name in event:
            event[name] = masked_message(str(event[name]))
    return event


def _hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower().split("_") or key.lower().endswith(word) for word in _SECRET_WORDS):
            event[key] = "[hidden]"
    return event


def _encode(encoder: msgspec.json.Encoder, level: str, event: Mapping[str, Any]) -> bytes:
    return encoder.encode({"at": datetime.now(UTC), "level": level, "event": event.get("event"), **event})


class _Renderer:
    """The last processor of structlog: encodes the event as one line of JSON."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def __call__(self, _logger: Any, method: str, event: MutableMapping[str, Any]) -> bytes:
        level = "error" if method in _ERRORS else method
        return _encode(self._encoder, "warning" if level == "warn" else level, event)


class _Lines:
    """The logger that structlog wraps: passes encoded lines to the current writer."""

    def __init__(self, *_names: Any) -> None:
        pass

    def msg(self, line: bytes) -> None:
        if _writer is not None:
            _writer.write(msgspec.Raw(line))

    debug = info = warning = warn = error = critical = fatal = exception = msg


class _StandardHandler(logging.Handler):
    """Writes the records of the standard library's loggers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def emit(self, record: logging.LogRecord) -> None:
        if _writer is not None and not _writer.admits(record.name, record.levelname.lower()):
            return
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)  # its arguments do not fit its format
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            message = masked_quotes_of(message, error)
        event: dict[str, Any] = {"event": masked(message), "logger": record.name}
        if error is not None:
            event["exception"] = masked_traceback(error)
        _add_context(None, "", event)
        if error is not None and not record.name.startswith("sentry_sdk"):
            _report(error, "error" if record.levelno >= logging.ERROR else "warning", event)
        if _writer is not None:
            level = "error" if record.levelno >= logging.ERROR else "warning"
            _writer.write(msgspec.Raw(_encode(self._encoder, level, event)))


def log_file(path: Path, settings: LogSettings) -> LogFile:
    """The file at *path*, rotated as the settings say.  Raises ``OSError``."""
    return LogFile(path, max_bytes=settings.file_bytes, keep=settings.files_kept, days=settings.file_days)


def configure(settings: LogSettings, *, descriptor: int | None = None) -> LogWriter:
    """Write all lines to *descriptor*, or to the settings' file, or to standard error.

    Call it first thing in a process.  Another call replaces the earlier configuration.
    """
    global _writer
    target: int | LogFile = 2 if descriptor is None else descriptor
    if descriptor is None and settings.file:
        target = log_file(Path(settings.file), settings)
    shut_down()
    _writer = LogWriter(target, repeats=settings.repeats)
    structlog.configure(
        processors=[_sample, _add_context, _mask, _hide_secrets, _Renderer()],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        logger_factory=_Lines,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if not isinstance(h, _StandardHandler)] + [_StandardHandler()]
    logging.captureWarnings(True)
    return _writer


def shut_down() -> None:
    """Write the waiting lines; later ones are dropped."""
    global _writer
    if _writer is not None:
        _writer.close()
        _writer = None


atexit.register(shut_down)
