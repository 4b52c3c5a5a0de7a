"""Generates documents from the code, or checks that they are up to date.

``python -m supportcarr_lab.generators.generated_files`` writes them; with ``--check`` it only compares, and
fails if a file differs from what the code generates.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT

from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.runtime.settings import SettingsGroup, declared, is_required, is_secret

ROOT = Path(__file__).resolve().parents[4]


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of every declared route."""
    from supportcarr.bootstrap.commands import openapi

    return openapi()


def asyncapi_document() -> dict[str, Any]:
    """The AsyncAPI document of the Socket.IO events."""
    from supportcarr.bootstrap.commands import asyncapi

    return asyncapi()


def settings_page() -> str:
    """``docs/settings.md``: every setting with its default and meaning, one section per concern."""
    lines = ["# Settings", "", "Generated from the `settings.py` of each package; do not edit.", ""]
    lines += [
        "Environment variables, or lines of a `.env` file; the environment wins. A secret that is *needed*",
        "has no default outside the local profile, which makes its own at first start.",
    ]
    section: type[SettingsGroup] | None = None
    for group, field, name, meta in declared(Settings):
        if group is not section:
            section = group
            about = (group.__doc__ or "").strip().rstrip(".")
            lines += ["", f"## {about}", "", "| variable | default | meaning |", "|---|---|---|"]
        if is_required(meta):
            default = "*needed, secret*"
        elif is_secret(meta):
            default = "*none, secret*"
        else:
            value = "" if field.default is NODEFAULT else field.default
            default = f"`{value}`" if value != "" else "*none*"
        lines.append(f"| `{name}` | {default} | {meta.description} |")
    return "\n".join(lines) + "\n"


def permissions_page() -> str:
    """``docs/permissions.md``: the policy of every route."""
    from supportcarr_lab.generators.permissions import page

    return page(openapi_document())


def rescue_life_page() -> str:
    """``docs/rescue-life.md`` with the diagrams of the current tables."""
    from supportcarr_lab.generators import dispatch_diagram, state_diagram

    page = (ROOT / "docs/rescue-life.md").read_text()
    return dispatch_diagram.render(state_diagram.render(page))


def application_page() -> str:
    """``docs/driver-application.md`` with the diagram of the current table."""
    from supportcarr_lab.generators import application_diagram

    return application_diagram.render((ROOT / "docs/driver-application.md").read_text())


def retention_page() -> str:
    """``docs/retention.md`` with the table that the platform enforces."""
    from supportcarr_lab.generators import retention_table

    return retention_table.render((ROOT / "docs/retention.md").read_text())


def metrics_page() -> str:
    """``docs/metrics.md``: every metric, and the panels that show it."""
    from supportcarr_lab.generators.metrics_page import page

    return page()


def dashboard_files() -> Iterator[tuple[Path, Callable[[], str]]]:
    """The dashboards for Grafana, and the same for the chart, which can read only its own folder."""
    from supportcarr_lab.dashboards.boards import DASHBOARDS

    for dashboard in DASHBOARDS:
        for folder in ("deploy/grafana/dashboards", "deploy/helm/supportcarr/files/dashboards"):
            yield ROOT / folder / f"{dashboard.name}.json", dashboard.text


def dump_script() -> str:
    """``deploy/mongodb/dump``, for the chart, which can read only its own folder."""
    return (ROOT / "deploy/mongodb/dump").read_text()


def nginx_of_one_machine() -> str:
    """``deploy/nginx/supportcarr.conf``."""
    from supportcarr_lab.generators.edge_configuration import one_machine

    return one_machine((ROOT / "deploy/nginx/edge.conf.template").read_text())


def slos_page() -> str:
    """``docs/slos.md`` with the table of the objectives."""
    from supportcarr_lab.generators import monitoring_tables

    return monitoring_tables.slos((ROOT / "docs/slos.md").read_text())


def runbooks_page() -> str:
    """``docs/runbooks/README.md`` with the table of the alerts."""
    from supportcarr_lab.generators import monitoring_tables

    return monitoring_tables.runbooks((ROOT / "docs/runbooks/README.md").read_text())


def rule_files() -> Iterator[tuple[Path, Callable[[], str]]]:
    """Rules of Prometheus, their tests, and the groups of the chart's PrometheusRule."""
    from supportcarr_lab.monitoring import render

    for group in render.groups():
        rules = partial(render.rules_document, group)
        yield ROOT / f"deploy/prometheus/rules/{group.name}.yaml", _yaml(rules)
        for name, document in render.tests_documents(group).items():
            yield ROOT / f"deploy/prometheus/tests/{name}.yaml", _yaml(partial(dict, document))
    yield ROOT / "deploy/helm/supportcarr/files/rules.yaml", _yaml(render.chart_document)


def _yaml(document: Callable[[], dict[str, Any]]) -> Callable[[], str]:
    from supportcarr_lab.monitoring.render import as_yaml

    return lambda: as_yaml(document())


def _json(document: Callable[[], dict[str, Any]]) -> Callable[[], str]:
    return lambda: json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def generated_files() -> Iterator[tuple[Path, Callable[[], str]]]:
    """Each generated file of the repository, with the function that generates its text."""
    yield ROOT / "docs/openapi.json", _json(openapi_document)
    yield ROOT / "docs/asyncapi.json", _json(asyncapi_document)
    yield ROOT / "docs/settings.md", settings_page
    yield ROOT / "docs/permissions.md", permissions_page
    yield ROOT / "docs/rescue-life.md", rescue_life_page
    yield ROOT / "docs/driver-application.md", application_page
    yield ROOT / "docs/retention.md", retention_page
    yield ROOT / "deploy/nginx/supportcarr.conf", nginx_of_one_machine
    yield ROOT / "docs/metrics.md", metrics_page
    yield from dashboard_files()
    yield ROOT / "deploy/helm/supportcarr/files/mongodb-dump", dump_script

    yield ROOT / "docs/slos.md", slos_page
    yield ROOT / "docs/runbooks/README.md", runbooks_page
    yield from rule_files()


def main(arguments: list[str]) -> int:
    drifted = []
    for path, make in generated_files():
        text = make()
        if path.is_file() and path.read_text() == text:
            continue
        drifted.append(path.relative_to(ROOT))
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in drifted:
        print("drifted:" if "--check" in arguments else "written:", path)  # noqa: T201
    return 1 if drifted and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
