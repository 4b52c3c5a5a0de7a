"""The security checks are switched on, and each exception from them has a reason."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GITLEAKS = ROOT / ".venv" / "go" / "bin" / "gitleaks"
CHECKED = ("src", "lab", "benchmarks", "deploy")
_NOQA = re.compile(r"# noqa\b(?P<rest>.*)")
_REASONED = re.compile(r": (?:[A-Z]+\d+(?:, ?)?)+ +[-#–] *\S.{4,}")


def sources() -> list[Path]:
    return [
        path
        for folder in CHECKED
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts
    ]


def test_the_security_rules_hold_everywhere_but_in_tests() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    exempt = {
        folder for folder, rules in lint["per-file-ignores"].items() if {r for r in rules if r[0] == "S"}
    }
    assert exempt == {"tests/**"}
    assert {rule for rule in lint["ignore"] if re.match(r"S\d", rule)} == {"S101"}


def test_each_suppressed_security_rule_names_the_rule_and_the_reason() -> None:
    unreasoned = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := _NOQA.search(line))
        and (not found["rest"].startswith(":") or re.search(r"\bS\d", found["rest"]))
        and not _REASONED.match(found["rest"])
    ]
    assert unreasoned == []


def test_each_allowed_secret_has_a_reason() -> None:
    config = tomllib.loads((ROOT / ".gitleaks.toml").read_text())
    assert config["extend"] == {"useDefault": True}
    allowed = [
        *config.get("allowlists", []),
        *(a for rule in config["rules"] for a in rule.get("allowlists", [])),
    ]
    for entry in allowed:
        assert len(entry["description"].split()) >= 5, entry
        assert ".*" not in entry.get("paths", []), entry


def allowed_value() -> str:
    """The made-up secret that one test file may have."""
    config = tomllib.loads((ROOT / ".gitleaks.toml").read_text())
    [entry] = [entry for entry in config["allowlists"] if "test_profile_rules" in str(entry.get("paths"))]
    value: str = entry["regexes"][0]
    return value


def invented(name: str) -> str:
    """48 hexadecimal digits, the same in each run: gitleaks passes over random texts that hold a word."""
    return hashlib.sha256(name.encode()).hexdigest()[:48]


SECRETS = {
    "a partner's key": lambda: f"key = sc_live_{invented('partner')}",
    "a signing secret": lambda: f"SUPPORTCARR_AUTH_SECRETS=k1:{invented('signing')}",
    "a key of Stripe": lambda: f"stripe = sk_live_{invented('stripe')}",
    "a password in an assignment": lambda: f'password = "{invented("password")}"',
    "a value that is allowed in another file": lambda: f"secret_key = '{allowed_value()}'",
}


@pytest.mark.skipif(not GITLEAKS.is_file(), reason="gitleaks is not installed (scripts/setup gitleaks)")
@pytest.mark.parametrize("name", SECRETS)
def test_an_invented_secret_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text(f"# {name}\n{SECRETS[name]()}\n")
    config = f"--config={ROOT / '.gitleaks.toml'}"
    command = [str(GITLEAKS), "dir", "--no-banner", "--redact", config, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 1, found.stderr
    assert "leaks found: 1" in found.stderr


def test_no_page_shows_html_from_data() -> None:
    folders = (ROOT / "web" / "apps", ROOT / "web" / "packages")
    files = [path for folder in folders for path in folder.glob("*/src/**/*.ts*")]
    assert len(files) > 50
    forbidden = re.compile(
        r"dangerouslySetInnerHTML|\.innerHTML\b|\.outerHTML\b|document\.write|insertAdjacentHTML"
    )
    found = [path.name for path in files if ".test." not in path.name and forbidden.search(path.read_text())]
    assert found == []
