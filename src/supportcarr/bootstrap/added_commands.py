"""Commands that another distribution adds to ``supportcarr`` by entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoints, entry_points

GROUP = "supportcarr.commands"


def added_commands() -> EntryPoints:
    """The entry points of the added commands, by the command's name."""
    return entry_points(group=GROUP)
