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
    InvalidOperation,
    OperationFailure,
    PyMongoError,
)

from supportcarr.kit.store.outage import Outage
from supportcarr.kit.store.port import StoreUnavailable

R = TypeVar("R")

DUPLICATE_KEY = 11000
_DUPLICATE_KEYS = frozenset({DUPLICATE_KEY, 11001, 12582})  # the driver makes DuplicateKeyError of all three
_NOT_PERMITTED = frozenset({13, 18})  # Unauthorized, AuthenticationFailed
WRITE_CONFLICT = 112
MAX_CONFLICTS = 12  # consecutive write conflicts after which a write fails
MAX_PAUSE_S = 0.2

# Servers that speak MongoDB's protocol fail in ways of their own, with codes of their own.  So every error
# that a server reports is its own fault and may pass, unless its code is one of these: mistakes in what we
# send.
# Names and meanings: github.com/mongodb/mongo, src/mongo/base/error_codes.yml.
_OUR_MISTAKES = frozenset(
    {
        2,  # BadValue
        4,  # NoSuchKey
        9,  # FailedToParse
        10,  # CannotMutateObject
        14,  # TypeMismatch
        15,  # Overflow
        16,  # InvalidLength
        20,  # IllegalOperation
        22,  # InvalidBSON
        26,  # NamespaceNotFound
        27,  # IndexNotFound
        28,  # PathNotViable
        29,  # NonExistentPath
        30,  # InvalidPath
        40,  # ConflictingUpdateOperators
        48,  # NamespaceExists
        52,  # DollarPrefixedFieldName
        53,  # InvalidIdField
        54,  # NotSingleValueField
        55,  # InvalidDBRef
        56,  # EmptyFieldName
        57,  # DottedFieldName
        59,  # CommandNotFound
        61,  # ShardKeyNotFound
        66,  # ImmutableField
        67,  # CannotCreateIndex
        68,  # IndexAlreadyExists
        72,  # InvalidOptions
        73,  # InvalidNamespace
        85,  # IndexOptionsConflict
        86,  # IndexKeySpecsConflict
        111,  # NotExactValueField
        115,  # CommandNotSupported
        116,  # DocTooLargeForCapped
        121,  # DocumentValidationFailure
        123,  # NotAReplicaSet
        166,  # CommandNotSupportedOnView
        167,  # OptionNotSupportedOnView
        168,  # InvalidPipelineOperator
        171,  # CannotIndexParallelArrays
        197,  # InvalidIndexSpecificationOption
        201,  # CannotBuildIndexKeys
        207,  # InvalidUUID
        224,  # QueryFeatureNotAllowed
        238,  # NotImplemented
        241,  # ConversionFailure
        291,  # NoQueryExecutionPlans
        322,  # APIVersionError
        323,  # APIStrictError
        357,  # InvalidBSONType
        359,  # CannotConvertIndexToUnique
        378,  # NonConformantBSON
        10003,  # CannotGrowDocumentInCappedNamespace
        10334,  # BSONObjectTooLarge
        17280,  # OBSOLETE_KeyTooLong
        17419,  # the document would be too large after the update
        28769,  # NamespaceCannotBeSharded
        40413,  # IDLDuplicateField
        40414,  # IDLFailedToParse
        40415,  # IDLUnknownField
        50768,  # NotARetryableWriteCommand
    }
)

# Codes with which a server never refuses a command for good.
_TEMPORARY = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        50,  # MaxTimeMSExpired
        64,  # WriteConcernTimeout
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        112,  # WriteConflict
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

# Codes of servers that do not have what a command asks for.
_NOT_SUPPORTED = frozenset(
    {
        59,  # CommandNotFound
        115,  # CommandNotSupported
        235,  # InternalErrorNotSupported
        238,  # NotImplemented
    }
)

_INDEX_NAMED = re.compile(r"index: (?:\S*\$)?(\S+)")


def as_unavailable(error: PyMongoError) -> StoreUnavailable | None:
    """``StoreUnavailable`` if *error* means that the server cannot be reached or cannot serve now.

    ``None`` for programming errors and for regular outcomes (a duplicate key; in a bulk write also a write
    conflict).
    """
    if isinstance(error, InvalidOperation):
        return StoreUnavailable("the store is not open") if "after close" in str(error) else None
    if isinstance(error, BulkWriteError):
        details = error.details
        codes = {failure.get("code") for failure in details.get("writeErrors", ())}
        cannot_serve = bool(details.get("writeConcernErrors")) or any(
            _is_the_servers_fault(code) for code in codes - {WRITE_CONFLICT}
        )
    elif isinstance(error, OperationFailure):
        cannot_serve = _is_the_servers_fault(error.code)
    else:
        cannot_serve = isinstance(error, ConfigurationError | ConnectionFailure)
    return StoreUnavailable(f"MongoDB: {error}") if cannot_serve or error.timeout else None


def _is_the_servers_fault(code: int | None) -> bool:
    return code not in _OUR_MISTAKES and code not in _DUPLICATE_KEYS


def is_not_supported(error: OperationFailure) -> bool:
    """True if the server does not have what the command asks for; other refusals can be mended."""
    return error.code in _NOT_SUPPORTED or (
        error.code not in _OUR_MISTAKES and error.code not in _NOT_PERMITTED
    )


def code_of(error: PyMongoError) -> int | None:
    """The server's code of an error."""
    return error.code if isinstance(error, OperationFailure) else None


class Attempts:
    """Runs operations on the server, retries write conflicts, and counts both; reports outages."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.operations = self.conflicts = self.unavailable = 0

    async def __call__(self, run: Callable[[], Awaitable[R]]) -> R:
        """The outcome of *run*; after a write conflict *run* is called again after a pause.

        Raises ``StoreUnavailable``, also after too many conflicts; other errors of the driver as they are.
        """
        try:
            outcome = await self._retrying(run)
        except PyMongoError as error:
            unavailable = as_unavailable(error)
            if unavailable is None:
                raise
            self.unavailable += 1
            self._outage.record_failure(unavailable)
            raise unavailable from error
        if self._outage.active:
            self._outage.record_success()
        return outcome

    async def refusal(
        self, run: Callable[[], Awaitable[object]], serves: Callable[[], Awaitable[object]]
    ) -> OperationFailure | None:
        """The error with which the server refused *run*, which not every server supports; or ``None``.

        Raises ``StoreUnavailable`` if the server cannot serve at all: after an error that may mean either,
        *serves* is run, which every server supports.
        """
        try:
            await self._retrying(run)
        except OperationFailure as error:
            code = error.code
            if not error.timeout and code not in _TEMPORARY:
                if code not in _OUR_MISTAKES:
                    await self(serves)
                return error
            unavailable = StoreUnavailable(f"MongoDB: {error}")
            self._outage.record_failure(unavailable)
            raise unavailable from error
        except PyMongoError as error:
            raise as_unavailable(error) or error from error
        return None

    async def _retrying(self, run: Callable[[], Awaitable[R]]) -> R:
        self.operations += 1
        lost = 0
        while True:
            try:
                return await run()
            except OperationFailure as error:
                if error.code != WRITE_CONFLICT or lost == MAX_CONFLICTS:
                    raise
                self.conflicts += 1
                lost += 1
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
