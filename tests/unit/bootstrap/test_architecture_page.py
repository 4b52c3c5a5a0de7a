"""The map of packages in the docs names what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import supportcarr
from supportcarr.bootstrap import collections

PACKAGE = Path(supportcarr.__file__).parent
PAGE = (PACKAGE.parents[1] / "docs/architecture.md").read_text()
PARTS = dict(re.findall(r"^\| `(\w+)/` \| .* \| ([^|]*) \|$", PAGE, re.MULTILINE))
NOT_OF_PARTS = {"gateway", "kit"}  # what they store is no part's business


def collections_by_package() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for spec in collections.SPECS:
        package = spec.type.__module__.split(".")[1]
        found.setdefault(package, set()).add(spec.name)
    return found


@pytest.mark.parametrize("part", sorted(set(collections_by_package()) - NOT_OF_PARTS))
def test_the_table_of_parts_names_each_collection(part: str) -> None:
    assert set(re.findall(r"`(\w+)`", PARTS[part])) == collections_by_package()[part]


def test_every_package_is_on_the_page() -> None:
    packages = {found.parent.name for found in PACKAGE.glob("*/__init__.py")}
    assert packages == {name for name in packages if f"| `{name}/` |" in PAGE}
