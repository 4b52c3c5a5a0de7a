"""The Socket.IO half of a simulated app: one person's streams, over as many connections as it takes.

What to do with what arrives is the ``Follower``'s business; here are the connections, the loading by
REST that it asks for, and the positions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

import aiohttp
import socketio

from supportcarr_lab.simulator.city_time import CityTime
from supportcarr_lab.simulator.client import ApiClient, RequestFailed
from supportcarr_lab.simulator.journal import Journal, LoadedState
from supportcarr_lab.simulator.stream_follower import StreamFollower

CONNECT_TIMEOUT_S = 10.0
FIRST_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 2.0
EVENTS = (
    "rescue:status_update",
    "offer:new",
    "offer:closed",
    "payment:processed",
    "notification:new",
    "message:new",
    "sos:raised",
)

_wire_log = logging.getLogger("engineio.client")
_wire_log.setLevel(logging.ERROR)  # it warns of each connection that breaks; the feed makes another


class RealtimeClient:
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
        load: Callable[[], Awaitable[LoadedState]],
        on_position: Callable[[dict[str, Any]], None] = lambda data: None,
    ) -> None:
        self._api, self._http, self._url = api, http, url
        self._journal, self._load, self._on_position = journal, load, on_position
        self._follower = StreamFollower(journal, city=city.now, apply=on_event, reload=self._start_loading)
        self._wanted = asyncio.Event()
        self._gone = asyncio.Event()
        self._ready = asyncio.Event()
        self._sio: Any = None
        self._refused = False
        self._task: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._load_again = False
        self._syncing: set[asyncio.Task[None]] = set()
        self._jitter = Random()  # noqa: S311 - spreads reconnections
        self.last_event_at = 0.0  # wall
        self.last_positions_at = 0.0  # wall

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

    def go_silent(self) -> None:
        """The app goes silent: the connection is dropped, and none is made until ``come_back``."""
        self._wanted.clear()
        self._gone.set()

    def reconnect(self) -> None:
        self._wanted.set()

    @property
    def connected(self) -> bool:
        return self._sio is not None and self._sio.connected and not self._gone.is_set()

    @property
    def wanted(self) -> bool:
        return self._wanted.is_set()

    def caught_up_since(self, wall: float) -> bool:
        """True if heads were told after *wall* (monotonic) and everything up to them has come."""
        if self._loading and not self._loading.done():
            return False
        return (
            self.connected
            and self.last_positions_at > wall
            and self.last_event_at < wall
            and self._follower.up_to_date
        )

    async def emit_position(self, data: Mapping[str, Any], answered: Callable[..., None]) -> None:
        """Send a position; *answered* gets the acknowledgement.  Does not wait for it."""
        if self.connected:
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                await self._sio.emit("driver:location", dict(data), callback=answered)

    # --- the connection -----------------------------------------------------------------------

    async def _run(self) -> None:
        pause = FIRST_RETRY_DELAY_S
        while True:
            await self._wanted.wait()
            if await self._connection():
                pause = FIRST_RETRY_DELAY_S
            await asyncio.sleep(pause * (0.5 + self._jitter.random()))
            pause = min(MAX_RETRY_DELAY_S, pause * 2)

    async def _connection(self) -> bool:
        """One connection, from its making to its end; False if it was never made."""
        self._gone.clear()
        self._refused = False
        used = self._api.tokens.access if self._api.tokens else ""
        sio = self._client()
        self._sio = sio
        try:
            since = self._follower.positions
            auth = {"token": used, "since": since} if since else {"token": used}
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await sio.connect(
                    self._url,
                    headers={"X-Forwarded-For": self._api.address},
                    auth=auth,
                    transports=["websocket"],
                    wait_timeout=CONNECT_TIMEOUT_S,
                )
            await self._gone.wait()
            return not self._refused
        except (socketio.exceptions.SocketIOError, aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return False
        finally:
            self._sio = None
            if self._refused:
                with contextlib.suppress(RequestFailed):
                    await self._api.refresh_once(used)
            # A fresh client for each connection: nothing of a broken one can get into the next.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await sio.disconnect()

    def _client(self) -> Any:
        sio = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            http_session=self._http,
            # named, or the libraries print errors by themselves, beside our log and not as JSON
            logger=logging.getLogger("socketio.client"),
            engineio_logger=_wire_log,
        )

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

    # --- what arrives -------------------------------------------------------------------------

    def _heads(self, data: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self._follower.on_positions(data["heads"], now)
        self.last_positions_at = now
        if (since := self._follower.lagging_streams(now)) and self._sio is not None:
            task = asyncio.create_task(self._sync(self._sio, since))
            self._syncing.add(task)
            task.add_done_callback(self._syncing.discard)

    def _reset(self, data: Mapping[str, Any]) -> None:
        self._follower.on_reset(data["heads"])

    def _arrived(self, name: str, event: Mapping[str, Any]) -> None:
        self.last_event_at = time.monotonic()
        self._follower.on_event(name, event, self.last_event_at)

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
                self._journal.record_state(await self._load())
            except RequestFailed:
                await asyncio.sleep(MAX_RETRY_DELAY_S)
                continue
            if not self._load_again:
                self._ready.set()
                return
