"""The rules by which a client follows its streams, without sockets and without a clock.

1. The server sends the position of each stream.  The client then loads the state by REST.
2. Events of a stream are applied in the order of their offsets, each once.  An event that arrives early
   is buffered until the missing ones have arrived.
3. If a gap stays open, or the stream's latest position is not reached, the client requests the missing
   events.
4. After a reset, or with the first message of another epoch, the client loads the state again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from supportcarr_lab.simulator.journal import Journal, StreamPosition

MAX_KNOWN_IDS = 2_000  # per client; the server keeps 1,000 events per person
SYNC_AFTER_S = 1.0  # wall; how long a gap may stay open before the missing events are requested


class _Stream:
    """The client's state of one stream."""

    def __init__(self, position: StreamPosition) -> None:
        self.position = self.latest = position  # of the last applied event; the server's latest
        self.early: dict[int, tuple[str, str, dict[str, Any]]] = {}  # by offset: id, name, data
        self.behind_since: float | None = None  # wall; ``None``: nothing is missing

    def update_lag(self, wall: float, *, progress: bool) -> None:
        """Update ``behind_since``; progress restarts the time that a gap may stay open."""
        if not self.early and self.latest.offset <= self.position.offset:
            self.behind_since = None
        elif self.behind_since is None or progress:
            self.behind_since = wall


class StreamFollower:
    """Follows one person's streams.

    *apply* is called with each event once, in order; *reload* when the state must be loaded by REST;
    *city* returns the city time, for the journal.  *wall* arguments are seconds of any monotonic clock.
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
        """The position of each stream's last applied event."""
        return {name: str(stream.position) for name, stream in self._streams.items()}

    @property
    def up_to_date(self) -> bool:
        """Whether every stream has reached the latest position that the server sent."""
        return all(stream.behind_since is None for stream in self._streams.values())

    def lagging_streams(self, wall: float) -> dict[str, str]:
        """The positions of streams that have been behind for too long: their events must be requested."""
        return {
            name: str(stream.position)
            for name, stream in self._streams.items()
            if stream.behind_since is not None and wall - stream.behind_since >= SYNC_AFTER_S
        }

    def on_positions(self, positions: Mapping[str, str], wall: float) -> None:
        """Handle ``stream:heads``: the server's latest position of each stream."""
        started = False
        for name, text in positions.items():
            stream, latest = self._streams.get(name), StreamPosition.parse(text)
            if stream is None:
                self._start(name, latest, first=True)
                started = True
            elif stream.position.epoch != latest.epoch:
                self._start(name, latest, first=False)
                started = True
            else:
                stream.latest = max(stream.latest, latest)
                stream.update_lag(wall, progress=False)
        if started:
            self._reload()

    def on_reset(self, positions: Mapping[str, str]) -> None:
        """Handle ``stream:reset``: missed events are lost; continue from these positions."""
        new = {name: StreamPosition.parse(text) for name, text in positions.items()}
        changed = {
            name: position
            for name, position in new.items()
            if name not in self._streams or self._streams[name].position != position
        }
        for name, position in changed.items():
            self._start(name, position, first=name not in self._streams)
        if changed:  # otherwise ``stream:heads`` has already set the same position
            self._reload()

    def on_event(self, name: str, event: Mapping[str, Any], wall: float) -> None:
        """Handle one event of a stream, in its envelope."""
        stream_name, position = event["stream"], StreamPosition.parse(event["cursor"])
        stream = self._streams.get(stream_name)
        if stream is None or stream.position.epoch != position.epoch:
            # The first message of this epoch: events before it are lost for this client.
            self._start(
                stream_name, StreamPosition(position.epoch, position.offset - 1), first=stream is None
            )
            self._reload()
            stream = self._streams[stream_name]
        if position.offset <= stream.position.offset:
            return  # a repeat
        before = stream.position
        stream.early.setdefault(position.offset, (event["id"], name, dict(event["data"])))
        while (following := stream.position.offset + 1) in stream.early:
            stream.position = StreamPosition(position.epoch, following)
            self._apply_once(stream_name, stream.position, *stream.early.pop(following))
        stream.latest = max(stream.latest, stream.position)
        stream.update_lag(wall, progress=stream.position != before)

    def _start(self, name: str, position: StreamPosition, *, first: bool) -> None:
        self._streams[name] = _Stream(position)
        self._journal.record_subscription(name, position, self._city(), first=first)

    def _apply_once(
        self, stream: str, position: StreamPosition, id: str, name: str, data: dict[str, Any]
    ) -> None:
        if (stream, id) in self._known:
            self._journal.record_repeat(stream, position, id, self._city())
            return
        self._known[stream, id] = None
        if len(self._known) > MAX_KNOWN_IDS:
            self._known.popitem(last=False)
        self._journal.record_event(stream, position, id, name, data, self._city())
        self._apply(name, data)
