"""A fork server with processes for tests: ``python -m support.processes.forking DESCRIPTOR``.

The first argument of a forked process says what it does: ``exit`` with a code, ``tell`` about itself
in a line of JSON and wait for a signal, or hang as a ``hanging_process`` does.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import uuid

import psutil
import structlog

from support.processes import hanging_process
from supportcarr.kit.observability import structured_log
from supportcarr.kit.observability.settings import LogSettings
from supportcarr.kit.runtime.ids import new_id
from supportcarr.supervisor.fork_server import serve_forks

log = structlog.get_logger(__name__)


def tell() -> None:
    """Print what is this process's own."""
    structured_log.configure(LogSettings())
    log.info("logged", pid=os.getpid())
    told = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "session": os.getsid(0),
        "threads": [thread.name for thread in threading.enumerate()],
        "random": random.random(),
        "generated": [new_id("res"), str(uuid.uuid4()), os.urandom(16).hex()],
        "environment": len(os.environ.get("TOLD", "")),
        "sockets": len(psutil.Process().net_connections("all")),
    }
    if "GIVEN" in os.environ:
        os.write(int(os.environ["GIVEN"]), b"inherited")
    hanging_process.say(json.dumps(told))
    signal.pause()


def main() -> None:
    what, *more = serve_forks(int(sys.argv[-1]), lambda: None)
    if what == "exit":
        sys.exit(int(more[0]))
    if what == "tell":
        tell()
    hanging_process.run(what)


if __name__ == "__main__":
    main()
