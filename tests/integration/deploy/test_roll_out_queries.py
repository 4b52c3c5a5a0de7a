"""The queries of the release script, evaluated by promtool on series whose burn is known."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from supportcarr.bootstrap.metric_catalogue import CATALOGUE
from supportcarr.kit.observability.timings import LATENCY_S

SCRIPT = Path(__file__).parents[3] / "deploy" / "release" / "roll_out.py"
PROMTOOL = shutil.which("promtool")
METRIC = "http_request_duration_seconds"

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")


def queries() -> Mapping[str, str]:
    spec = importlib.util.spec_from_file_location("roll_out", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)

    sys.modules["roll_out"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return dict(module.queries('namespace="city"', "2m"))


def series(
    status: str, each_minute: int, quick: int, *, namespace: str = "city", pod: str = "a"
) -> list[dict[str, str]]:
    labels = f'namespace="{namespace}",pod="{pod}",method="GET",route="/me",status="{status}"'
    return [
        {"series": f"{METRIC}_count{{{labels}}}", "values": f"0+{each_minute}x10"},
        {"series": f'{METRIC}_bucket{{{labels},le="0.2"}}', "values": f"0+{quick}x10"},
        {"series": f'{METRIC}_bucket{{{labels},le="+Inf"}}', "values": f"0+{each_minute}x10"},
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # 400 requests of two pods in two minutes, 1 % of them failed, 10 % slower than 0.2 s
        (
            [
                *(*series("200", 99, 90), *series("500", 1, 0)),
                *(*series("200", 99, 89, pod="b"), *series("503", 1, 1, pod="b")),
            ],
            {"requests": 400, "errors": 10, "slow": 2},
        ),
        ([*series("200", 100, 100), *series("404", 100, 100)], {"requests": 400, "errors": 0, "slow": 0}),
        (
            [*series("200", 50, 50), *series("500", 50, 0, namespace="other")],
            {"requests": 100, "errors": 0, "slow": 0},
        ),
        (series("500", 50, 50), {"requests": 100, "errors": 1000, "slow": 0}),
    ],
    ids=["failures", "what clients did wrong is no failure", "other namespaces", "everything fails"],
)  # fmt: skip
def test_they_say_how_fast_the_budget_burns(
    tmp_path: Path, given: list[dict[str, str]], expected: Mapping[str, float]
) -> None:
    assert PROMTOOL is not None
    tests = [
        # promtool compares exactly: round what floating point leaves
        {
            "expr": f"round({query}, 0.001)",
            "eval_time": "8m",
            "exp_samples": [{"labels": "{}", "value": expected[name]}],
        }
        for name, query in queries().items()
    ]
    file = tmp_path / "test.yaml"
    file.write_text(
        yaml.safe_dump({"tests": [{"interval": "1m", "input_series": given, "promql_expr_test": tests}]})
    )
    done = subprocess.run([PROMTOOL, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_ask_for_a_bucket_that_the_platform_has() -> None:
    bound = re.search(r'le="([^"]+)"', queries()["slow"])
    assert bound is not None
    assert bound[1] in {str(each) for each in LATENCY_S}
    assert METRIC in {each.name for each in CATALOGUE}
