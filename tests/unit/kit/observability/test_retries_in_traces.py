"""The span of work that asks to be tried again later has not failed; that of an error has, by type alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from supportcarr.kit.observability import tracing
from supportcarr.kit.observability.settings import TracingSettings
from supportcarr.kit.runtime.retry import RetryLater


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.configure(TracingSettings(endpoint="http://127.0.0.1:9"), {}, exporter=exporter)
    yield exporter
    tracing.leave()
    tracing.shut_down()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    tracing.shut_down()
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_retry_is_noted_and_no_failure(exporter: InMemorySpanExporter) -> None:
    root = tracing.begin_request("POST /x", True, {})
    assert root is not None
    with pytest.raises(RetryLater), tracing.spanning("consumer"):
        raise RetryLater(2.5, "Zoé's bank is slow")
    with pytest.raises(ValueError, match="Zoé"), tracing.spanning("broken"):
        raise ValueError("Zoé is unknown")
    tracing.ended_with(root, RetryLater(1, "busy"))
    root.end()
    found = spans(exporter)
    assert {name: span.status.is_ok or span.status.is_unset for name, span in found.items()} == {
        "POST /x": True,
        "consumer": True,
        "broken": False,
    }
    assert dict(found["consumer"].attributes or {}) == {"supportcarr.retry_after_s": 2.5}
    assert dict(found["broken"].attributes or {}) == {"error.type": "ValueError"}
    assert not any("Zoé" in span.to_json() for span in found.values())
