"""Translate errors of MongoDB and its driver, and retry write conflicts.

The driver itself retries reads, and writes that carry a transaction number (so that none takes effect
twice), within the store's time-out.  This module retries what the driver does not: a write that the server
aborted because of a write conflict (code 112) and that changed nothing.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from supportcarr.kit.store.port import StoreUnavailable

R = TypeVar("R")

DUPLICATE_KEY = 11000
WRITE_CONFLICT = 112
MAX_CONFLICTS = 12  # consecutive write conflicts after which a write fails
MAX_PAUSE_S = 0.2

# Codes that mean that a server cannot serve (github.com/mongodb/mongo, src/mongo/base/error_codes.yml).
_CANNOT_SERVE = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        13,  # Unauthorized
        18,  # AuthenticationFailed
        24,  # LockTimeout
        50,  # MaxTimeMSExpired
        64,  # WriteConcernFailed
        79,  # UnknownReplWriteConcern
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        133,  # FailedToSatisfyReadPreference
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        262,  # ExceededTimeLimit
        9001,  # SocketException
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        13388,  # StaleConfig
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
        16500,  # TooManyRequests, on services that are billed by request
    }
)

_INDEX_NAMED = re.compile(r"index: (?:\S*\$)?(\S+)")


def as_unavailable(error: PyMongoError) -> StoreUnavailable | None:
    """``StoreUnavailable`` if *error* means that the server cannot be reached or cannot serve now.

    ``None`` for programming errors and for regular outcomes (a duplicate key).
    """
    if isinstance(error, InvalidOperation):
        return StoreUnavailable("the store is not open") if "after close" in str(error) else None
    unreachable = isinstance(
        error, (ConfigurationError, ConnectionFailure, ExecutionTimeout, WriteConcernError)
    )
    if isinstance(error, BulkWriteError):
        unreachable = bool(error.details.get("writeConcernErrors"))
    if unreachable or error.timeout or code_of(error) in {*_CANNOT_SERVE, WRITE_CONFLICT}:
        return StoreUnavailable(f"MongoDB: {error}")
    return None


def code_of(error: PyMongoError) -> int | None:
    """The server's code of an error."""
    return error.code if isinstance(error, OperationFailure) else None


class Attempts:
    """Runs operations on the server, retries write conflicts, and counts both."""

    def __init__(self) -> None:
        self.operations = self.conflicts = self.unavailable = 0

    async def __call__(self, run: Callable[[], Awaitable[R]]) -> R:
        """The outcome of *run*; after a write conflict *run* is called again after a pause.

        Raises ``StoreUnavailable``, also after too many conflicts; other errors of the driver as they are.
        """
        self.operations += 1
        lost = 0
        while True:
            try:
                return await run()
            except PyMongoError as error:
                if code_of(error) == WRITE_CONFLICT and lost < MAX_CONFLICTS:
                    self.conflicts += 1
                    lost += 1
                else:
                    unavailable = as_unavailable(error)
                    if unavailable is None:
                        raise
                    self.unavailable += 1
                    raise unavailable from error
            await asyncio.sleep(random.uniform(0, min(MAX_PAUSE_S, 0.002 * 2**lost)))  # noqa: S311 - jitter


def index_of(details: Mapping[str, Any] | None) -> str | None:
    """The field or index that a duplicate key error names, in ``keyPattern`` or in the message.

    ``None`` if it names neither, as on some servers.
    """
    pattern = (details or {}).get("keyPattern")
    if pattern:
        return str(next(iter(pattern)))
    named = _INDEX_NAMED.search(str((details or {}).get("errmsg", "")))
    return named[1] if named else None
