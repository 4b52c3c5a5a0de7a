"""The container leaves out nothing that a part declares."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

import supportcarr
from supportcarr.bootstrap.commands import container_without_servers
from supportcarr.bootstrap.container import Container

ROOT = Path(supportcarr.__file__).parent
ELSEWHERE = {
    "supportcarr.gateway.system_routes",  # the edge adds its own
    "supportcarr.bootstrap.parts.auth_routes",  # declares none itself
}


@pytest.fixture
async def container() -> Container:
    return container_without_servers()


def modules(pattern: str) -> set[str]:
    """The modules of the product whose files match."""
    files = (path.relative_to(ROOT).with_suffix("") for path in ROOT.glob(pattern))
    return {".".join(("supportcarr", *path.parts)) for path in files}


def parts_of(modules: Iterable[str]) -> set[str]:
    """The packages of our modules."""
    return {module.split(".")[1] for module in modules if module.startswith("supportcarr.")}


async def test_the_routes_of_every_module_are_there(container: Container) -> None:
    declared = {route.handler.__module__ for route in container.routes()}
    assert declared == modules("**/*routes.py") - ELSEWHERE


async def test_the_consumers_of_every_part_are_there(container: Container) -> None:
    handling = parts_of(consumer.handle.__module__ for consumer in container.consumers())
    assert parts_of(modules("*/handlers.py")) == handling


async def test_the_work_of_every_part_is_there(container: Container) -> None:
    doing = [
        *(deadline.fire.__module__ for deadline in container.deadlines()),
        *(task.run.__module__ for task in container.periodic_tasks()),
        *(handler.handle.__module__ for handler in container.job_handlers()),
    ]
    assert parts_of(modules("*/jobs.py")) <= parts_of(doing)


async def test_the_personal_data_of_every_part_is_exported_and_erased(container: Container) -> None:
    assert {type(data).__module__ for data in container.deletions.parts} == modules("**/personal_data.py")
