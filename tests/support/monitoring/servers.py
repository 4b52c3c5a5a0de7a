"""A real Prometheus and Alertmanager with the platform's rules, every window and pause divided."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from support.ports import free_port
from supportcarr_lab.monitoring import render

PROMETHEUS, ALERTMANAGER = shutil.which("prometheus"), shutil.which("prometheus-alertmanager")
CONFIGURATION = Path(__file__).parents[3] / "deploy" / "prometheus" / "alertmanager.yaml"
Labels = Mapping[str, str]


class Monitoring:
    """What fires in Prometheus, what Alertmanager has, and whom it told."""

    def __init__(self, prometheus: int, alertmanager: int, told: list[tuple[str, str]]) -> None:
        self.alertmanager_url = f"http://127.0.0.1:{alertmanager}"
        self.told = told  # receiver and alert's name, of each notification
        self._prometheus = f"http://127.0.0.1:{prometheus}"
        self._since = time.monotonic()

    def firing(self) -> list[Labels]:
        return [alert["labels"] for alert in self._alerts() if alert["state"] == "firing"]

    def summaries(self) -> list[str]:
        return [alert["annotations"]["summary"] for alert in self._alerts()]

    def ask(self, query: str) -> list[dict[str, Any]]:
        found = _json(f"{self._prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        return list(found["data"]["result"])

    def forget(self) -> None:
        """Count from now on; at its own start Prometheus has not scraped anything, and says so."""
        self._since = time.monotonic()

    def fired(self, severity: str) -> set[str]:
        """Names of the alerts of that severity that fired at any time since ``forget``."""
        window = int(time.monotonic() - self._since)
        query = f'last_over_time(ALERTS{{alertstate="firing",severity="{severity}"}}[{max(window, 1)}s])'
        return {result["metric"]["alertname"] for result in self.ask(query)}

    def inhibited(self) -> set[str]:
        """Names of the alerts that Alertmanager has and tells nobody."""
        found = _json(f"{self.alertmanager_url}/api/v2/alerts?inhibited=true&active=false&silenced=false")
        return {alert["labels"]["alertname"] for alert in found}

    def wait_for(self, what: str, check: Callable[[], Any], within_s: float) -> Any:
        deadline = time.monotonic() + within_s
        while True:
            try:
                if found := check():
                    return found
            except OSError:
                pass  # it is starting
            assert time.monotonic() < deadline, f"{what}: not within {within_s:g} s; fires: {self.firing()}"
            time.sleep(0.5)

    def _alerts(self) -> list[dict[str, Any]]:
        return list(_json(f"{self._prometheus}/api/v1/alerts")["data"]["alerts"])


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as response:
        return json.load(response)


@contextmanager
def running_monitoring(
    folder: Path, targets: Mapping[str, Sequence[int]], *, divisor: int
) -> Iterator[Monitoring]:
    """Scrape *targets* (ports by role) each second."""
    assert PROMETHEUS is not None
    assert ALERTMANAGER is not None
    prometheus, alertmanager = free_port(), free_port()
    told: list[tuple[str, str]] = []
    with _receivers(told) as receivers, (folder / "output.txt").open("wb") as output:
        _write_rules(folder, divisor)
        _write(folder / "prometheus.yaml", _configuration(targets, alertmanager))
        _write(folder / "alertmanager.yaml", _routes(receivers))
        commands = [
            [
                *(
                    PROMETHEUS,
                    f"--config.file={folder}/prometheus.yaml",
                    f"--storage.tsdb.path={folder}/data",
                ),
                f"--web.listen-address=127.0.0.1:{prometheus}",
            ],
            [
                *(ALERTMANAGER, f"--config.file={folder}/alertmanager.yaml", f"--storage.path={folder}/am"),
                *(f"--web.listen-address=127.0.0.1:{alertmanager}", "--cluster.listen-address="),
            ],
        ]
        processes = [subprocess.Popen(command, stdout=output, stderr=output) for command in commands]
        try:
            yield Monitoring(prometheus, alertmanager, told)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(90)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(document)))


def _write_rules(folder: Path, divisor: int) -> None:
    (folder / "rules").mkdir()
    for group in render.groups():
        text = render.as_yaml(render.rules_document(group, divisor=divisor))
        (folder / "rules" / f"{group.name}.yaml").write_text(text)


def _configuration(targets: Mapping[str, Sequence[int]], alertmanager: int) -> dict[str, Any]:
    scraped = [
        {"targets": [f"127.0.0.1:{port}" for port in ports], "labels": {"role": role}}
        for role, ports in targets.items()
    ]
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "500ms"},
        "rule_files": ["rules/*.yaml"],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}],
        },
        "scrape_configs": [{"job_name": render.JOB, "static_configs": scraped}],
    }


def _routes(receivers: int) -> dict[str, Any]:
    """The deployed routes, which wait less, and tell a server of ours."""
    config: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text())
    for route in (config["route"], *config["route"]["routes"]):
        route["group_wait"] = "2s"
    for receiver in config["receivers"]:
        receiver["webhook_configs"][0]["url"] = f"http://127.0.0.1:{receivers}/{receiver['name']}"
    return config


@contextmanager
def _receivers(told: list[tuple[str, str]]) -> Iterator[int]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.extend((self.path[1:], alert["labels"]["alertname"]) for alert in body["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
