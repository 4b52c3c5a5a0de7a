"""A real Prometheus that scrapes processes of a test."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.ports import free_port

PROMETHEUS = shutil.which("prometheus")
READY_S = 90.0

Series = list[tuple[dict[str, str], float]]  # labels, the value


class Prometheus:
    """One running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def query(self, expr: str, at: float | None = None) -> Series:
        """The series of an instant query, at that time (Unix seconds) or now.  Fails if it is no PromQL."""
        given = {"query": expr} | ({} if at is None else {"time": f"{at:.3f}"})
        answer = self._get("query", given)
        assert answer["resultType"] == "vector", answer
        return [(one["metric"], float(one["value"][1])) for one in answer["result"]]

    def value(self, expr: str, at: float | None = None) -> float:
        """The value of a query that has one series."""
        [(_, value)] = self.query(expr, at)
        return value

    def values(self, expr: str, label: str, at: float | None = None) -> dict[str, float]:
        """The values of a query by one label."""
        return {labels[label]: value for labels, value in self.query(expr, at)}

    def targets_up(self) -> int:
        return sum(target["health"] == "up" for target in self._get("targets", {})["activeTargets"])

    def _get(self, path: str, given: dict[str, str]) -> Any:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(given)}"
        try:
            with urllib.request.urlopen(url, timeout=60) as response:
                answer = json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{given}: {error.read().decode()}") from error
        assert answer["status"] == "success", answer
        return answer["data"]


@contextmanager
def running_prometheus(
    folder: Path, roles: Mapping[int, str], *, every_s: float = 1.0
) -> Iterator[Prometheus]:
    """Scrape those ports of this machine, each with the role of its process.

    The server's log is shown if it does not start.
    """
    assert PROMETHEUS is not None
    folder.mkdir(parents=True, exist_ok=True)
    targets = [{"targets": [f"127.0.0.1:{port}"], "labels": {"role": role}} for port, role in roles.items()]
    configuration = {
        "global": {"scrape_interval": f"{every_s:g}s", "scrape_timeout": f"{every_s:g}s"},
        "scrape_configs": [{"job_name": "supportcarr", "static_configs": targets}],
    }
    file, log, port = folder / "prometheus.yaml", folder / "prometheus.log", free_port()
    file.write_text(json.dumps(configuration))  # JSON is YAML
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                PROMETHEUS,
                f"--config.file={file}",
                f"--storage.tsdb.path={folder / 'series'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--enable-feature=exemplar-storage",
            ],
            stdout=out,
            stderr=out,
        )
    try:
        deadline = time.monotonic() + READY_S
        while not _is_ready(port):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield Prometheus(port)
    finally:
        process.terminate()
        process.wait(90)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
