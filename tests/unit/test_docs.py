"""Check that files, paths, headings and workflow jobs that the documentation names exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [
        *ROOT.glob("*.md"),
        *(p for f in ("docs", "deploy", "findings") for p in (ROOT / f).rglob("*.md")),
    ]
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:tests|src|lab|docs|deploy|findings|scripts|benchmarks|web|\.github)/[\w./*-]+")
_MODULE = re.compile(r"[a-z_]+/[\w/*]+\.py")  # below src/supportcarr
_JOB = re.compile(r"([\w-]+\.yml)/([\w-]+)")
_WORKFLOWS = ROOT / ".github" / "workflows"
_CREATED_BY_RUNS = ("benchmarks/results",)


def missing(text: str, page: Path) -> Iterator[str]:
    """Names in *text* that do not exist."""
    for link in _LINK.findall(text):
        file, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            yield link
    for code in _CODE.findall(text):
        path = code.rstrip("/")
        if job := _JOB.fullmatch(code):
            exists = job[2] in jobs(job[1])
        elif _PATH.fullmatch(path):
            exists = path.startswith(_CREATED_BY_RUNS) or any(ROOT.glob(path))
        elif _MODULE.fullmatch(path):
            exists = any((ROOT / "src" / "supportcarr").glob(path))
        else:
            continue
        if not exists:
            yield code


def anchors(text: str) -> set[str]:
    """The anchors that GitHub generates for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def jobs(workflow: str) -> set[str]:
    file = _WORKFLOWS / workflow
    return set(yaml.safe_load(file.read_text())["jobs"]) if file.is_file() else set()


@pytest.mark.parametrize("page", PAGES)
def test_names_in_a_page_exist(page: str) -> None:
    file = ROOT / page
    assert list(missing(file.read_text(), file)) == []


def test_list_of_decisions_matches_their_titles() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    rows = []
    for file in decisions:
        number, _, title = file.read_text().splitlines()[0].removeprefix("# ").partition(". ")
        rows.append(f"| {number} | [{title}]({file.name}) |")
    listed = (ROOT / "docs" / "adr" / "README.md").read_text().splitlines()
    assert [line for line in listed if line.startswith("| ") and "](" in line] == rows
    assert [int(file.name[:4]) for file in decisions] == list(range(1, len(decisions) + 1))


def test_every_page_is_linked_from_the_readme() -> None:
    docs = ROOT / "docs"
    found, ahead = set[Path](), [docs / "README.md"]
    while ahead:
        page = ahead.pop()
        found.add(page)
        links = {link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link}
        pages = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        ahead += [target for target in pages if target.is_relative_to(docs) and target not in found]
    assert sorted(set(docs.rglob("*.md")) - found) == []


def test_missing_names_are_reported() -> None:
    page = ROOT / "docs" / "status.md"
    text = (
        "[a](nowhere.md) [b](status.md#no-such-heading) `tests/unit/nothing.py` `tests/none_*` "
        "`kit/nothing.py` `ci.yml/nobody` `nothing.yml/test`"
    )
    assert len(list(missing(text, page))) == 7
    assert list(missing("[c](status.md) `tests/unit/` `kit/store/port.py` `ci.yml/test`", page)) == []


def test_no_file_cites_documents_outside_the_repository() -> None:
    cited = re.compile(r"(?<![\w-])(?:product|api|house)\.md|\bthe plan's\b|\b[Pp]art \d+ of the plan\b")
    folders = ("src", "lab", "tests", "benchmarks", "findings", "docs", "deploy", "scripts", ".github")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files = [path for path in files if not {"node_modules", "results"} & set(path.parts)]  # not ours
    texts = {path: path.read_text() for path in files if path.suffix in (".md", ".py", ".sh", ".yml", "")}
    found = {path.relative_to(ROOT).as_posix() for path, text in texts.items() if cited.search(text)}
    assert found - {"tests/unit/test_docs.py"} == set()
