"""The rules by which a good client follows its streams.  No sockets, no clock of its own.

Heads first, then load by REST, then apply; the events of a stream in the order of ``seq``, each once;
what arrives early waits; a gap that stands, or a head that does not come nearer, is asked for; after a
reset, or the first word of another epoch, load again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from supportcarr_lab.simulator.journal import Journal, StreamPosition

MAX_KNOWN_IDS = 2_000  # of a client; the server keeps 1,000 events a person
SYNC_AFTER_S = 1.0  # wall; how long a gap may stand before it is asked for


class _Stream:
    """One stream as its client has it."""

    def __init__(self, cursor: StreamPosition) -> None:
        self.cursor = self.head = cursor
        self.early: dict[int, tuple[str, str, dict[str, Any]]] = {}  # seq → id, name, data
        self.behind_since: float | None = None  # wall; none: up to the head

    def look(self, wall: float, *, progress: bool) -> None:
        """Note whether it is behind; who makes progress is given time again."""
        if not self.early and self.head.offset <= self.cursor.offset:
            self.behind_since = None
        elif self.behind_since is None or progress:
            self.behind_since = wall


class StreamFollower:
    """Follows one person's streams.

    *apply* is told each event once, in order; *reload* is called when the state must be loaded by REST;
    *city* reads the city's clock, for the journal.  *wall* arguments are any monotonic seconds.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        city: Callable[[], float],
        apply: Callable[[str, dict[str, Any]], None],
        reload: Callable[[], None],
    ) -> None:
        self._journal, self._city, self._apply, self._reload = journal, city, apply, reload
        self._streams: dict[str, _Stream] = {}
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    @property
    def positions(self) -> dict[str, str]:
        """The last cursor of each stream."""
        return {name: str(stream.cursor) for name, stream in self._streams.items()}

    @property
    def up_to_date(self) -> bool:
        """True if every stream has come to the last head that was told."""
        return all(stream.behind_since is None for stream in self._streams.values())

    def lagging_streams(self, wall: float) -> dict[str, str]:
        """The cursors of the streams that have been behind for too long: to be asked for."""
        return {
            name: str(stream.cursor)
            for name, stream in self._streams.items()
            if stream.behind_since is not None and wall - stream.behind_since >= SYNC_AFTER_S
        }

    def on_positions(self, heads: Mapping[str, str], wall: float) -> None:
        """``stream:heads``: where each stream stands."""
        begun = False
        for name, text in heads.items():
            stream, head = self._streams.get(name), StreamPosition.parse(text)
            if stream is None:
                self._begin(name, head, first=True)
                begun = True
            elif stream.cursor.epoch != head.epoch:
                self._begin(name, head, first=False)
                begun = True
            else:
                stream.head = max(stream.head, head)
                stream.look(wall, progress=False)
        if begun:
            self._reload()

    def on_reset(self, heads: Mapping[str, str]) -> None:
        """``stream:reset``: what was missed is gone; go on from these cursors."""
        lost = {name: StreamPosition.parse(text) for name, text in heads.items()}
        news = {
            name: cursor
            for name, cursor in lost.items()
            if name not in self._streams or self._streams[name].cursor != cursor
        }
        for name, cursor in news.items():
            self._begin(name, cursor, first=name not in self._streams)
        if news:  # otherwise heads told it already
            self._reload()

    def on_event(self, name: str, event: Mapping[str, Any], wall: float) -> None:
        """An event of a stream, in its envelope."""
        where, cursor = event["stream"], StreamPosition.parse(event["cursor"])
        stream = self._streams.get(where)
        if stream is None or stream.cursor.epoch != cursor.epoch:
            # Nobody told of this epoch yet: what came before this event is gone for us.
            self._begin(where, StreamPosition(cursor.epoch, cursor.offset - 1), first=stream is None)
            self._reload()
            stream = self._streams[where]
        if cursor.offset <= stream.cursor.offset:
            return  # a repeat
        before = stream.cursor
        stream.early.setdefault(cursor.offset, (event["id"], name, dict(event["data"])))
        while (following := stream.cursor.offset + 1) in stream.early:
            stream.cursor = StreamPosition(cursor.epoch, following)
            self._take(where, stream.cursor, *stream.early.pop(following))
        stream.head = max(stream.head, stream.cursor)
        stream.look(wall, progress=stream.cursor != before)

    def _begin(self, name: str, cursor: StreamPosition, *, first: bool) -> None:
        self._streams[name] = _Stream(cursor)
        self._journal.record_subscription(name, cursor, self._city(), first=first)

    def _take(self, stream: str, cursor: StreamPosition, id: str, name: str, data: dict[str, Any]) -> None:
        if (stream, id) in self._known:
            self._journal.record_repeat(stream, cursor, id, self._city())
            return
        self._known[stream, id] = None
        if len(self._known) > MAX_KNOWN_IDS:
            self._known.popitem(last=False)
        self._journal.record_event(stream, cursor, id, name, data, self._city())
        self._apply(name, data)
