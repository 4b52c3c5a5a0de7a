"""Socket.IO client of one simulated person: follows the person's streams across reconnections.

The rules of following a stream are in ``StreamFollower``.  This module has the connections, loads the
state by REST when the follower asks for it, and sends positions.
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
    "photo:new",
    "sos:raised",
)

_engineio_log = logging.getLogger("engineio.client")
_engineio_log.setLevel(logging.ERROR)  # its warnings of broken connections are expected here


class RealtimeClient:
    """Follows one person's streams, and connects again whenever a connection is lost.

    *on_event* is called with each event once, in order.  *load* loads the person's state by REST; events
    are handled meanwhile.  *on_position* is called with a driver's positions, which are not in a stream.
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
        self._disconnected = asyncio.Event()
        self._ready = asyncio.Event()
        self._sio: Any = None
        self._unauthorized = False
        self._task: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._load_again = False
        self._sync_tasks: set[asyncio.Task[None]] = set()
        self._jitter = Random()  # noqa: S311 - spreads reconnections
        self.last_event_at = 0.0  # monotonic
        self.last_positions_at = 0.0  # monotonic

    # --- start and end ------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, and return when the first stream positions have arrived and the state is loaded."""
        self._wanted.set()
        self._task = asyncio.create_task(self._run())
        await self._ready.wait()

    async def close(self) -> None:
        """Close the connection and stop connecting."""
        tasks = [task for task in (self._task, self._loading) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def go_silent(self) -> None:
        """Drop the connection, and make none until ``reconnect``."""
        self._wanted.clear()
        self._disconnected.set()

    def reconnect(self) -> None:
        """Connect again after ``go_silent``."""
        self._wanted.set()

    @property
    def connected(self) -> bool:
        return self._sio is not None and self._sio.connected and not self._disconnected.is_set()

    @property
    def wanted(self) -> bool:
        return self._wanted.is_set()

    def caught_up_since(self, wall: float) -> bool:
        """Whether stream positions arrived after *wall* (monotonic) and no events, with nothing missing."""
        if self._loading and not self._loading.done():
            return False
        return (
            self.connected
            and self.last_positions_at > wall
            and self.last_event_at < wall
            and self._follower.up_to_date
        )

    async def emit_position(self, data: Mapping[str, Any], on_acknowledged: Callable[..., None]) -> None:
        """Send a position without waiting; *on_acknowledged* is called with the acknowledgement."""
        if self.connected:
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                await self._sio.emit("driver:location", dict(data), callback=on_acknowledged)

    # --- the connection -----------------------------------------------------------------------

    async def _run(self) -> None:
        delay = FIRST_RETRY_DELAY_S
        while True:
            await self._wanted.wait()
            if await self._hold_connection():
                delay = FIRST_RETRY_DELAY_S
            await asyncio.sleep(delay * (0.5 + self._jitter.random()))
            delay = min(MAX_RETRY_DELAY_S, delay * 2)

    async def _hold_connection(self) -> bool:
        """Open one connection and hold it until it ends.  False if it could not be opened."""
        self._disconnected.clear()
        self._unauthorized = False
        used = self._api.tokens.access if self._api.tokens else ""
        sio = self._client()
        self._sio = sio
        try:
            positions = self._follower.positions
            auth = {"token": used, "since": positions} if positions else {"token": used}
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await sio.connect(
                    self._url,
                    headers={"X-Forwarded-For": self._api.address},
                    auth=auth,
                    transports=["websocket"],
                    wait_timeout=CONNECT_TIMEOUT_S,
                )
            await self._disconnected.wait()
            return not self._unauthorized
        except (socketio.exceptions.SocketIOError, aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return False
        finally:
            self._sio = None
            if self._unauthorized:
                with contextlib.suppress(RequestFailed):
                    await self._api.refresh_once(used)
            # Each connection has a new client, so that no state of a broken one remains.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await sio.disconnect()

    def _client(self) -> Any:
        sio = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            http_session=self._http,
            # Without named loggers the libraries print errors themselves, and not as JSON.
            logger=logging.getLogger("socketio.client"),
            engineio_logger=_engineio_log,
        )

        def while_current(handle: Callable[..., None]) -> Callable[..., None]:
            # After going silent, or on a newer connection, late messages of this one are ignored.
            def guarded(*args: Any) -> None:
                if self._sio is sio and not self._disconnected.is_set():
                    handle(*args)

            return guarded

        for name in EVENTS:
            sio.on(name, while_current(lambda data, name=name: self._on_stream_event(name, data)))
        sio.on("stream:heads", while_current(self._on_positions))
        sio.on("stream:reset", while_current(self._on_reset))
        sio.on("driver:location_update", while_current(self._on_position))
        sio.on("auth:expired", while_current(self._on_auth_expired))
        sio.on("connect_error", while_current(self._on_connect_error))
        sio.on("disconnect", while_current(lambda *reason: self._disconnected.set()))
        return sio

    def _on_auth_expired(self, data: Any) -> None:
        """The access token has expired: the next connection needs a new one."""
        self._unauthorized = True
        self._disconnected.set()

    def _on_connect_error(self, *data: Any) -> None:
        self._unauthorized = bool(data) and "unauthorized" in str(data[0])

    # --- messages -----------------------------------------------------------------------------

    def _on_positions(self, data: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self._follower.on_positions(data["heads"], now)
        self.last_positions_at = now
        if (lagging := self._follower.lagging_streams(now)) and self._sio is not None:
            task = asyncio.create_task(self._request_missing(self._sio, lagging))
            self._sync_tasks.add(task)
            task.add_done_callback(self._sync_tasks.discard)

    def _on_reset(self, data: Mapping[str, Any]) -> None:
        self._follower.on_reset(data["heads"])

    def _on_stream_event(self, name: str, event: Mapping[str, Any]) -> None:
        self.last_event_at = time.monotonic()
        self._follower.on_event(name, event, self.last_event_at)

    @staticmethod
    async def _request_missing(sio: Any, positions: dict[str, str]) -> None:
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            await sio.emit("stream:sync", {"since": positions})

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
