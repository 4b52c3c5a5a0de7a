"""Draws the states of an offer and of a driver's claims from the tables that dispatch runs on."""

from __future__ import annotations

from supportcarr.dispatch.state_machine import SETTLED, claim_transitions, offer_transitions

BEGIN = "<!-- generated from src/supportcarr/dispatch/state_machine.py: begin -->"
END = "<!-- generated: end -->"


def offers_mermaid() -> str:
    """The table of offers as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> open: make"]
    lines += [f"    {start} --> {end}: {command}" for start, end, command in offer_transitions()]
    lines += [f"    {phase} --> [*]" for phase in sorted(SETTLED)]
    return "\n".join(lines) + "\n"


def claims_mermaid() -> str:
    """The table of claims on a driver as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> none"]
    lines += [f"    {start} --> {end}: {_words(command)}" for start, end, command in claim_transitions()]
    return "\n".join(lines) + "\n"


def render(page: str) -> str:
    """*page* with the part between its markers regenerated.  ``ValueError`` if it has no markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no markers for the generated diagrams")
    generated = (
        f"\n\nAn offer:\n\n```mermaid\n{offers_mermaid()}```\n\n"
        f"The claims on a driver:\n\n```mermaid\n{claims_mermaid()}```\n\n"
    )
    return before + begin + generated + end + after


def _words(command: str) -> str:
    return command.replace("_", " ")
