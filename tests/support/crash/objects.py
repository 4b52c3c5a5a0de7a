"""Objects on this machine whose writes are steps of a crash test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from support.crash.steps import StepRecorder
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.objects.tokens import UploadPolicy
from supportcarr.kit.runtime.clock import Clock


class RecordedObjects(LocalObjects):
    """Local objects that record each write."""

    def __init__(self, recorder: StepRecorder, folder: Path, url: str, secret: str, clock: Clock) -> None:
        super().__init__(folder, url, secret, clock)
        self._recorder = recorder

    async def receive(self, policy: UploadPolicy, pieces: AsyncIterator[bytes]) -> int:
        return await self._recorder.step(
            lambda _: f"objects: received {_name(policy.key)}",
            lambda: super(RecordedObjects, self).receive(policy, pieces),
        )

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await self._recorder.step(
            lambda _: f"objects: stored {_name(key)}",
            lambda: super(RecordedObjects, self).put(key, data, content_type),
        )

    async def delete(self, key: str) -> None:
        await self._recorder.step(
            lambda _: f"objects: deleted {_name(key)}", lambda: super(RecordedObjects, self).delete(key)
        )


def _name(key: str) -> str:
    return key.rpartition("/")[2]
