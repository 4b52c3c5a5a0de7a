"""The API process, as ``supportcarr api`` runs it, without metrics: what counts and times does nothing.

``python unobserved_api.py``; logs, traces and error reports are off by settings.
"""

from __future__ import annotations

from supportcarr.cli import main
from supportcarr.kit.observability.timings import Timings


def without_metrics() -> None:
    def observe(self: Timings, *_: object, **__: object) -> None:
        pass

    Timings.observe = observe  # type: ignore[method-assign]


if __name__ == "__main__":
    without_metrics()
    main(["api"])
