"""Draws the state machine of a driver's application from its table."""

from __future__ import annotations

import re

from supportcarr.contracts.actors import Role
from supportcarr.drivers.applications.commands import Command
from supportcarr.drivers.applications.state_machine import INITIAL, OPERATOR, TABLE, transitions

BEGIN = "<!-- generated from src/supportcarr/drivers/applications/state_machine.py: begin -->"
END = "<!-- generated: end -->"

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def mermaid() -> str:
    """The table as a Mermaid state diagram (``supportcarr diagram application`` prints it)."""
    lines = ["stateDiagram-v2", f"    [*] --> {INITIAL}: sign up (driver)"]
    for start, end, command in transitions():
        lines.append(f"    {start} --> {end}: {_words(command)} ({_people(TABLE[start][command].roles)})")
    return "\n".join(lines) + "\n"


def render(page: str) -> str:
    """*page* with the diagram between its markers replaced.  ``ValueError`` without markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no markers for the generated diagram")
    return f"{before}{begin}\n\n```mermaid\n{mermaid()}```\n\n{end}{after}"


def _words(command: type[Command]) -> str:
    return _CAPITAL.sub(" ", command.__name__).lower()


def _people(roles: frozenset[Role]) -> str:
    named = set(roles - OPERATOR) | ({"operator"} if roles & OPERATOR else set())
    return ", ".join(sorted(named))
