"""What the documentation names is there: files that it links to, paths, tests, jobs of workflows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:tests|src|docs|deploy|scripts|benchmarks|web|\.github)/[\w./*-]+")
_MODULE = re.compile(r"[a-z_]+/[\w/*]+\.py")  # below src/supportcarr
_JOB = re.compile(r"([\w-]+\.yml)/([\w-]+)")
_WORKFLOWS = ROOT / ".github" / "workflows"
# Made by a build, a run or a test.
_MADE = ("benchmarks/results",)


def missing(text: str, page: Path) -> Iterator[str]:
    """What a page names and is not there."""
    for link in _LINK.findall(text):
        place, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            yield link
    for code in _CODE.findall(text):
        path = code.rstrip("/")
        if job := _JOB.fullmatch(code):
            there = job[2] in jobs(job[1])
        elif _PATH.fullmatch(path):
            there = path.startswith(_MADE) or any(ROOT.glob(path))
        elif _MODULE.fullmatch(path):
            there = any((ROOT / "src" / "supportcarr").glob(path))
        else:
            continue
        if not there:
            yield code


def anchors(text: str) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def jobs(workflow: str) -> set[str]:
    file = _WORKFLOWS / workflow
    return set(yaml.safe_load(file.read_text())["jobs"]) if file.is_file() else set()


@pytest.mark.parametrize("page", PAGES)
def test_all_that_a_page_names_is_there(page: str) -> None:
    file = ROOT / page
    assert list(missing(file.read_text(), file)) == []


def test_every_decision_is_in_their_list_by_its_title() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    rows = []
    for file in decisions:
        number, _, title = file.read_text().splitlines()[0].removeprefix("# ").partition(". ")
        rows.append(f"| {number} | [{title}]({file.name}) |")
    listed = (ROOT / "docs" / "adr" / "README.md").read_text().splitlines()
    assert [line for line in listed if line.startswith("| ") and "](" in line] == rows
    assert [int(file.name[:4]) for file in decisions] == list(range(1, len(decisions) + 1))


def test_every_page_is_found_from_the_first_one() -> None:
    docs = ROOT / "docs"
    found, ahead = set[Path](), [docs / "README.md"]
    while ahead:
        page = ahead.pop()
        found.add(page)
        links = {link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link}
        pages = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        ahead += [target for target in pages if target.is_relative_to(docs) and target not in found]
    assert sorted(set(docs.rglob("*.md")) - found) == []


def test_what_is_not_there_is_found() -> None:
    page = ROOT / "docs" / "status.md"
    text = (
        "[a](nowhere.md) [b](status.md#no-such-heading) `tests/unit/nothing.py` `tests/none_*` "
        "`kit/nothing.py` `ci.yml/nobody` `nothing.yml/test`"
    )
    assert len(list(missing(text, page))) == 7
    assert list(missing("[c](status.md) `tests/unit/` `kit/store/port.py` `ci.yml/test`", page)) == []
