"""What the fork server loads: every module that a process of the platform uses."""

from __future__ import annotations


def preload() -> None:
    """Import what the processes would import by themselves, so that they share its memory."""
    import supportcarr.bootstrap.processes
    import supportcarr.kit.store.sqlite.engine  # noqa: F401
