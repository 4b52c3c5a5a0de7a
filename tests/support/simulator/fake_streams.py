"""The real-time half of a ``FakeCity``: streams in memory, behind a real Socket.IO server."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from typing import Any

import socketio

from supportcarr_lab.simulator.city_time import CityTime


class FakeStreams:
    """Streams with positions, replay and resets; can be told to lose an event, or all of them."""

    def __init__(self, time: CityTime) -> None:
        self.time = time
        self.tokens: dict[str, dict[str, Any]] = {}  # access and refresh token → user
        self.addresses: set[str] = set()
        self.positions: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.epoch = "e1"
        self.streams: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.lose: set[str] = set()  # the next event of each name is stored, but not sent
        self.withhold: set[str] = set()  # the next event of each name never reaches a stream
        self._numbers = itertools.count(1)
        self._sids: dict[str, str] = {}  # sid → user id
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", lambda sid, *reason: self._sids.pop(sid, None))
        self._sio.on("driver:location", self._location)
        self._sio.on("stream:sync", self._sync)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_tasks(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _publish(self, user_id: str, event_id: str, name: str, data: Any) -> None:
        if name in self.withhold:
            self.withhold.discard(name)
            return
        stream = f"user:{user_id}"
        entry = {
            "name": name,
            "id": event_id,
            "stream": stream,
            "cursor": f"{self.epoch}:{len(self.streams[stream]) + 1}",
            "at": self.time.formatted(),
            "data": {k: v for k, v in data.items() if not isinstance(v, set)},
        }
        self.streams[stream].append(entry)
        if name in self.lose:
            self.lose.discard(name)
            return
        for sid, owner in list(self._sids.items()):
            if owner == user_id:
                self._emit(sid, entry)

    def _emit(self, sid: str, entry: dict[str, Any]) -> None:
        self._spawn(self._sio.emit(entry["name"], {k: v for k, v in entry.items() if k != "name"}, to=sid))

    def _position_of(self, user_id: str) -> dict[str, str]:
        stream = f"user:{user_id}"
        return {stream: f"{self.epoch}:{len(self.streams[stream])}"}

    async def _connect(self, sid: str, environ: Any, auth: Any) -> None:
        user = self.tokens.get((auth or {}).get("token", ""))
        if user is None:
            raise socketio.exceptions.ConnectionRefusedError("unauthorized", {"code": "unauthorized"})
        self.addresses.add(environ.get("HTTP_X_FORWARDED_FOR", ""))
        self._spawn(self._start_streams(sid, user["id"], auth.get("since") or {}))

    async def _start_streams(self, sid: str, user_id: str, since: dict[str, str]) -> None:
        await asyncio.sleep(0.01)
        self._sids[sid] = user_id
        await self._sio.emit("stream:heads", {"heads": self._position_of(user_id)}, to=sid)
        await self._replay(sid, user_id, since)

    async def _sync(self, sid: str, data: Any) -> dict[str, bool]:
        await self._replay(sid, self._sids[sid], data["since"])
        return {"ok": True}

    async def _replay(self, sid: str, user_id: str, since: dict[str, str]) -> None:
        for stream, position in since.items():
            epoch, _, offset = position.rpartition(":")
            if epoch != self.epoch:
                await self._sio.emit("stream:reset", {"heads": self._position_of(user_id)}, to=sid)
                continue
            for entry in self.streams[stream][int(offset) :]:
                self._emit(sid, entry)

    async def _send_positions_for_ever(self) -> None:
        while True:
            await asyncio.sleep(0.3)
            for sid, user_id in list(self._sids.items()):
                await self._sio.emit("stream:heads", {"heads": self._position_of(user_id)}, to=sid)

    async def wipe(self) -> None:
        """Lose all streams, as when Redis was wiped: a new epoch, and a reset for each connection."""
        self.epoch = f"e{next(self._numbers)}"
        self.streams.clear()
        for sid, user_id in list(self._sids.items()):
            await self._sio.emit("stream:reset", {"heads": self._position_of(user_id)}, to=sid)

    async def drop_connections(self) -> None:
        """Drop all connections, as when the real-time process dies."""
        for sid in list(self._sids):
            self._sids.pop(sid, None)
            await self._sio.disconnect(sid)

    def _location(self, sid: str, data: Any) -> dict[str, bool]:
        if sid in self._sids:
            self.positions[self._sids[sid]].append(data)
        return {"ok": True}
