"""Commands that another distribution adds to ``supportcarr`` by entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoints, entry_points

GROUP = "supportcarr.commands"
SEEDS = "supportcarr.seeds"


def added_commands() -> EntryPoints:
    """The entry points of the added commands, by the command's name."""
    return entry_points(group=GROUP)


def added_seeds() -> EntryPoints:
    """The entry points of the commands added to ``supportcarr seed``, by the command's name."""
    return entry_points(group=SEEDS)
