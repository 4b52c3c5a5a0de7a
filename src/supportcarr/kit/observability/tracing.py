"""Traces by OpenTelemetry, from the request of a browser to the jobs that follow from it.

Off until ``configure``.  A trace is chosen where it begins; work of which no trace was chosen builds no span.
The context travels as W3C ``traceparent``: in the header of a request, and in the ``Cause`` of events and
jobs.  Spans wait in a bounded queue and a thread exports them; those that do not fit or cannot be exported
are dropped and counted, and nothing else is affected.

Attributes are names, numbers and request ids.  What a person sent, and whose it is, stays out of them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from supportcarr.contracts.envelope import Cause
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import TracingSettings
from supportcarr.kit.runtime.retry import RetryLater

if TYPE_CHECKING:  # 150 ms and 12 MB, which a process without traces saves
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Span

EXPORT_EVERY_S = 2.0
EXPORT_TIMEOUT_S = 5.0
SHUT_DOWN_SECONDS = 3.0  # for the last spans
_BATCH = 512

Attributes = dict[str, str | int | float | bool]

_current: ContextVar[Any] = ContextVar("span", default=None)  # of this task's work, if its trace was chosen
_tracing: Tracing | None = None


class Tracing:
    """The traces of one process."""

    def __init__(
        self,
        settings: TracingSettings,
        resource: Attributes,
        *,
        exporter: SpanExporter | None = None,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
        from opentelemetry.trace import SpanKind, propagation
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self.ratio = settings.sample_ratio
        self._chance = chance
        self._now = monotonic
        self._asked_per_second = settings.asked_per_second
        self._second, self._asked = 0, 0
        self.kinds = SpanKind
        self._in_context = propagation.set_span_in_context
        self._propagator = TraceContextTextMapPropagator()
        self.queue = _Queue(settings.queue_spans)
        # What is not to be traced does not come this far, so the sampler takes all.
        self._provider: TracerProvider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource.create(resource), shutdown_on_exit=False
        )
        self._provider.add_span_processor(self.queue.processor(exporter or _exporter(settings)))
        self.tracer = self._provider.get_tracer("supportcarr")

    def parent(self, traceparent: str) -> Context | None:
        """The context that a ``traceparent`` names, if that trace was chosen."""
        from opentelemetry.trace import get_current_span

        context = self._propagator.extract({"traceparent": traceparent}, context=_empty_context())
        named = get_current_span(context).get_span_context()
        return context if named.is_valid and named.trace_flags.sampled else None

    def root(self, traceparent: bytes | None) -> Context | bool:
        """The context under which a request's trace begins; ``True``: a new trace; ``False``: no trace.

        Who calls decides for its own traces, but whoever it is: beyond some in a second they are not traced.
        """
        if traceparent is None:
            return self._chance() < self.ratio
        context = self.parent(traceparent.decode("latin-1"))
        if context is None:
            return False
        second = int(self._now())
        if second != self._second:
            self._second, self._asked = second, 0
        self._asked += 1
        return context if self._asked <= self._asked_per_second else False

    def under(self, span: Span) -> Context:
        return self._in_context(span, _empty_context())

    def shut_down(self) -> None:
        """Export what waits, for some seconds at most."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(SHUT_DOWN_SECONDS)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {
            "spans_exported_total": self.queue.exported,
            "spans_dropped_total": self.queue.dropped,
            "spans_waiting": self.queue.waiting,
        }


class _Queue:
    """Counts the spans on their way through the SDK's queue, so that it is never full: it says not how
    many it drops."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self.waiting = self.exported = self.dropped = 0

    def processor(self, exporter: SpanExporter) -> Any:
        """The SDK's processor with these counts."""
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        queue = self

        class Bounded(BatchSpanProcessor):
            def on_end(self, span: ReadableSpan) -> None:
                if queue.enter():
                    super().on_end(span)

        return Bounded(
            cast("SpanExporter", _Counted(exporter, queue)),
            max_queue_size=2 * max(self._most, _BATCH),
            schedule_delay_millis=EXPORT_EVERY_S * 1000,
            max_export_batch_size=_BATCH,
        )

    def enter(self) -> bool:
        with self._lock:
            if self.waiting >= self._most:
                self.dropped += 1
                return False
            self.waiting += 1
            return True

    def left(self, count: int, *, exported: bool) -> None:
        with self._lock:
            self.waiting -= count
            if exported:
                self.exported += count
            else:
                self.dropped += count


class _Counted:
    """An exporter whose spans are counted.  Implements OpenTelemetry's ``SpanExporter``."""

    def __init__(self, exporter: SpanExporter, queue: _Queue) -> None:
        self._exporter = exporter
        self._queue = queue

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        from opentelemetry.sdk.trace.export import SpanExportResult

        exported = False
        try:
            result = self._exporter.export(spans)
            exported = result is SpanExportResult.SUCCESS
            return result
        finally:
            self._queue.left(len(spans), exported=exported)

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _exporter(settings: TracingSettings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(
        endpoint=settings.endpoint,
        headers=settings.header_pairs(),
        timeout=EXPORT_TIMEOUT_S,
        compression=Compression.Gzip,
    )


def _empty_context() -> Context:
    from opentelemetry.context import Context

    return Context()


# --- of a process -----------------------------------------------------------------------------


def configure(settings: TracingSettings, resource: Attributes, **options: Any) -> Tracing | None:
    """Trace from now on, if the settings have an endpoint.  Another call replaces the earlier one.

    *resource* describes the process: ``service.name``, ``service.version``.
    """
    global _tracing
    shut_down()
    if settings.endpoint:
        _tracing = Tracing(settings, resource, **options)
    return _tracing


def shut_down() -> None:
    """Export what waits, and trace no more."""
    global _tracing
    ending, _tracing = _tracing, None
    if ending is not None:
        ending.shut_down()


def is_on() -> bool:
    return _tracing is not None


def stats() -> dict[str, int]:
    """Figures for the metrics; none without traces."""
    return {} if _tracing is None else _tracing.stats()


# --- of a piece of work -----------------------------------------------------------------------


def root(traceparent: bytes | None) -> Context | bool:
    """Where the trace of a request begins, for ``begin_request``; ``False``: it is not traced."""
    tracing = _tracing
    chosen = False if tracing is None else tracing.root(traceparent)
    if chosen is False:
        leave()
    return chosen


def leave() -> None:
    """What this task does from now on is in no trace: requests of one connection share a context."""
    if _current.get() is not None:
        _current.set(None)


def begin_request(name: str, context: Context | bool, attributes: Attributes) -> Span | None:
    """The span of a traced request; the spans of its task are below it.  End it yourself."""
    tracing = _tracing
    if tracing is None:
        return None
    span = tracing.tracer.start_span(
        name,
        context=_empty_context() if isinstance(context, bool) else context,
        kind=tracing.kinds.SERVER,
        attributes=attributes,
    )
    _current.set(span)
    return span


def resume(cause: Cause | None, name: str, attributes: Attributes) -> Span | None:
    """The span of work that follows from *cause* (an event, a job), if that is traced.  End it yourself.

    The spans of this task are below it, or belong to no trace.
    """
    tracing = _tracing
    if tracing is None:
        return None
    span = None
    if cause is not None and cause.traceparent is not None:
        context = tracing.parent(cause.traceparent)
        if context is not None:
            span = tracing.tracer.start_span(
                name, context=context, kind=tracing.kinds.CONSUMER, attributes=attributes
            )
    _current.set(span)
    return span


def record(traceparent: str, name: str, attributes: Attributes, *, began: int) -> None:
    """A span, from *began* (nanoseconds of Unix time) until now, below the one that *traceparent* names.

    Nothing if its trace was not chosen.  The task's own work has no part in it.
    """
    tracing = _tracing
    context = None if tracing is None else tracing.parent(traceparent)
    if tracing is not None and context is not None:
        tracing.tracer.start_span(
            name, context=context, kind=tracing.kinds.CONSUMER, attributes=attributes, start_time=began
        ).end()


def child(name: str, attributes: Attributes | None = None) -> Span | None:
    """A span below that of this task, for a call to something else; ``None`` if the task is not traced."""
    above = _current.get()
    if above is None or _tracing is None:
        return None
    return _tracing.tracer.start_span(
        name, context=_tracing.under(above), kind=_tracing.kinds.CLIENT, attributes=attributes
    )


@contextmanager
def spanning(name: str, attributes: Attributes | None = None) -> Iterator[Span | None]:
    """``child``, above the spans of what is done meanwhile, and with the type of an error in it."""
    span = child(name, attributes)
    if span is None:
        yield None
        return
    token = _current.set(span)
    try:
        yield span
    except BaseException as error:
        ended_with(span, error)
        raise
    finally:
        _current.reset(token)
        span.end()


def ended_with(span: Span, error: BaseException) -> None:
    """Mark a span as failed, unless its work only asked to be tried again later: that is noted."""
    if isinstance(error, RetryLater):
        span.set_attribute("supportcarr.retry_after_s", error.seconds)
    else:
        failed(span, type(error).__name__)


def failed(span: Span, error_type: str) -> None:
    """Mark a span as failed.  The error's message may be personal, so only its type is noted."""
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", error_type)
    span.set_status(StatusCode.ERROR)


# The span of this task's work, if it is traced: a call costs as much as an attribute.
current: Callable[[], Any] = _current.get


def current_trace_id() -> str | None:
    """The trace of this task's work (32 hexadecimal digits); ``None`` if it is not traced.  For exemplars."""
    span = _current.get()
    return None if span is None else trace_id_of(span)


def trace_id_of(span: Span) -> str:
    return format(span.get_span_context().trace_id, "032x")


def cause() -> Cause | None:
    """What led to what this task does now, for events and jobs that follow from it."""
    context = logs.context()
    request_id = None if context is None else context.request_id
    span = _current.get()
    if span is None:
        return None if request_id is None else Cause(request_id)
    named = span.get_span_context()
    return Cause(request_id, f"00-{named.trace_id:032x}-{named.span_id:016x}-01")
