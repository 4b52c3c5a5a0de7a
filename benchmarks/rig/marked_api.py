"""The API process, as ``supportcarr api`` runs it, that notes when each document was durable.

``python marked_api.py FILE``: a line of the document's id and the monotonic time (of the machine: the
same clock in every process) at which the commit that holds it had returned.
"""

from __future__ import annotations

import atexit
import sys
import time
from pathlib import Path

from supportcarr.cli import main
from supportcarr.kit.store.sqlite.writer import Operation, Outcome, Prepared, Writer


def mark_commits(file: Path) -> None:
    """Write to *file* from now on.  The writer's thread does it, in a buffer that is flushed at the end."""
    out = file.open("a", buffering=1 << 20)
    atexit.register(out.close)
    write = Writer._write

    def marked(self: Writer, group: list[Operation], prepared: Prepared | None) -> list[Outcome]:
        outcomes = write(self, group, prepared)
        at = time.monotonic()
        out.writelines(f"{name} {at:.6f}\n" for op, _, error in outcomes if error is None for name in op.ids)
        return outcomes

    Writer._write = marked  # type: ignore[method-assign]  # the only place that knows the moment


if __name__ == "__main__":
    mark_commits(Path(sys.argv[1]))
    main(["api"])
