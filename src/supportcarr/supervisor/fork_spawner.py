"""Start processes by forking one that has loaded the program (``fork_server``).  Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence

import msgspec
import structlog

from supportcarr.supervisor.child_process import die_with_parent
from supportcarr.supervisor.fork_server import REQUEST, ForkRequest, decode_number
from supportcarr.supervisor.spawner import PIPE, STDOUT, Process, Start

log = structlog.get_logger(__name__)

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_REPLY_S = 60.0  # the first reply comes when the program is loaded
_ATTEMPTS = 2


class ForkServerError(OSError):
    """The fork server could not be started, or ended, or does not reply."""


def can_fork() -> bool:
    """Whether this system has what is needed: Linux 5.4, or a later one."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class ForkedProcess:
    """``spawner.Process``: a child of this process that the fork server has forked."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader | None = None) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout = stdout
        self._ended = asyncio.Event()
        try:
            self._descriptor = os.pidfd_open(pid)
        except OSError:  # too many open files: nobody would notice its end, or end it
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        asyncio.get_running_loop().add_reader(self._descriptor, self._reap)

    def _reap(self) -> None:
        """The descriptor is readable once, when the process has ended."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, signal: int) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, signal)  # the id is not reused before ``waitpid``

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkSpawner:
    """``spawner.Spawner``: asks the fork server, and starts it again if it has ended.

    *program* starts the fork server, which calls ``serve_forks`` with the descriptor that is its last
    argument.  A fork server that was started again has loaded the program as it is on disk by then.
    """

    def __init__(
        self, program: Sequence[str], environment: Mapping[str, str], *, output: int | None = None
    ) -> None:
        self._program = program
        self._environment = dict(environment)
        self._output = output
        self._server: asyncio.subprocess.Process | None = None
        self._socket: socket.socket | None = None
        self._turn = asyncio.Lock()
        self._asking: asyncio.Task[int] | None = None  # that has, or had, its turn
        self._exchanges: set[asyncio.Task[int]] = set()

    @property
    def pid(self) -> int | None:
        """The fork server's process id, while it runs."""
        server = self._server
        return server.pid if server is not None and server.returncode is None else None

    async def open(self) -> None:
        """Start the fork server without waiting until it has loaded the program.  Raises ``OSError``."""
        _become_subreaper()
        await self._start()

    async def spawn(self, start: Start) -> Process:
        read_end = write_end = None
        output = start.output
        if output == PIPE:
            read_end, write_end = os.pipe()
            output = write_end
        asking = asyncio.create_task(self._ask(start, 1 if output is None else output), name="fork")
        try:
            pid = await asyncio.shield(asking)
        except BaseException as error:
            if read_end is not None:
                os.close(read_end)
            if isinstance(error, asyncio.CancelledError):
                self._abandon(asking)
            raise
        finally:
            if write_end is not None:
                os.close(write_end)
        return ForkedProcess(pid, None if read_end is None else await _reader(read_end))

    def _abandon(self, asking: asyncio.Task[int]) -> None:
        """The process that it starts is not wanted any more, and its descriptors are about to be closed."""
        if self._asking is not asking:  # it still waits for its turn
            asking.cancel()
            return
        self._exchanges.add(asking)
        asking.add_done_callback(self._kill_unwanted)

    def _kill_unwanted(self, asked: asyncio.Task[int]) -> None:
        self._exchanges.discard(asked)
        if not asked.cancelled() and asked.exception() is None:
            with contextlib.suppress(ProcessLookupError):
                ForkedProcess(asked.result()).kill()

    async def _ask(self, start: Start, output: int) -> int:
        """Have a process forked and return its id.  A fork server that has ended is started again."""
        async with self._turn:
            self._asking = asyncio.current_task()
            for attempt in range(_ATTEMPTS):
                if self.pid is None:
                    await self._start()
                try:
                    return await self._exchange(start, output)
                except ForkServerError as error:
                    code = await self._end()
                    log.warning("fork_server_died", code=code, reason=str(error))
                    if attempt + 1 == _ATTEMPTS:
                        raise
        raise AssertionError

    async def _exchange(self, start: Start, output: int) -> int:
        assert self._socket is not None
        request = ForkRequest(
            list(start.arguments), dict(start.environment), list(start.descriptors), os.getpid()
        )
        errors = 2 if start.errors is None else output if start.errors == STDOUT else start.errors
        file = os.memfd_create("fork request")
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            os.write(file, msgspec.json.encode(request))
            passed = [file, nothing, output, errors, *start.descriptors.values()]
            socket.send_fds(self._socket, [REQUEST], passed)
            loop = asyncio.get_running_loop()
            reply = await asyncio.wait_for(loop.sock_recv(self._socket, 64), _REPLY_S)
        except TimeoutError:
            raise ForkServerError(f"the fork server did not reply in {_REPLY_S:.0f} s") from None
        except OSError as error:
            raise ForkServerError(str(error)) from error
        finally:
            os.close(file)
            os.close(nothing)
        if not reply:
            raise ForkServerError("the fork server ended")
        number = decode_number(reply)
        if number < 0:
            raise OSError(-number, os.strerror(-number))
        return number

    async def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        supervisor = os.getpid()
        with theirs:
            try:
                self._server = await asyncio.create_subprocess_exec(
                    *self._program,
                    str(theirs.fileno()),
                    env=self._environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=self._output,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                    preexec_fn=lambda: die_with_parent(supervisor, signal.SIGKILL),
                )
            except BaseException:
                ours.close()
                raise
        self._socket = ours

    async def _end(self) -> int | None:
        """End the fork server and return its exit code.  The processes that it has forked go on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._server is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            self._server.kill()
        code = await self._server.wait()
        self._server = None
        return code

    async def renew(self) -> None:
        """End the fork server: the next process that is wanted starts another one."""
        async with self._turn:
            await self._end()

    async def close(self) -> None:
        await self._end()


def _become_subreaper() -> None:
    """Become the parent of descendants whose own parent has ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


async def _reader(descriptor: int) -> asyncio.StreamReader:
    """Read a pipe's read end; closed at its end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
    )
    return reader
