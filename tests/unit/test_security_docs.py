"""Check the table of ASVS requirements, and that each measure of the threat model can be looked up."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECURITY = ROOT / "docs" / "security"
STATES = {"met", "partly", "not yet", "n/a"}
# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has; those of level 3 come last.
REQUIREMENTS = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 2,
    "10.3": 4,
    "10.4": 11,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
    "17.1": 1,
    "17.2": 4,
    "17.3": 2,
}
_NAMED = re.compile(r"`([^`]+)`")
_PATH = re.compile(r"[\w./-]+/[\w./-]+|[\w.-]+\.(?:md|toml|yml|json)")


def rows() -> list[list[str]]:
    """The rows of the tables: identifier, subject, state, evidence."""
    lines = (SECURITY / "asvs.md").read_text().splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)
    ]


def exists(name: str) -> bool:
    """A path from the root, or one below the package."""
    return (ROOT / name).exists() or (ROOT / "src" / "supportcarr" / name).exists()


def test_no_requirement_of_level_2_is_left_out() -> None:
    wanted = [f"{section}.{n}" for section, count in REQUIREMENTS.items() for n in range(1, count + 1)]
    assert [row[0] for row in rows()] == wanted


def test_every_state_is_one_of_four_and_has_its_evidence_or_reason() -> None:
    for identifier, subject, state, evidence in rows():
        assert subject and state in STATES, identifier
        files = [name for name in _NAMED.findall(evidence) if _PATH.fullmatch(name)]
        if state in ("met", "partly"):
            assert evidence, identifier
        if state == "met":
            assert files, f"{identifier} names no file"
        if state == "n/a":
            assert evidence, f"{identifier} has no reason"


def test_every_file_that_the_security_pages_name_exists() -> None:
    pages = [ROOT / "SECURITY.md", *SECURITY.rglob("*.md")]
    named = {name for page in pages for name in _NAMED.findall(page.read_text())}
    code = {name for name in named if re.fullmatch(r"[\w./-]+\.(?:py|tsx?|md|toml|yml|json|txt)", name)}
    generic = {"package-lock.json", "security.yml"}
    assert sorted(name for name in code - generic if not exists(name)) == []
    assert len(code) > 60
