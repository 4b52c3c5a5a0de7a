"""Error reports to Sentry, or a server that speaks its protocol: what was logged with an exception.

The SDK's integrations are off: they would wrap every request and task, and cost more than the requests do.
Errors are reported where they are logged (``structured_log.set_reporter``), requests and jobs are timed where
they are counted.  A report has the error's type and frames, ids of the request and its work, and a keyed hash
of the user's id, by which Sentry counts how many people an error affects.  It has no body, header, cookie,
local variable, name, number or address; messages of exceptions are masked.

Reports wait in the SDK's bounded queue, and a thread sends them.  If they cannot be sent, nothing else is
affected.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.masking import masked, masked_message
from supportcarr.kit.observability.settings import SentrySettings
from supportcarr.kit.runtime.crypto import keyed_hash

SHUT_DOWN_SECONDS = 2.0  # for the last reports
# The fields of log lines that become tags; all are names of ours, or ids that lead to the log.
_TAGS = ("request_id", "rescue_id", "route", "method", "consumer", "event_id", "job", "loop", "logger")

_reports: ErrorReports | None = None


class ErrorReports:
    """The reports of one process.  For any thread."""

    def __init__(
        self,
        settings: SentrySettings,
        *,
        role: str,
        release: str,
        environment: str,
        secret: str,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        from sentry_sdk import Client

        self._role = role
        self._secret = secret
        self._per_minute = settings.events_per_minute
        self._performance_ratio = settings.performance_ratio
        self._chance = chance
        self._now = monotonic
        self._minute, self._in_minute = 0, 0
        self.reported = self.suppressed = 0
        self._client = Client(
            dsn=settings.dsn,
            release=release,
            environment=environment,
            server_name=f"{role}-{socket.gethostname()}-{os.getpid()}",
            integrations=[],
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            sample_rate=settings.sample_ratio,
            enable_backpressure_handling=False,  # it is a thread that looks for what we bound ourselves
            propagate_traces=False,
            spotlight=False,
            before_send=_scrubbed,
            before_send_transaction=_scrubbed,
            shutdown_timeout=SHUT_DOWN_SECONDS,
        )

    def capture(self, error: BaseException, level: str, fields: Mapping[str, Any]) -> None:
        """Report *error*, which was logged with those fields, unless this minute had too many."""
        from sentry_sdk.utils import event_from_exception

        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        if self._in_minute > self._per_minute:
            self.suppressed += 1
            return
        event, hint = event_from_exception(error, self._client.options)
        report: dict[str, Any] = dict(event)
        report["level"] = level
        # of a library its name: its message may quote what it failed on
        said_by = fields.get("logger") or fields.get("event") or ""
        report["logger"] = str(said_by)
        report["tags"] = {
            "process": self._role,
            **{name: str(fields[name]) for name in _TAGS if fields.get(name) is not None},
        }
        where = fields.get("route") or fields.get("consumer") or fields.get("name") or said_by
        report["transaction"] = str(where)
        if fields.get("user_id"):
            report["user"] = {"id": self._pseudonym(str(fields["user_id"]))}
        if fields.get("trace_id"):
            # Sentry's form: a span of its own in the trace
            report["contexts"] = {
                "trace": {"trace_id": fields["trace_id"], "span_id": os.urandom(8).hex(), "op": self._role}
            }
        self._client.capture_event(report, hint)  # type: ignore[arg-type]
        self.reported += 1

    def timed(self, name: str, op: str, seconds: float, *, failed: bool, trace_id: str | None) -> None:
        """Report how long a request or a job took, if it is one of those that are chosen."""
        if self._performance_ratio == 0 or self._chance() >= self._performance_ratio:
            return
        ended = datetime.now(UTC)
        context = {
            "trace_id": trace_id or os.urandom(16).hex(),
            "span_id": os.urandom(8).hex(),
            "op": op,
            "status": "internal_error" if failed else "ok",
        }
        transaction: Any = {
            "type": "transaction",
            "transaction": name,
            "transaction_info": {"source": "route" if op == "http.server" else "task"},
            "start_timestamp": ended - timedelta(seconds=seconds),
            "timestamp": ended,
            "contexts": {"trace": context},
            "tags": {"process": self._role},
            "spans": [],
        }
        self._client.capture_event(transaction)

    def _pseudonym(self, user_id: str) -> str:
        """The same for all reports of one person; nobody without the secret can tell whose."""
        return keyed_hash(self._secret, "error reports", user_id)[:22]

    def close(self) -> None:
        self._client.close(timeout=SHUT_DOWN_SECONDS)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"events_total": self.reported, "suppressed_total": self.suppressed}


def _scrubbed(event: Any, _hint: Any) -> Any:
    """The last look at what is sent, whoever made it: what may be personal is removed or masked."""
    for name in ("request", "breadcrumbs", "extra", "modules"):
        event.pop(name, None)
    user = event.get("user")
    if user is not None:
        event["user"] = {"id": user["id"]} if "id" in user else {}
    exceptions = (event.get("exception") or {}).get("values") or ()
    for one in exceptions:
        if one.get("value"):
            one["value"] = masked_message(str(one["value"]))
        one.pop("mechanism", None)
        for frame in (one.get("stacktrace") or {}).get("frames") or ():
            frame.pop("vars", None)
    for name in ("message", "logentry"):
        if isinstance(event.get(name), str):
            event[name] = masked_message(event[name])
        elif isinstance(event.get(name), dict):
            event[name] = {"message": masked_message(str(event[name].get("message", "")))}
    event["tags"] = {name: masked(value) for name, value in (event.get("tags") or {}).items()}
    return event


# --- of a process -----------------------------------------------------------------------------


def configure(settings: SentrySettings, **options: Any) -> ErrorReports | None:
    """Report errors from now on, if the settings have a DSN.  Another call replaces the earlier one."""
    global _reports
    shut_down()
    if settings.dsn:
        _reports = ErrorReports(settings, **options)
        logs.set_reporter(_reports.capture)
    return _reports


def shut_down() -> None:
    """Send what waits, for some seconds at most, and report no more."""
    global _reports
    logs.set_reporter(None)
    ending, _reports = _reports, None
    if ending is not None:
        ending.close()


def is_timing() -> bool:
    """Whether requests and jobs are timed for reports."""
    return _reports is not None and _reports._performance_ratio > 0


def timed(name: str, op: str, seconds: float, *, failed: bool = False, trace_id: str | None = None) -> None:
    """``ErrorReports.timed``, if there are reports."""
    if _reports is not None:
        _reports.timed(name, op, seconds, failed=failed, trace_id=trace_id)


def stats() -> dict[str, int]:
    """Figures for the metrics; none without reports."""
    return {} if _reports is None else _reports.stats()
