"""Spans of the store's operations: on which collection, never with what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from supportcarr.contracts.documents import Document
from supportcarr.kit.observability import tracing
from supportcarr.kit.store.port import Collection

D = TypeVar("D", bound=Document)

OPERATIONS = (
    "get",
    "get_many",
    "find",
    "count",
    "insert",
    "insert_many",
    "save",
    "delete",
    "pending_events",
    "mark_published",
)


def traced(collection: Collection[D]) -> Collection[D]:
    """*collection* with a span for each operation of a task that is traced; as it is without traces."""
    return cast("Collection[D]", _TracedCollection(collection)) if tracing.is_on() else collection


class _TracedCollection:
    """Implements ``Collection``; what is not in ``OPERATIONS`` is passed on."""

    def __init__(self, inner: Collection[Any]) -> None:
        self._inner = inner
        name = inner.spec.name
        for operation in OPERATIONS:
            setattr(self, operation, _with_span(getattr(inner, operation), operation, name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _with_span(
    call: Callable[..., Awaitable[Any]], operation: str, collection: str
) -> Callable[..., Awaitable[Any]]:
    name = f"{operation} {collection}"
    attributes: tracing.Attributes = {"db.operation.name": operation, "db.collection.name": collection}

    def traced_call(*args: Any, **options: Any) -> Awaitable[Any]:
        if tracing.current() is None:
            return call(*args, **options)
        return _spanned(call(*args, **options))

    async def _spanned(running: Awaitable[Any]) -> Any:
        with tracing.spanning(name, attributes):
            return await running

    return traced_call
