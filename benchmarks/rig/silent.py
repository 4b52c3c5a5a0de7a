"""Opens connections and sends nothing; opens one again as soon as it is closed.

``python silent.py PORT COUNT SECONDS`` connects to 127.0.0.1 and ends by itself; its last line is how many
were opened in all.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time

from supportcarr.supervisor.child_process import die_with_parent


def main(port: int, count: int, seconds: float) -> None:
    die_with_parent()
    opened, until = 0, time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:

        def open_one() -> None:
            nonlocal opened
            silent = socket.socket()
            silent.setblocking(False)  # a full queue must not hold up the others
            silent.connect_ex(("127.0.0.1", port))
            selector.register(silent, selectors.EVENT_READ)
            opened += 1

        for _ in range(count):
            open_one()
        while (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                selector.unregister(key.fileobj)
                socket.socket.close(key.fileobj)  # type: ignore[arg-type]  # it was registered as one
                open_one()
    print(opened)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
