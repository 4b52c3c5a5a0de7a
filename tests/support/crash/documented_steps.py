"""The lists of steps in ``docs/crashes.md``: read for the tests, which hold them to what really happens,
and written anew by ``scripts/crash-steps`` (``python -m support.crash.documented_steps``).
"""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from support.crash.fork_server import Zygote
from support.crash.runs import Runs, switched_emulator
from support.crash.scenario import Scenario
from support.crash.scenarios import SCENARIOS
from support.crash.steps import Step
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

PAGE = Path(__file__).resolve().parents[3] / "docs" / "crashes.md"
BEGIN = (
    "<!-- Generated from here on by scripts/crash-steps, checked by tests/chaos/test_crash_every_step.py. -->"
)

_SCENARIO = re.compile(r"### (?P<name>.+)")
_STEP = re.compile(r"\d+\. (?P<whose>.+?) · (?P<what>.+)")


def declared(page: Path = PAGE) -> dict[str, list[Step]]:
    """The steps of each scenario, as the page has them."""
    lists: dict[str, list[Step]] = {}
    steps: list[Step] = []
    for line in page.read_text().partition(BEGIN)[2].splitlines():
        if scenario := _SCENARIO.fullmatch(line):
            steps = lists[scenario["name"]] = []
        elif step := _STEP.fullmatch(line):
            steps.append(Step(step["whose"], step["what"]))
    return lists


def written(lists: Mapping[str, Sequence[Step]]) -> str:
    """The part of the page below ``BEGIN``."""
    total = sum(len(steps) for steps in lists.values())
    lines = [BEGIN, "", f"## The steps: {total}, in {len(lists)} scenarios", ""]
    for name, steps in lists.items():
        lines += [f"### {name}", ""]
        lines += [f"{n}. {step.whose} · {step.what}" for n, step in enumerate(steps, 1)]
        lines.append("")
    return "\n".join(lines)


def read_names(kind: str, lists: Mapping[str, Sequence[Step]]) -> set[str]:
    """Names of the consumers (jobs, deadlines, tickers) whose steps are in the lists."""
    return {
        step.whose.removeprefix(f"{kind} ")
        for steps in lists.values()
        for step in steps
        if step.whose.startswith(f"{kind} ")
    }


async def _record(scenarios: Sequence[Scenario]) -> dict[str, list[Step]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = EmbeddedRedis(folder / "redis")
        server.start()
        zygote = Zygote()
        try:
            async with RedisClient(server.url) as redis, switched_emulator() as emulator:
                return {
                    scenario.name: await Runs(
                        scenario, folder, zygote=zygote, emulator=emulator, redis=redis, redis_url=server.url
                    ).steps()
                    for scenario in scenarios
                }
        finally:
            zygote.end()
            server.stop()


def main() -> None:
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    lists = asyncio.run(_record(list(SCENARIOS.values())))
    head = PAGE.read_text().partition(BEGIN)[0]
    PAGE.write_text(head + written(lists))


if __name__ == "__main__":
    main()
