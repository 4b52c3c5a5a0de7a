"""Rotate the key of look-up hashes.  The platform may run meanwhile, and a kill does no harm.

1. A second key is stored: from then on everything that is written has the hashes of both.
2. What has only the hashes of the old key gets those of the new one too.
3. Everything is found by the new key.
4. The old key is no longer written, and its hashes are removed.

A unique value (a phone number) is unique by the hashes of every key that is in use, so no second account can
claim it by the other one.  The state in the store says which step is next; a run continues there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from supportcarr.kit.sealing.lookup_keys import LookupKeys, LookupKeyState
from supportcarr.kit.store.port import VersionConflict

SETTLE_SECONDS = 5.0  # longer than a request may take: those that began before a step have ended
PASSES_MAX = 20

Progress = Callable[[str, int], None]  # what, how many are done


class HashedData(Protocol):
    """Documents that are found by look-up hashes.

    Implemented by ``auth.phone_directory.PhoneDirectory``, ``auth.name_index.NameIndex`` and
    ``drivers.plates.Plates``.
    """

    @property
    def name(self) -> str:
        """What they are, for the operator."""

    async def add_hashes(self, number: int) -> int:
        """Give those that lack them the hashes of that key; how many lacked them.  Idempotent."""

    async def remove_hashes(self, number: int) -> int:
        """Remove the hashes of that key, which is no longer in use; how many.  Idempotent."""


async def rotate(
    keys: LookupKeys,
    data: Sequence[HashedData],
    progress: Progress = lambda what, done: None,
    settle_seconds: float = SETTLE_SECONDS,
) -> int:
    """Rotate the key, or finish the rotation that was interrupted; the number of the new key.

    Raises ``LookupKeyMissing``.
    """
    state = await keys.state()
    if state.removing is None:
        if len(state.keys) == 1:
            state = await _change(keys, lambda now: replace(now, keys=(*now.keys, keys.next_key(now))))
        new = state.keys[-1].number
        if state.complete != new:
            await asyncio.sleep(settle_seconds)
            await _add(data, new, progress)
            state = await _change(keys, lambda now: replace(now, complete=new))
            await asyncio.sleep(settle_seconds)
        state = await _change(keys, _without_old)
    assert state.removing is not None, "one key has just been taken out of use"
    await asyncio.sleep(settle_seconds)
    for one in data:
        progress(f"{one.name}: old hashes removed", await one.remove_hashes(state.removing))
    await _change(keys, lambda now: replace(now, removing=None))
    return state.complete


async def _add(data: Sequence[HashedData], number: int, progress: Progress) -> None:
    for one in data:
        total = 0
        for _ in range(PASSES_MAX):  # what was changed at the same moment is left to the next pass
            done = await one.add_hashes(number)
            total += done
            if not done:
                break
        progress(f"{one.name}: hashes added", total)


def _without_old(state: LookupKeyState) -> LookupKeyState:
    if state.removing is not None:
        return state
    old, new = state.keys
    return replace(state, keys=(new,), removing=old.number)


async def _change(keys: LookupKeys, change: Callable[[LookupKeyState], LookupKeyState]) -> LookupKeyState:
    while True:
        state = await keys.state()
        try:
            return await keys.states.save(change(state))
        except VersionConflict:
            continue
