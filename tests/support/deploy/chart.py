"""The Helm chart: its files, and what helm makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Set
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy" / "helm" / "supportcarr"
ENVIRONMENTS = ("development", "staging", "production")
TOOLS = ROOT / ".venv" / "go" / "bin"
HELM, KUBECONFORM = (
    str(TOOLS / name) if (TOOLS / name).exists() else shutil.which(name) for name in ("helm", "kubeconform")
)
SCHEMAS = ROOT / ".venv" / "chart" / "kubernetes_validate" / "kubernetes-json-schema"
KUBERNETES = "1.33"

Object = dict[str, Any]


def schema() -> Object:
    return dict(json.loads((CHART / "values.schema.json").read_text()))


def values(environment: str) -> Object:
    """The values of an environment, as helm merges them."""
    return merged(_yaml(CHART / "values.yaml"), _yaml(CHART / f"values-{environment}.yaml"))


def _yaml(path: Path) -> Object:
    return dict(yaml.safe_load(path.read_text()))


def merged(first: Object, second: Object) -> Object:
    both = dict(first)
    for key, value in second.items():
        inner = both.get(key)
        both[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both


def helm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert HELM is not None
    return subprocess.run([HELM, *arguments], capture_output=True, text=True, check=False)


def rendered(environment: str, *more: str, release: str = "supportcarr") -> list[Object]:
    """The objects of an environment.  *more* are further arguments of helm."""
    done = helm(
        *("template", release, str(CHART), "--namespace", "city", "--kube-version", KUBERNETES),
        *("-f", str(CHART / f"values-{environment}.yaml"), *more),
    )
    assert done.returncode == 0, done.stderr
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def strict_schemas(folder: Path, kinds: Set[str]) -> Path:
    """The schemas of those *kinds*, from the wheel ``kubernetes-validate``, as kubeconform reads them.

    Their root ``$id`` and absolute references would be looked for on the internet.
    """
    source = SCHEMAS / f"v{KUBERNETES}.0-local-strict"
    wanted = {kind.lower() for kind in kinds} | {"_definitions.json"}
    for path in source.glob("*.json"):
        if path.name.partition("-")[0] not in wanted:
            continue
        text = path.read_text().replace("/api/_definitions.json#", "_definitions.json#")
        content = json.loads(text)
        content.pop("$id", None)
        (folder / path.name).write_text(json.dumps(content))
    return folder
