"""The fork server: a process that has loaded the program and forks the others when it is asked to.

The processes share the memory of what was loaded before the fork, and start in milliseconds.  A process
may only be forked safely while it has one thread, no event loop and no connection: the fork server
loads modules and does nothing else.

``fork_spawner.ForkSpawner`` asks it over a socket.  A request is one datagram with descriptors
(``SCM_RIGHTS``): a file with the encoded ``ForkRequest``; the new process's standard input, output and
errors; those that the request names.  The reply is the new process's id, or a negative ``errno``.

It forks twice, and the process in between ends at once.  The kernel then gives the new process to the
supervisor, which is a subreaper (``PR_SET_CHILD_SUBREAPER``, prctl(2)): the supervisor can wait for it,
and it ends with the supervisor, but not with the fork server.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence

import msgspec

from supportcarr.kit.runtime.process import set_title
from supportcarr.supervisor.child_process import die_with_parent

REQUEST = b"fork"
STANDARD = 3  # standard input, output and errors
_MOST_DESCRIPTORS = 64
_NUMBER_BYTES = 8
_GO = b"go"

# CPython's allocator keeps blocks of 16, 32, … 512 bytes in pools (Objects/obmalloc.c).  About as much as it
# has left free of each size after the program was loaded (``sys._debugmallocstats``), in bytes.
_BLOCK_STEP, _LARGEST_BLOCK = 16, 512
_FREE_BYTES = {48: 500_000, 64: 200_000, 208: 120_000}
_OTHER_FREE_BYTES = 40_000
_filling: list[list[bytes]] = []


class ForkRequest(msgspec.Struct, frozen=True):
    """What a forked process starts with; *variables* name its further descriptors in its environment."""

    arguments: list[str]
    environment: dict[str, str]
    variables: list[str]
    parent: int  # the supervisor's process id


def encode_number(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, sys.byteorder, signed=True)


def decode_number(data: bytes) -> int:
    return int.from_bytes(data, sys.byteorder, signed=True)


def serve_forks(descriptor: int, preload: Callable[[], None]) -> list[str]:
    """Load the program, then fork a process for each request, until the socket is closed.

    Returns in each forked process, with its arguments, when its environment and descriptors are set.
    Never returns in the fork server.
    """
    supervisor = socket.socket(fileno=descriptor)
    supervisor.set_inheritable(False)
    set_title("fork server")
    # The collector writes to the objects that it visits, so that their memory would not stay shared.
    gc.disable()
    preload()
    gc.collect()
    gc.freeze()
    _fill_free_blocks()
    _return_free_pages()
    while True:
        message, descriptors, _, _ = socket.recv_fds(supervisor, len(REQUEST), _MOST_DESCRIPTORS)
        if message != REQUEST:
            sys.exit(0)  # the supervisor has closed the socket
        file, *passed = descriptors
        with os.fdopen(file, "rb") as content:
            content.seek(0)
            request = msgspec.json.decode(content.read(), type=ForkRequest)
        try:
            pid, other_end = _fork_twice()
        except OSError as error:
            supervisor.send(encode_number(-(error.errno or 1)))
        else:
            with other_end:
                if pid == 0:
                    supervisor.close()
                    if other_end.recv(len(_GO)) != _GO:
                        os._exit(1)  # the fork server ended: the supervisor does not know of this process
                    _become(request, passed)
                    return request.arguments
                supervisor.send(encode_number(pid))
                with contextlib.suppress(OSError):  # it has been killed already
                    other_end.send(_GO)
        for one in passed:
            os.close(one)


def _fill_free_blocks() -> None:
    """Take the blocks that CPython's allocator has left free between the loaded objects.

    The forked processes would put their first objects there, each into pages that it would then no longer
    share: 3 MB a process.  As full pages they stay shared; new objects lie together in others.
    """
    header = sys.getsizeof(b"")
    for size in range(_BLOCK_STEP * 3, _LARGEST_BLOCK + 1, _BLOCK_STEP):
        count = _FREE_BYTES.get(size, _OTHER_FREE_BYTES) // size
        _filling.append([bytes(size - header) for _ in range(count)])


def _return_free_pages() -> None:
    """Return what importing has left free to the system (``malloc_trim``, mallopt(3)); glibc only."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _fork_twice() -> tuple[int, socket.socket]:
    """Fork a process whose parent has ended.  Returns its id, or 0 in it, and a socket to the other one.

    Raises ``OSError`` if the system has no memory or process left.
    """
    ours, theirs = socket.socketpair()
    try:
        between = os.fork()
        if between == 0:
            try:
                pid = os.fork()
            except OSError as error:
                os._exit(error.errno or 1)
            if pid != 0:
                os._exit(0)
            ours.close()
            theirs.send(encode_number(os.getpid()))
            return 0, theirs
        _, status = os.waitpid(between, 0)
        if code := os.waitstatus_to_exitcode(status):
            code = code if code > 0 else errno.ECHILD  # a signal ended it, as when memory is short
            raise OSError(code, os.strerror(code))
        theirs.close()
        number = ours.recv(_NUMBER_BYTES)
        if not number:  # it was killed at once, when memory was short
            raise OSError(errno.ECHILD, os.strerror(errno.ECHILD))
    except OSError:
        ours.close()
        theirs.close()
        raise
    return decode_number(number), ours


def _become(request: ForkRequest, descriptors: Sequence[int]) -> None:
    """Take the request's environment and descriptors, as a new interpreter would have been given them."""
    os.setsid()  # Ctrl-C reaches the supervisor alone, which ends its children
    die_with_parent(request.parent, signal.SIGKILL)
    for number, one in enumerate(descriptors[:STANDARD]):
        os.dup2(one, number)
        os.close(one)
    passed = zip(request.variables, descriptors[STANDARD:], strict=True)
    os.environ.clear()
    os.environ.update(request.environment | {variable: str(one) for variable, one in passed})
    gc.enable()
