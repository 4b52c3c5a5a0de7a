#!/usr/bin/env python3
"""Releases the chart, watches the service level objectives (SLOs), and goes back by itself when they break.

    deploy/release/roll_out.py --namespace supportcarr --prometheus http://127.0.0.1:9090 \
        -- -f deploy/helm/supportcarr/values-production.yaml --set image.digest=sha256:…

What stands after ``--`` is for ``helm upgrade``.  Pods are replaced one after the other.  From the first new
pod until ``--watch`` seconds after the last one, Prometheus is asked how fast the error budget burns.  The
revision before is restored if it burns too fast in two samples in a row, if helm or its test fails, or if
Prometheus stops answering.

With ``--canary SECONDS`` pods of the new API (``--canary-replicas``) first join those that are there, as a
release of their own, and are judged alone for so long.  If they burn the budget, they are taken away, and
nothing else was touched; else the release goes on as above.

The objectives: 99.9 % of requests without a 5xx answer; 95 % within 0.2 s.  A burn rate of 1 spends the
budget in exactly its period; 14.4 spends that of 30 days in 50 hours.

Exit codes: 0 released; 1 not released, or rolled back; 2 wrong usage; 3 going back failed.
It needs Python and helm, and no package.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALLOWED_ERRORS = 0.001  # share of requests
ALLOWED_SLOW = 0.05
SLOW_BOUND = "0.2"  # seconds: a bucket of http_request_duration_seconds
SILENT_SAMPLES = 8  # two minutes: pods of a first installation are found and scraped twice by then
REQUESTS = "http_request_duration_seconds"


@dataclass(frozen=True)
class Sample:
    """How fast each budget burns, and over how many requests; without requests the burns are 0."""

    requests: float
    errors: float
    slow: float


class NoAnswerError(Exception):
    """Prometheus cannot be asked, or does not know the metric."""


def queries(selector: str, window: str) -> Mapping[str, str]:
    """The PromQL of each figure.  A test of promtool holds their values."""
    every = f"sum(increase({REQUESTS}_count{{{selector}}}[{window}]))"
    failed = f'sum(increase({REQUESTS}_count{{{selector},status=~"5.."}}[{window}]))'
    quick = f'sum(increase({REQUESTS}_bucket{{{selector},le="{SLOW_BOUND}"}}[{window}]))'
    return {
        "requests": every,
        "errors": f"({failed} or vector(0)) / {every} / {ALLOWED_ERRORS}",
        "slow": f"(1 - {quick} / {every}) / {ALLOWED_SLOW}",
    }


class Prometheus:
    def __init__(self, url: str, selector: str, window: str) -> None:
        self._url = url.rstrip("/")
        self._queries = queries(selector, window)

    def sample(self) -> Sample:
        """Raises ``NoAnswerError``."""
        figures = {name: self._ask(query) for name, query in self._queries.items()}
        if figures["requests"] is None:
            raise NoAnswerError(f"it has no {REQUESTS} of these pods")
        clean = {
            name: value if value is not None and math.isfinite(value) else 0.0
            for name, value in figures.items()
        }
        return Sample(**clean)

    def _ask(self, query: str) -> float | None:
        address = f"{self._url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(address, timeout=10) as reply:  # noqa: S310 - the operator chose it
                result = json.load(reply)["data"]["result"]
                return float(result[0]["value"][1]) if result else None
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error


class Guard:
    """Judges samples: says why the release must end, once two in a row were bad."""

    def __init__(self, prometheus: Prometheus, limits: Mapping[str, float], least: float) -> None:
        self._prometheus, self._limits, self._least = prometheus, dict(limits), least
        self._bad = self._silent = 0
        self.most_requests = 0.0

    def accept(self, before: Sample) -> None:
        """A release that repairs may burn as fast as what was there before."""
        self._limits["errors"] = max(self._limits["errors"], before.errors)
        self._limits["slow"] = max(self._limits["slow"], before.slow)

    def breaks(self, sample: Sample) -> list[str]:
        if sample.requests < self._least:
            return []  # one failure of three requests says nothing
        return [
            f"{name} burn at {burn:.1f} (limit {self._limits[name]:.1f})"
            for name, burn in (("errors", sample.errors), ("slow", sample.slow))
            if burn > self._limits[name]
        ]

    def reason_to_end(self) -> str | None:
        try:
            sample = self._prometheus.sample()
        except NoAnswerError as error:
            self._silent += 1
            say(f"Prometheus: {error}")
            return "Prometheus does not answer" if self._silent >= SILENT_SAMPLES else None
        self._silent = 0
        self.most_requests = max(self.most_requests, sample.requests)
        found = self.breaks(sample)
        self._bad = self._bad + 1 if found else 0
        say(f"{sample.requests:.0f} requests; burns: errors {sample.errors:.1f}, slow {sample.slow:.1f}")
        return "; ".join(found) if self._bad >= 2 else None


class Helm:
    """helm, for one release and its canary."""

    def __init__(self, given: argparse.Namespace) -> None:
        program = shutil.which("helm")
        if program is None:
            raise SystemExit("helm is not installed")
        self._program, self._release, self._timeout = program, given.release, given.timeout
        self._place = ("--namespace", given.namespace)
        self._canary = f"{given.release}-canary"

    def good_revision(self) -> int | None:
        """The revision that is installed; None before the first installation."""
        asking = self._start("history", self._release, "--output", "json", piped=True)
        said, complaint = asking.communicate()
        if asking.returncode != 0:
            if b"not found" in complaint:
                return None
            raise SystemExit(f"helm history: {complaint.decode(errors='replace').strip()}")
        found = [each["revision"] for each in json.loads(said) if each["status"] == "deployed"]
        return int(found[-1]) if found else None

    def start_canary(self, chart: str, more: Sequence[str], replicas: int) -> subprocess.Popen[bytes]:
        of = ("--set", f"canary.of={self._release},canary.replicas={replicas}")
        wait = ("--wait", "--timeout", self._timeout)
        return self._start("upgrade", "--install", self._canary, chart, *wait, *more, *of)

    def end_canary(self) -> bool:
        wait = ("--ignore-not-found", "--wait", "--timeout", self._timeout)
        return self._start("uninstall", self._canary, *wait).wait() == 0

    def upgrade(self, chart: str, more: Sequence[str]) -> subprocess.Popen[bytes]:
        wait = ("--wait", "--wait-for-jobs", "--timeout", self._timeout)
        return self._start("upgrade", "--install", self._release, chart, *wait, *more)

    def test(self) -> bool:
        return self._start("test", self._release, "--logs").wait() == 0

    def rollback(self, revision: int) -> bool:
        wait = ("--wait", "--timeout", self._timeout)
        return self._start("rollback", self._release, str(revision), *wait).wait() == 0

    def _start(self, what: str, *arguments: str, piped: bool = False) -> subprocess.Popen[bytes]:
        command = [self._program, what, *self._place, *arguments]
        output = subprocess.PIPE if piped else None
        return subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - arguments of the operator


def say(text: str) -> None:
    print(text, flush=True)


def watched(upgrade: subprocess.Popen[bytes], guard: Guard | None, interval: float) -> str | None:
    """Wait for a helm that has begun.  Returns why the release must be undone, or None."""
    while True:
        try:
            return "helm upgrade failed" if upgrade.wait(timeout=interval) != 0 else None
        except subprocess.TimeoutExpired:
            if guard is not None and (reason := guard.reason_to_end()):
                upgrade.terminate()
                upgrade.wait()
                return reason


def judged(guard: Guard, seconds: float, given: argparse.Namespace) -> str | None:
    """Watch for so long.  Returns why the release must be undone, or None."""
    for _ in range(math.ceil(seconds / given.interval)):
        time.sleep(given.interval)
        if reason := guard.reason_to_end():
            return reason
    if guard.most_requests < given.must_see:
        return (
            f"at most {guard.most_requests:.0f} requests were seen, {given.must_see:.0f} are needed to judge"
        )
    return None


def release(helm: Helm, guard: Guard, given: argparse.Namespace, *, before: int | None) -> str | None:
    """Upgrade and watch.  Returns why the release must be undone, or None."""
    upgrade = helm.upgrade(given.chart, given.helm)
    if reason := watched(upgrade, guard if before is not None else None, given.interval):
        return reason
    if not helm.test():
        return "helm test failed"
    return judged(guard, given.watch, given)


def canary(helm: Helm, everybody: Guard, own: Guard, given: argparse.Namespace) -> str | None:
    """Let pods of the new API join, and watch them.  Returns why they must go, or None."""
    say(f"a canary: {given.canary_replicas} of the new API beside the others")
    start = helm.start_canary(given.chart, given.helm, given.canary_replicas)
    return watched(start, everybody, given.interval) or judged(own, given.canary, given)


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Release, watch the SLOs, roll back if they break.")
    parser.add_argument("--release", default="supportcarr")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--chart", default="deploy/helm/supportcarr")
    parser.add_argument("--prometheus", required=True, help="its URL")
    parser.add_argument("--timeout", default="15m", help="of helm upgrade and rollback")
    parser.add_argument("--watch", type=float, default=900, help="seconds after the last pod")
    parser.add_argument("--interval", type=float, default=15, help="seconds between two samples")
    parser.add_argument("--window", default="2m", help="of the rates")
    parser.add_argument("--errors", type=float, default=14.4, help="greatest burn rate of errors")
    parser.add_argument("--slow", type=float, default=6.0, help="greatest burn rate of slow requests")
    parser.add_argument("--least", type=float, default=20, help="requests in a window that can be judged")
    parser.add_argument(
        "--must-see", type=float, default=0, help="requests in a window without which it is rolled back"
    )
    parser.add_argument("--canary", type=float, default=0, help="seconds with a canary first; 0: none")
    parser.add_argument("--canary-replicas", type=int, default=1, help="pods of the canary")
    parser.add_argument(
        "--even-burning", action="store_true", help="release although the budget burns too fast already"
    )
    parser.add_argument("helm", nargs="*", help="after --: arguments of helm upgrade")
    return parser.parse_args(given)


def main(given: argparse.Namespace) -> int:
    helm = Helm(given)
    limits = {"errors": given.errors, "slow": given.slow}
    namespace = f'namespace="{given.namespace}"'
    prometheus = Prometheus(given.prometheus, namespace, given.window)
    guard = Guard(prometheus, limits, given.least)
    before = helm.good_revision()
    if before is not None:
        try:
            sample = prometheus.sample()
        except NoAnswerError as error:
            say(f"not released: Prometheus cannot be asked: {error}")
            return 1
        if (found := guard.breaks(sample)) and not given.even_burning:
            say(f"not released: before the release {'; '.join(found)} (--even-burning releases all the same)")
            return 1
        guard.accept(sample)
        if given.canary > 0:
            pods = f'{namespace},pod=~"{given.release}.*-api-canary-.*"'
            own = Guard(Prometheus(given.prometheus, pods, given.window), limits, given.least)
            own.accept(sample)
            if reason := canary(helm, guard, own, given):
                say(f"not released: the canary: {reason}")
                return 1 if without_canary(helm) else 3
    reason = release(helm, guard, given, before=before)
    gone = before is None or given.canary <= 0 or without_canary(helm)
    code = finish(helm, reason, before)
    return code if gone else 3


def without_canary(helm: Helm) -> bool:
    """Take the canary away.  Returns whether it is gone."""
    gone = helm.end_canary()
    said = "gone" if gone else "STILL THERE: helm uninstall failed; see docs/deploying.md, Going back"
    say(f"the canary is {said}")
    return gone


def finish(helm: Helm, reason: str | None, before: int | None) -> int:
    """Go back if there is a reason to.  Returns the exit code."""
    if reason is None:
        say("released")
        return 0
    if before is None:
        say(f"failed: {reason}; there is no revision to go back to")
        return 1
    say(f"rolling back to revision {before}: {reason}")
    if not helm.rollback(before):
        say("THE ROLLBACK FAILED: the cluster runs an unknown mixture; see docs/deploying.md, Going back")
        return 3
    say(f"rolled back to revision {before}: {reason}")
    return 1


if __name__ == "__main__":
    sys.exit(main(arguments(sys.argv[1:])))
