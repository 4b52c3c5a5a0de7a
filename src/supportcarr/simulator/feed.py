"""The Socket.IO half of a simulated app: follows the streams of one person, and misses nothing.

The rules of a good client: heads first, then load by REST, then apply; events of a stream in the order
of ``seq``, each once; on return ask with ``since``; a gap, or a head that does not come nearer, is
asked for with ``stream:sync``; after ``stream:reset`` load again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

import aiohttp
import socketio

from supportcarr.simulator.citytime import CityTime
from supportcarr.simulator.client import ApiClient, ApiError
from supportcarr.simulator.journal import Cursor, Journal, Loaded

CONNECT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
SYNC_AFTER_S = 1.0  # how long a gap may stand before it is asked for
KNOWN_IDS = 2_000  # of a client; the server keeps 1,000 events a person
EVENTS = (
    "rescue:status_update",
    "offer:new",
    "offer:closed",
    "payment:processed",
    "notification:new",
    "message:new",
    "sos:raised",
)


class Stream:
    """One stream as its client follows it."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.head = cursor
        self.early: dict[int, tuple[str, str, dict[str, Any]]] = {}  # seq → id, name, data
        self.behind_since: float | None = None  # wall; none: up to the head

    def note_progress(self, now: float) -> None:
        behind = self.early or self.head.seq > self.cursor.seq
        self.behind_since = (self.behind_since or now) if behind else None


class Feed:
    """Follows one person's streams over as many connections as it takes.

    *on_event* is told each event once, in order; *load* fetches the person's state by REST and is
    awaited beside the events; *on_position* hears positions (no stream: the latest wins).
    """

    def __init__(
        self,
        api: ApiClient,
        http: aiohttp.ClientSession,
        url: str,
        journal: Journal,
        city: CityTime,
        *,
        on_event: Callable[[str, dict[str, Any]], None],
        load: Callable[[], Awaitable[Loaded]],
        on_position: Callable[[dict[str, Any]], None] = lambda data: None,
    ) -> None:
        self._api, self._http, self._url = api, http, url
        self._journal, self._city = journal, city
        self._on_event, self._load, self._on_position = on_event, load, on_position
        self._streams: dict[str, Stream] = {}
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._wanted = asyncio.Event()
        self._gone = asyncio.Event()
        self._ready = asyncio.Event()
        self._sio: Any = None
        self._refused = False
        self._task: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._load_again = False
        self._jitter = Random()  # noqa: S311 - spreads reconnections
        self.last_event = 0.0  # wall
        self.last_heads = 0.0  # wall

    # --- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, and return when the first heads were told and the state is loaded."""
        self._wanted.set()
        self._task = asyncio.create_task(self._run())
        await self._ready.wait()

    async def close(self) -> None:
        tasks = [task for task in (self._task, self._loading) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def vanish(self) -> None:
        """The app goes silent: the connection is dropped, and none is made until ``come_back``."""
        self._wanted.clear()
        self._gone.set()

    def come_back(self) -> None:
        self._wanted.set()

    @property
    def connected(self) -> bool:
        return self._sio is not None and self._sio.connected and not self._gone.is_set()

    @property
    def wanted(self) -> bool:
        return self._wanted.is_set()

    def quiet_since(self, wall: float) -> bool:
        """True if heads were told after *wall* (monotonic) and everything up to them has come."""
        if self._loading and not self._loading.done():
            return False
        return (
            self.connected
            and self.last_heads > wall
            and self.last_event < wall
            and all(stream.behind_since is None for stream in self._streams.values())
        )

    async def emit_position(self, data: Mapping[str, Any], answered: Callable[..., None]) -> None:
        """Send a position; *answered* gets the acknowledgement.  Does not wait for it."""
        if self.connected:
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                await self._sio.emit("driver:location", dict(data), callback=answered)

    # --- the connection -----------------------------------------------------------------------

    async def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            await self._wanted.wait()
            if await self._connection():
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause * (0.5 + self._jitter.random()))
            pause = min(LONGEST_PAUSE_S, pause * 2)

    async def _connection(self) -> bool:
        """One connection, from its making to its end; False if it was never made."""
        self._gone.clear()
        self._refused = False
        used = self._api.tokens.access if self._api.tokens else ""
        sio = self._client()
        self._sio = sio
        try:
            since = {name: str(stream.cursor) for name, stream in self._streams.items()}
            auth = {"token": used, "since": since} if since else {"token": used}
            async with asyncio.timeout(CONNECT_S):
                await sio.connect(
                    self._url,
                    headers={"X-Forwarded-For": self._api.address},
                    auth=auth,
                    transports=["websocket"],
                    wait_timeout=CONNECT_S,
                )
            await self._gone.wait()
            return not self._refused
        except (socketio.exceptions.SocketIOError, aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return False
        finally:
            self._sio = None
            if self._refused:
                with contextlib.suppress(ApiError):
                    await self._api.renew_unless_done(used)
            # A fresh client for each connection: nothing of a broken one can get into the next.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await sio.disconnect()

    def _client(self) -> Any:
        sio = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=self._http)

        def mine(handle: Callable[..., None]) -> Callable[..., None]:
            # Both vanishing and a newer connection make a client deaf to what still trickles in.
            def guarded(*args: Any) -> None:
                if self._sio is sio and not self._gone.is_set():
                    handle(*args)

            return guarded

        for name in EVENTS:
            sio.on(name, mine(lambda data, name=name: self._arrived(name, data)))
        sio.on("stream:heads", mine(self._heads))
        sio.on("stream:reset", mine(self._reset))
        sio.on("driver:location_update", mine(self._on_position))
        sio.on("auth:expired", mine(self._expired))
        sio.on("connect_error", mine(self._not_let_in))
        sio.on("disconnect", mine(lambda *reason: self._gone.set()))
        return sio

    def _expired(self, data: Any) -> None:
        """The token has ended: the next connection needs a new one."""
        self._refused = True
        self._gone.set()

    def _not_let_in(self, *data: Any) -> None:
        self._refused = bool(data) and "unauthorized" in str(data[0])

    # --- streams ------------------------------------------------------------------------------

    def _heads(self, data: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self.last_heads = now
        fresh = False
        for name, text in data["heads"].items():
            stream, head = self._streams.get(name), Cursor.parse(text)
            if stream is None:
                self._streams[name] = Stream(head)
                self._journal.mark(name, head, self._city.now(), first=True)
                fresh = True
            elif stream.cursor.epoch != head.epoch:
                self._restart(name, head)
            else:
                stream.head = max(stream.head, head)
                stream.note_progress(now)
        if fresh:
            self._start_loading()
        self._ask_for_gaps(now)

    def _reset(self, data: Mapping[str, Any]) -> None:
        """What was missed on these streams is gone: go on from these cursors, and load again."""
        for name, text in data["heads"].items():
            self._restart(name, Cursor.parse(text))

    def _restart(self, name: str, cursor: Cursor) -> None:
        stream = self._streams.get(name)
        if stream is not None and stream.cursor == cursor:
            return  # heads told it already
        self._streams[name] = Stream(cursor)
        self._journal.mark(name, cursor, self._city.now(), first=stream is None)
        self._start_loading()

    def _arrived(self, name: str, event: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self.last_event = now
        stream_name, cursor = event["stream"], Cursor.parse(event["cursor"])
        stream = self._streams.get(stream_name)
        if stream is None or stream.cursor.epoch != cursor.epoch:
            # Nobody told of this epoch yet: what came before this event is gone for us.
            self._restart(stream_name, Cursor(cursor.epoch, cursor.seq - 1))
            stream = self._streams[stream_name]
        if cursor.seq <= stream.cursor.seq:
            self._journal.repeat(stream_name, None, event["id"], self._city.now())
            return
        stream.early.setdefault(cursor.seq, (event["id"], name, dict(event["data"])))
        while (following := stream.cursor.seq + 1) in stream.early:
            stream.cursor = Cursor(cursor.epoch, following)
            self._apply(stream_name, stream.cursor, *stream.early.pop(following))
        stream.head = max(stream.head, stream.cursor)
        stream.note_progress(now)

    def _apply(self, stream: str, cursor: Cursor, id: str, name: str, data: dict[str, Any]) -> None:
        if (stream, id) in self._known:
            self._journal.repeat(stream, cursor, id, self._city.now())
            return
        self._known[stream, id] = None
        if len(self._known) > KNOWN_IDS:
            self._known.popitem(last=False)
        self._journal.saw(stream, cursor, id, name, data, self._city.now())
        self._on_event(name, data)

    def _ask_for_gaps(self, now: float) -> None:
        since = {
            name: str(stream.cursor)
            for name, stream in self._streams.items()
            if stream.behind_since is not None and now - stream.behind_since > SYNC_AFTER_S
        }
        if since and self._sio is not None:
            task = asyncio.ensure_future(self._sync(self._sio, since))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    @staticmethod
    async def _sync(sio: Any, since: dict[str, str]) -> None:
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            await sio.emit("stream:sync", {"since": since})

    # --- loading by REST ----------------------------------------------------------------------

    def _start_loading(self) -> None:
        if self._loading and not self._loading.done():
            self._load_again = True
        else:
            self._loading = asyncio.create_task(self._load_state())

    async def _load_state(self) -> None:
        while True:
            self._load_again = False
            try:
                self._journal.load(await self._load())
            except ApiError:
                await asyncio.sleep(LONGEST_PAUSE_S)
                continue
            if not self._load_again:
                self._ready.set()
                return
