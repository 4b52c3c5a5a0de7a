"""The lists of steps in ``docs/crashes.md``: read by the tests, which compare them with the recorded steps,
and rewritten by ``scripts/crash-steps`` (``python -m support.crash.documented_steps``).
"""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from support.crash.fork_server import ForkServer
from support.crash.runner import ScenarioRunner, reloadable_emulator
from support.crash.scenario import Scenario
from support.crash.scenarios import SCENARIOS
from support.crash.steps import Step
from support.ports import free_port
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

PAGE = Path(__file__).resolve().parents[3] / "docs" / "crashes.md"
BEGIN = (
    "<!-- Generated from here on by scripts/crash-steps, checked by tests/chaos/test_crash_every_step.py. -->"
)

_SCENARIO = re.compile(r"### (?P<name>.+)")
_STEP = re.compile(r"\d+\. (?P<performed_by>.+?) · (?P<what>.+)")


def read_page(page: Path = PAGE) -> dict[str, list[Step]]:
    """The steps of each scenario, as the page lists them."""
    lists: dict[str, list[Step]] = {}
    steps: list[Step] = []
    for line in page.read_text().partition(BEGIN)[2].splitlines():
        if scenario := _SCENARIO.fullmatch(line):
            steps = lists[scenario["name"]] = []
        elif step := _STEP.fullmatch(line):
            steps.append(Step(step["performed_by"], step["what"]))
    return lists


def render(lists: Mapping[str, Sequence[Step]]) -> str:
    """The part of the page below ``BEGIN``."""
    total = sum(len(steps) for steps in lists.values())
    lines = [BEGIN, "", f"## The steps: {total}, in {len(lists)} scenarios", ""]
    for name, steps in lists.items():
        lines += [f"### {name}", ""]
        lines += [f"{n}. {step.performed_by} · {step.what}" for n, step in enumerate(steps, 1)]
        lines.append("")
    return "\n".join(lines)


def names_of_kind(kind: str, lists: Mapping[str, Sequence[Step]]) -> set[str]:
    """Names of the consumers (jobs, deadlines, periodic tasks) that perform steps in the lists."""
    return {
        step.performed_by.removeprefix(f"{kind} ")
        for steps in lists.values()
        for step in steps
        if step.performed_by.startswith(f"{kind} ")
    }


async def _record(scenarios: Sequence[Scenario]) -> dict[str, list[Step]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = EmbeddedRedis(folder / "redis", port=free_port())
        server.start()
        fork_server = ForkServer()
        try:
            async with RedisClient(server.url) as redis, reloadable_emulator() as emulator:
                return {
                    scenario.name: await ScenarioRunner(
                        scenario,
                        folder,
                        fork_server=fork_server,
                        emulator=emulator,
                        redis=redis,
                        redis_url=server.url,
                    ).steps()
                    for scenario in scenarios
                }
        finally:
            fork_server.end()
            server.stop()


def main() -> None:
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    lists = asyncio.run(_record(list(SCENARIOS.values())))
    head = PAGE.read_text().partition(BEGIN)[0]
    PAGE.write_text(head + render(lists))


if __name__ == "__main__":
    main()
