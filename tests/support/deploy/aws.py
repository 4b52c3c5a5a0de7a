"""What the AWS CDK makes of deploy/aws: the templates of each stack."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
AWS = ROOT / "deploy" / "aws"
TOOLS = ROOT / ".venv" / "cloud" / "bin"
INSTALLED = (TOOLS.parent / ".installed").exists()

Template = dict[str, Any]


def run_app(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the CDK's app; templates come into *folder*."""
    return subprocess.run(
        [TOOLS / "python", AWS / "app.py", *arguments],
        env=os.environ | {"CDK_OUTDIR": str(folder), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def synthesised(folder: Path, environments: Path | None = None) -> dict[str, Template]:
    """The templates by the name of their stack; their files are in *folder*."""
    done = run_app(folder, "--examples", *([environments] if environments else []))
    assert done.returncode == 0, done.stderr[-4000:]
    files = sorted(folder.glob("*.template.json"))
    return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}


def resources(template: Template, kind: str) -> Iterator[tuple[str, Template]]:
    """Names and properties."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})


def only(template: Template, kind: str) -> Template:
    [(_, found)] = resources(template, kind)
    return found
