"""Scenarios of files: an upload, its completion and processing, and the end of what nobody uses."""

from __future__ import annotations

import os
from typing import Any

from support.crash.life import ok
from support.crash.scenario import (
    Findings,
    Scenario,
    advance,
    find_all,
    no_preparation,
    periodic_task,
    problems,
    run_jobs,
    run_relay,
)
from support.crash.world import ApiResponse, World
from support.files.uploads import JPEG, multipart
from supportcarr.files.collections import FILES
from supportcarr.files.model import StoredFile, key_of

LONGER_THAN_UNUSED_S = 25 * 3_600.0
UNKNOWN = "fil_01jdc0000000000000000000r0"


async def _begin(world: World) -> ApiResponse:
    body = {"purpose": "driver_document", "content_type": "image/jpeg", "size": len(JPEG)}
    return await world.request(world.people.near, "POST", "/me/uploads", body, key="upload-1")


async def _post(world: World) -> ApiResponse:
    form = ok(await _begin(world))["upload"]
    media_type, body = multipart(form["fields"], JPEG)
    return await world.request(None, "POST", "/uploads", body, headers={"content-type": media_type})


async def _complete(world: World) -> ApiResponse:
    [file] = await find_all(world, FILES)
    return await world.request(world.people.near, "POST", f"/me/uploads/{file.id}/completion")


async def _uploaded(world: World) -> None:
    ok(await _post(world))


async def _ready(world: World) -> None:
    await _uploaded(world)
    ok(await _complete(world))
    await world.settle()


async def _objects(world: World) -> set[str]:
    return {info.key for info in await world.container.objects.list_objects("files/")}


def _expected(file: StoredFile) -> set[str]:
    """The keys of the objects that a file in that state has."""
    names: tuple[Any, ...] = ("upload",) if file.state == "awaiting_upload" else file.objects
    return {key_of(file.id, name) for name in names}


async def _one_upload(world: World) -> Findings:
    files = await find_all(world, FILES)
    return problems((len(files) == 1, f"{len(files)} files of one request"))


async def _uploaded_once(world: World) -> Findings:
    files = await find_all(world, FILES)
    kept = await _objects(world)
    return [
        *await _one_upload(world),
        *problems((kept == set().union(*map(_expected, files)), f"the objects are {kept}")),
    ]


async def _one_ready_file(world: World) -> Findings:
    async def is_done() -> bool:  # a job whose worker died runs again after a while
        ready = await find_all(world, FILES, state="ready")
        return bool(ready) and await _objects(world) == set().union(*map(_expected, ready))

    await world.until(is_done, 60)
    files = await find_all(world, FILES)
    kept = await _objects(world)
    return problems(
        ([file.state for file in files] == ["ready"], f"the files are {files}"),
        (kept == set().union(*map(_expected, files)), f"the objects are {kept}"),
    )


async def _nothing_left(world: World) -> Findings:
    await world.run_periodic_task("files.collect")
    files, kept = await find_all(world, FILES), await _objects(world)
    return problems((not files, f"the files are {files}"), (not kept, f"the objects are {kept}"))


async def _unused_for_a_day(world: World) -> None:
    await _ready(world)
    await advance(LONGER_THAN_UNUSED_S)(world)


async def _an_unknown_object(world: World) -> None:
    key = key_of(UNKNOWN, "clean")
    await world.container.objects.put(key, JPEG, "image/jpeg")
    os.utime(world.deployment.path / "objects" / key, (0, 0))  # the world's clock is not the machine's
    await advance(LONGER_THAN_UNUSED_S)(world)


async def _no_object(world: World) -> Findings:
    await world.run_periodic_task("files.sweep_objects")
    kept = await _objects(world)
    return problems((not kept, f"the objects are {kept}"))


FILES_SCENARIOS = (
    Scenario(name="beginning an upload", prepare=no_preparation, request=_begin, effect=_one_upload),
    Scenario(name="uploading a file", prepare=_begin, request=_post, effect=_uploaded_once),
    Scenario(
        name="completing an upload",
        prepare=_uploaded,
        request=_complete,
        background=(run_relay, run_jobs),
        effect=_one_ready_file,
    ),
    Scenario(
        name="a file that nobody uses",
        prepare=_unused_for_a_day,
        background=(periodic_task("files.collect"),),
        effect=_nothing_left,
    ),
    Scenario(
        name="an object without a document",
        prepare=_an_unknown_object,
        background=(periodic_task("files.sweep_objects"),),
        effect=_no_object,
    ),
)
