"""Virus scanning by clamd."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.providers.clamd import CHUNK_BYTES, ClamdScanner
from supportcarr.providers.settings import ClamdSettings, clamd_address
from supportcarr_lab.emulators.clamd import EICAR, FOUND, ClamdEmulator


@pytest_asyncio.fixture
async def clamd() -> AsyncIterator[ClamdEmulator]:
    emulator = ClamdEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


def scanner_of(clamd: ClamdEmulator, **changed: float) -> ClamdScanner:
    return ClamdScanner(ClamdSettings(address=clamd.address, **changed))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 1])
async def test_what_clamd_finds(clamd: ClamdEmulator, size: int) -> None:
    scanner = scanner_of(clamd)
    assert await scanner.scan(bytes(size)) is None
    assert await scanner.scan(bytes(size) + EICAR) == FOUND
    assert clamd.scanned == 2


async def test_without_an_answer_the_file_waits(clamd: ClamdEmulator) -> None:
    clamd.max_bytes = 100
    with pytest.raises(RetryLater):  # too large for it: not scanned, so not passed either
        await scanner_of(clamd).scan(bytes(101))
    clamd.reply = b"stream: Can't allocate memory ERROR"
    with pytest.raises(RetryLater):
        await scanner_of(clamd).scan(b"")
    clamd.reply = b""
    with pytest.raises(RetryLater):
        await scanner_of(clamd).scan(b"")
    scanner = scanner_of(clamd)
    await clamd.stop()
    with pytest.raises(RetryLater):
        await scanner.scan(b"")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp://clamd:3310", ("clamd", 3310)),
        ("tcp://[::1]:3310", ("::1", 3310)),
        ("unix:/run/clamd.sock", "/run/clamd.sock"),
    ],
)
def test_addresses(text: str, address: str | tuple[str, int]) -> None:
    assert clamd_address(text) == address


@pytest.mark.parametrize("text", ["clamd:3310", "tcp://clamd", "tcp://:3310", "tcp://clamd:0", "unix:clamd"])
def test_bad_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tcp://HOST:PORT"):
        clamd_address(text)
