"""The diagram in the docs matches the state machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from supportcarr.rescues.state_machine import TABLE, transitions
from supportcarr_lab.generators.state_diagram import BEGIN, END, markdown_table, mermaid, render

PAGE = Path(__file__).parents[4] / "docs" / "rescue-life.md"


def test_the_docs_show_the_current_state_machine() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert render(page) == page, "run make generated"


def test_the_diagram_has_each_transition_once() -> None:
    lines = mermaid().splitlines()
    for start, end, _ in transitions():
        assert sum(line.startswith(f"    {start} --> {end}:") for line in lines) == 1


def test_the_table_has_a_row_for_each_command_of_each_status() -> None:
    assert len(markdown_table().splitlines()) == 2 + sum(len(steps) for steps in TABLE.values())


def test_rendering_replaces_only_the_text_between_the_markers() -> None:
    text = render(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text
    assert "assigned --> en_route: depart (driver)" in text
    assert render(text) == text, "nothing left to change"


def test_a_page_without_markers_is_rejected() -> None:
    with pytest.raises(ValueError, match="markers"):
        render("no markers here")
