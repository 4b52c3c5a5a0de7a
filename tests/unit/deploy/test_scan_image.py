"""What scripts/scan-image makes of the reports of osv-scanner, with a scanner that does as told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]


def vulnerability(
    name: str, *, fixed: str = "", urgency: str = "low", of: str = "Debian:12"
) -> dict[str, Any]:
    events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
    return {
        "id": name,
        "affected": [
            {
                "package": {"name": "perl", "ecosystem": of},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
                "ecosystem_specific": {"urgency": urgency},
            }
        ],
    }


def scan(folder: Path, code: int, *vulnerabilities: dict[str, Any]) -> tuple[int, str]:
    package = {"name": "perl", "version": "5.36.0-7", "ecosystem": "Debian:12"}
    packages = [{"package": package, "vulnerabilities": list(vulnerabilities)}]
    report = {"results": [{"packages": packages}] if vulnerabilities else []}
    (folder / "report.json").write_text(json.dumps(report))
    scanner = folder / "osv-scanner"
    scanner.write_text(
        '#!/bin/sh\n[ "$*" = "scan image --format json example:1" ] || exit 99\n'
        f"cat {folder}/report.json\nexit {code}\n"
    )
    scanner.chmod(0o700)
    command = [sys.executable, str(ROOT / "scripts" / "scan-image"), "example:1"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"OSV_SCANNER": str(scanner), "PATH": "/usr/bin:/bin"},
    )
    return done.returncode, done.stdout + done.stderr


def test_what_nobody_has_mended_yet_is_told_and_stops_no_release(tmp_path: Path) -> None:
    code, said = scan(tmp_path, 1, vulnerability("CVE-1"), vulnerability("CVE-2", fixed="9", of="Debian:13"))
    assert (code, "2 without a newer package" in said, "CVE-1  perl 5.36.0-7" in said) == (0, True, True), (
        said
    )


def test_what_a_newer_package_ends_stops_it(tmp_path: Path) -> None:
    code, said = scan(tmp_path, 1, vulnerability("CVE-1"), vulnerability("CVE-2", fixed="5.36.0-8"))
    assert (code, "CVE-2  perl 5.36.0-7  ended by 5.36.0-8" in said) == (1, True), said


def test_what_the_distribution_calls_unimportant_is_left_out(tmp_path: Path) -> None:
    code, said = scan(tmp_path, 1, vulnerability("CVE-1", urgency="unimportant", fixed="6"))
    assert (code, "CVE-1" in said) == (0, False), said


@pytest.mark.parametrize("code", [1, 127, 128])
def test_a_scanner_that_fails_or_says_nothing_is_no_clean_image(tmp_path: Path, code: int) -> None:
    assert scan(tmp_path, code)[0] == 1


def test_a_clean_image_is_one(tmp_path: Path) -> None:
    assert scan(tmp_path, 0)[0] == 0


def test_images_are_scanned_by_it_before_they_are_pushed() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "images.yml").read_text())
    runs = [step.get("run", "") for step in workflow["jobs"]["publish"]["steps"]]
    [scanned] = [number for number, run in enumerate(runs) if run == 'scripts/scan-image "$TAG"']
    [pushed] = [number for number, run in enumerate(runs) if "docker push" in run]
    assert scanned < pushed
