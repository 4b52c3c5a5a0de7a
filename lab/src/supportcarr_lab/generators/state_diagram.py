"""Draws the state machine of a rescue from its transition table, so that the diagram is always right."""

from __future__ import annotations

import re

from supportcarr.contracts.actors import Role
from supportcarr.contracts.rescues import FINAL, STATUSES
from supportcarr.rescues.commands import Command
from supportcarr.rescues.state_machine import OPERATOR, TABLE, transitions

BEGIN = "<!-- generated from src/supportcarr/rescues/state_machine.py: begin -->"
END = "<!-- generated: end -->"

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def mermaid() -> str:
    """The table as a Mermaid state diagram (``supportcarr diagram rescue`` prints it)."""
    lines = [
        "stateDiagram-v2",
        "    [*] --> scheduled: book (rider)",
        "    [*] --> requested: request (rider)",
    ]
    for start, end, command in transitions():
        lines.append(f"    {start} --> {end}: {_words(command)} ({_people(TABLE[start][command].roles)})")
    lines += [f"    {status} --> [*]" for status in STATUSES if status in FINAL]
    return "\n".join(lines) + "\n"


def markdown_table() -> str:
    """The table as Markdown: the commands allowed in each status, their results, and who may issue them."""
    rows = ["| from | command | to | who |", "|---|---|---|---|"]
    for status, steps in TABLE.items():
        for command, step in steps.items():
            to = ", ".join(f"`{s}`" for s in step.to) or "(stays)"
            rows.append(f"| `{status}` | {_words(command)} | {to} | {_people(step.roles)} |")
    return "\n".join(rows) + "\n"


def render(page: str) -> str:
    """*page* with the diagram and table between its markers replaced.  ``ValueError`` without markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no markers for the generated diagram")
    generated = f"\n\n```mermaid\n{mermaid()}```\n\n{markdown_table()}\n"
    return before + begin + generated + end + after


def _words(command: type[Command]) -> str:
    return _CAPITAL.sub(" ", command.__name__).lower().replace("pin", "PIN")


def _people(roles: frozenset[Role]) -> str:
    named = set(roles - OPERATOR) | ({"operator"} if roles & OPERATOR else set())
    return ", ".join(sorted(named))
