"""The API process, as ``supportcarr api`` runs it, that notes when each document was durable.

``python marked_api.py FILE``: a line of the document's id and the monotonic time (of the machine: the
same clock in every process) at which the commit that holds it had been flushed to the disk.
"""

from __future__ import annotations

import atexit
import sys
import time
from pathlib import Path

from supportcarr.cli import main
from supportcarr.kit.store.sqlite import writer
from supportcarr.kit.store.sqlite.writer import Outcome


def mark_commits(file: Path) -> None:
    """Write to *file* from now on, in a buffer that is flushed at the end."""
    out = file.open("a", buffering=1 << 20)
    atexit.register(out.close)
    settle = writer._settle

    def marked(outcomes: list[Outcome]) -> None:
        at = time.monotonic()
        settle(outcomes)
        out.writelines(f"{name} {at:.6f}\n" for op, _, error in outcomes if error is None for name in op.ids)

    writer._settle = marked  # the only place that knows the moment


if __name__ == "__main__":
    mark_commits(Path(sys.argv[1]))
    main(["api"])
