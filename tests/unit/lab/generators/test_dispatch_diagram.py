"""The diagrams of offers and claims in the docs are drawn from the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from supportcarr.dispatch.state_machine import claim_transitions, offer_transitions
from supportcarr_lab.generators.dispatch_diagram import BEGIN, END, claims_mermaid, offers_mermaid, render

PAGE = Path(__file__).parents[4] / "docs" / "rescue-life.md"


def test_the_docs_show_the_current_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert render(page) == page, "run make generated"


def test_each_diagram_has_each_transition_once() -> None:
    for start, end, command in offer_transitions():
        assert offers_mermaid().splitlines().count(f"    {start} --> {end}: {command}") == 1
    for state, to, claim in claim_transitions():
        assert claims_mermaid().splitlines().count(f"    {state} --> {to}: {claim.replace('_', ' ')}") == 1


def test_rendering_changes_only_the_text_between_the_markers() -> None:
    text = render(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text
    assert render(text) == text


def test_a_page_without_markers_is_rejected() -> None:
    with pytest.raises(ValueError, match="markers"):
        render("no markers here")
