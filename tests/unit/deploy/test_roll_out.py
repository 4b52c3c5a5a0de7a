"""The release script upgrades, watches Prometheus, and goes back: helm and Prometheus do as told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from support.ports import free_port

SCRIPT = Path(__file__).parents[3] / "deploy" / "release" / "roll_out.py"
HELM = """#!/bin/sh
echo "$@" >> "$FOLDER/calls"
case $1 in
  history) [ -z "$NEW" ] || { echo "Error: release: not found" >&2; exit 1; }
           echo '[{"revision":6,"status":"superseded"},{"revision":7,"status":"deployed"}]' ;;
  upgrade) case "$*" in *canary.of*) set -- canary ;; esac
           [ -z "$HANGS" ] || exec sleep 60 ;;
esac
case " $FAILS " in *" $1 "*) exit 1 ;; esac
"""


@dataclass
class Figures:
    """What Prometheus says; *later* are the figures once helm was asked for what ``World.turns`` names."""

    requests: float | None = 1000.0
    errors: float = 0.0
    slow: float = 0.0
    later: Figures | None = None
    silent: bool = False


@dataclass
class World:
    folder: Path
    port: int
    figures: Figures = field(default_factory=Figures)
    canary: Figures = field(default_factory=Figures)
    turns: str = "test"  # so a slow start of helm is not yet a bad release
    samples: int = 0
    of_canary: int = 0

    def now(self) -> Figures:
        return self.figures.later if self.figures.later and self.turns in self.calls() else self.figures

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        query = parse_qs(urlsplit(target).query)["query"][0]
        errors, slow = "vector(0)" in query, "_bucket" in query
        if "canary" in query:
            self.of_canary += not errors and not slow
            now = self.canary
        else:
            self.samples += not errors and not slow
            now = self.now()
        value = now.errors if errors else now.slow if slow else now.requests
        result = [] if value is None else [{"metric": {}, "value": [0, str(value)]}]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
        status = b"503 Service Unavailable" if now.silent else b"200 OK"
        writer.write(
            b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)
        )
        writer.close()

    async def released(self, *more: str, **environment: str) -> tuple[int, str]:
        """The exit code and the output."""
        (self.folder / "calls").write_text("")
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                str(SCRIPT),
                "--namespace",
                "city",
                "--prometheus",
                f"http://127.0.0.1:{self.port}",
            ),
            *("--interval", "0.02", "--watch", "0.3", *more, "--", "--set", "image.digest=sha256:1"),
            env=os.environ
            | {"PATH": f"{self.folder}:{os.environ['PATH']}", "FOLDER": str(self.folder)}
            | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    def calls(self) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return ["canary" if "canary.of" in line else line.split()[0] for line in lines]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    helm = tmp_path / "helm"
    helm.write_text(HELM)
    helm.chmod(0o755)
    made = World(tmp_path, free_port())
    async with await asyncio.start_server(made.answer, "127.0.0.1", made.port):
        yield made


async def test_a_good_release_stays(world: World) -> None:
    code, said = await world.released()
    assert (code, world.calls()) == (0, ["history", "upgrade", "test"]), said
    upgrade = (world.folder / "calls").read_text().splitlines()[1]
    assert "--wait --wait-for-jobs" in upgrade
    assert upgrade.endswith("--set image.digest=sha256:1")


@pytest.mark.parametrize(
    "later",
    [Figures(errors=20.0), Figures(slow=8.0), Figures(silent=True), Figures(requests=None)],
    ids=["errors", "slow", "silent", "unknown"],
)
async def test_it_goes_back_when_the_objectives_break(world: World, later: Figures) -> None:
    world.figures = Figures(later=later)
    code, said = await world.released()
    assert (code, world.calls()) == (1, ["history", "upgrade", "test", "rollback"]), said
    assert "rollback --namespace city supportcarr 7 --wait" in (world.folder / "calls").read_text()


async def test_it_goes_back_in_the_middle_of_an_upgrade(world: World) -> None:
    world.figures, world.turns = Figures(later=Figures(errors=500.0)), "upgrade"
    code, said = await world.released(HANGS="1")
    assert (code, world.calls()) == (1, ["history", "upgrade", "rollback"]), said


async def test_one_bad_sample_or_few_requests_are_no_reason(world: World) -> None:
    real = world.now
    single: Callable[[], Figures] = lambda: Figures(errors=900.0) if world.samples == 3 else real()  # noqa: E731
    world.now = single  # type: ignore[method-assign]
    assert (await world.released())[0] == 0
    world.now = real  # type: ignore[method-assign]
    world.figures, world.samples = Figures(later=Figures(requests=3.0, errors=900.0)), 0
    assert (await world.released())[0] == 0


async def test_what_too_few_used_cannot_be_judged_if_that_is_asked_for(world: World) -> None:
    world.figures = Figures(requests=40.0)
    code, said = await world.released("--must-see", "100")
    assert (code, world.calls()[-1]) == (1, "rollback")
    assert "at most 40 requests were seen" in said


@pytest.mark.parametrize("fails", ["upgrade", "test"])
async def test_what_helm_refuses_is_undone(world: World, fails: str) -> None:
    code, said = await world.released(FAILS=fails)
    assert (code, world.calls()[-1]) == (1, "rollback")
    assert f"helm {fails} failed" in said


async def test_nothing_is_released_into_a_fire_unless_told_to(world: World) -> None:
    world.figures = Figures(errors=30.0)
    code, said = await world.released()
    assert (code, world.calls()) == (1, ["history"])
    assert "before the release errors burn at 30.0" in said
    world.samples = 0
    assert (await world.released("--even-burning"))[0] == 0
    world.figures, world.samples = Figures(errors=30.0, later=Figures(errors=40.0)), 0
    assert (await world.released("--even-burning"))[0] == 1, "worse than before"


async def test_without_prometheus_nothing_is_released(world: World) -> None:
    world.figures = Figures(silent=True)
    assert (await world.released())[0] == 1
    assert world.calls() == ["history"]


async def test_a_first_installation_has_nothing_to_go_back_to(world: World) -> None:
    world.figures = Figures(requests=None, later=Figures())
    assert (await world.released(NEW="1"))[0] == 0
    code, said = await world.released(NEW="1", FAILS="upgrade")
    assert (code, "rollback" in world.calls()) == (1, False)
    assert "no revision to go back to" in said


async def test_a_failed_rollback_has_a_code_of_its_own(world: World) -> None:
    code, said = await world.released(FAILS="upgrade rollback")
    assert code == 3
    assert "THE ROLLBACK FAILED" in said


CANARY = ("--canary", "0.2")


async def test_a_canary_that_does_well_becomes_the_release(world: World) -> None:
    code, said = await world.released(*CANARY, "--canary-replicas", "2")
    assert (code, world.calls()) == (0, ["history", "canary", "upgrade", "test", "uninstall"]), said
    _, canary, upgrade, _, uninstall = (world.folder / "calls").read_text().splitlines()
    assert canary.startswith("upgrade --namespace city --install supportcarr-canary ")
    assert canary.endswith("--set image.digest=sha256:1 --set canary.of=supportcarr,canary.replicas=2")
    assert "canary" not in upgrade
    assert uninstall.startswith("uninstall --namespace city supportcarr-canary --ignore-not-found --wait")
    assert world.of_canary > 0


@pytest.mark.parametrize(
    ("canary", "why"),
    [
        (Figures(errors=20.0), "errors burn at 20.0"),
        (Figures(slow=8.0), "slow burn at 8.0"),
        (Figures(requests=None), "Prometheus does not answer"),
    ],
    ids=["errors", "slow", "nobody asked it"],
)
async def test_a_canary_that_burns_the_budget_goes_and_nothing_else_changes(
    world: World, canary: Figures, why: str
) -> None:
    world.canary = canary
    code, said = await world.released(*CANARY)
    assert (code, world.calls()) == (1, ["history", "canary", "uninstall"]), said
    assert f"not released: the canary: {why}" in said
    assert "the canary is gone" in said


async def test_a_canary_that_does_not_start_goes(world: World) -> None:
    code, said = await world.released(*CANARY, FAILS="canary")
    assert (code, world.calls()) == (1, ["history", "canary", "uninstall"]), said
    assert "helm upgrade failed" in said


async def test_a_canary_goes_when_everybody_suffers_while_it_starts(world: World) -> None:
    world.figures, world.turns = Figures(later=Figures(errors=500.0)), "canary"
    code, said = await world.released(*CANARY, HANGS="1")
    assert (code, world.calls()) == (1, ["history", "canary", "uninstall"]), said


async def test_too_few_requests_do_not_judge_a_canary(world: World) -> None:
    world.canary = Figures(requests=40.0)
    code, said = await world.released(*CANARY, "--must-see", "100")
    assert (code, world.calls()[-1]) == (1, "uninstall")
    assert "at most 40 requests were seen" in said


async def test_a_release_that_fails_after_its_canary_is_undone_whole(world: World) -> None:
    code, said = await world.released(*CANARY, FAILS="test")
    assert (code, world.calls()) == (
        1, ["history", "canary", "upgrade", "test", "uninstall", "rollback"],
    ), said  # fmt: skip


async def test_a_canary_that_cannot_be_taken_away_has_a_code_of_its_own(world: World) -> None:
    code, said = await world.released(*CANARY, FAILS="uninstall")
    assert code == 3
    assert "the canary is STILL THERE" in said
    world.canary = Figures(errors=20.0)
    assert (await world.released(*CANARY, FAILS="uninstall"))[0] == 3


async def test_a_first_installation_has_no_canary(world: World) -> None:
    code, said = await world.released(*CANARY, NEW="1")
    assert (code, world.calls()) == (0, ["history", "upgrade", "test"]), said
