"""Ports for the servers of tests, each given once, to one test process of this machine.

A port that the kernel chooses is anyone's as soon as the socket that asked for it is closed.  A server that
starts seconds later, or again at the same address, may then meet the server of another test there, which
``SO_REUSEPORT`` even lets it share the port with.  So these come from below the range that the kernel chooses
from, in blocks that a process reserves.
"""

from __future__ import annotations

import os
import random
import socket
import sys
from collections import deque
from collections.abc import Iterator

from supportcarr.kit.http import sockets

# The browser tests take ports from 20,000 to 30,000, the kernel from 32,768 (net.ipv4.ip_local_port_range).
FIRST, LAST = 10_000, 20_000
BLOCK = 50  # ports that are reserved together
KEPT = 10  # blocks that a process keeps: late clients of one test do not reach the server of the next

_reserved: deque[socket.socket] = deque()


def free_port() -> int:
    """A port that no other test is given, and that nothing listens on."""
    return consecutive_ports(1)


def consecutive_ports(count: int) -> int:
    """The first of *count* such ports in a row."""
    if sys.platform != "linux":
        assert count == 1, "ports in a row are reserved on Linux only"
        return sockets.free_port()
    run: list[int] = []
    while len(run) < count:
        port = next(_ports)
        if run and port != run[-1] + 1:
            run = []
        run = [*run, port] if _is_free(port) else []
    return run[0]


def _numbers() -> Iterator[int]:
    """Ports of one reserved block after the other, for ever."""
    blocks = list(range(FIRST, LAST, BLOCK))
    while True:
        start = random.SystemRandom().choice(blocks)  # the tests seed the other generator
        if _reserve(start):
            yield from range(start, start + BLOCK)


def _reserve(block: int) -> bool:
    """Reserve a block for this process, until it ends or has used many more.

    By a name that one socket of the machine's network can have (abstract sockets, unix(7)).
    """
    name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        name.bind(f"\0supportcarr tests {block}")
    except OSError:
        name.close()
        return False
    _reserved.append(name)
    if len(_reserved) > KEPT:
        _reserved.popleft().close()
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _begin_anew() -> None:
    """A forked process reserves blocks of its own."""
    global _ports
    _ports = _numbers()
    _reserved.clear()


_ports = _numbers()
os.register_at_fork(after_in_child=_begin_anew)
