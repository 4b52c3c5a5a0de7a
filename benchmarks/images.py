"""``GET /me`` beside 20 uploads of photos at once.  Writes ``benchmarks/results/images.json``.

``python benchmarks/images.py [--seconds S]``: makes a photo of 12 megapixels, and its copies a few times in
a process of the pool, of which it samples the memory.  Then wrk asks ``GET /me`` at an even rate, first
alone, then while 20 people upload that photo at the same time; the worker makes the copies.  The bars:
a process of the pool has at most 150 MB (PSS), no ``GET /me`` is refused, its p95 is at most twice its
idle value in the same run, and all 20 thumbnails are ready before the measurement ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image
from rig import cpu, scenarios
from rig.city import City
from rig.city import build as build_city
from rig.demo import proportional_set_size
from rig.load import need_wrk
from rig.measure import RESULTS, machine, quantile, scratch
from rig.paced import figures_of, output, start, wrk
from rig.seed import seed_ours, tokens_of
from rig.servers import Ours
from rig.tables import verdict

from supportcarr.kit.images.pool import ImagePool

UPLOADS = 20
RATE = 500  # GET /me, requests a second
CONNECTIONS = 64
WIDTH, HEIGHT = 4000, 3000
TURNED = 6  # the orientation of a photo that was taken upright
ORIENTATION = 0x0112  # the tag of EXIF
IMAGES = 5  # made one after the other, of which the median is shown
SAMPLE_S = 0.005
LEAD_S = 3.0  # before the measurement begins
POLL_S = 0.5
MOST_MB, MOST_SLOWER = 150.0, 2.0
MB = 1_000_000


def photo() -> bytes:
    """A JPEG of 12 megapixels with as much detail as a photo has: about 3 MB, turned by its orientation."""
    noise = Image.effect_noise((WIDTH // 8, HEIGHT // 8), 60).convert("RGB")
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    data = io.BytesIO()
    noise.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(data, "JPEG", quality=92, exif=exif)
    return data.getvalue()


async def of_process(data: bytes) -> dict[str, Any]:
    """Seconds for the copies of one image, and the highest memory of the process that makes them."""
    pool = ImagePool(1)
    times: list[float] = []
    highest = 0
    ended = asyncio.Event()

    async def sample() -> None:
        nonlocal highest
        while not ended.is_set():
            for pid in pool.processes():
                with contextlib.suppress(OSError):
                    highest = max(highest, await asyncio.to_thread(proportional_set_size, pid))
            await asyncio.sleep(SAMPLE_S)

    sampling = asyncio.create_task(sample())
    try:
        await pool.derive(data, "image/jpeg")  # starts it
        for _ in range(IMAGES):
            began = time.perf_counter()
            await pool.derive(data, "image/jpeg")
            times.append(time.perf_counter() - began)
    finally:
        ended.set()
        await sampling
        await pool.close()
    return {"seconds": round(statistics.median(times), 2), "pss_mb": round(highest / MB, 1)}


class People:
    """People who upload the photo, each once, and wait until its thumbnail is ready."""

    def __init__(self, base: str, city: City, tokens: dict[str, str], http: aiohttp.ClientSession) -> None:
        self._base = f"{base}/api/v1"
        self._city = city
        self._tokens = tokens
        self._http = http
        self.ready_after: list[float] = []

    async def _ask(self, method: str, path: str, person: str, body: Any = None) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._tokens[person]}",
            "X-Forwarded-For": self._city.addresses[person],
        }
        async with self._http.request(method, self._base + path, json=body, headers=headers) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
            if not answer.ok:
                raise SystemExit(f"{method} {path}: {answer.status} {found}")
            return found

    async def _upload(self, person: str, data: bytes) -> None:
        began = time.monotonic()
        wanted = {"purpose": "bike_photo", "content_type": "image/jpeg", "size": len(data)}
        file = await self._ask("POST", "/me/uploads", person, wanted)
        form = aiohttp.FormData()
        for name, value in file["upload"]["fields"].items():
            form.add_field(name, value)
        form.add_field("file", data, filename="photo.jpg", content_type="image/jpeg")
        address = {"X-Forwarded-For": self._city.addresses[person]}
        async with self._http.post(file["upload"]["url"], data=form, headers=address) as answer:
            if not answer.ok:
                raise SystemExit(f"The upload: {answer.status} {await answer.text()}")
        path = f"/me/uploads/{file['id']}"
        state = await self._ask("POST", f"{path}/completion", person)
        while state["state"] == "processing":
            await asyncio.sleep(POLL_S)
            state = await self._ask("GET", path, person)
        if not state.get("thumbnail_url"):
            raise SystemExit(f"The photo was not taken: {state}")
        self.ready_after.append(time.monotonic() - began)

    async def upload(self, data: bytes) -> None:
        async with asyncio.TaskGroup() as group:
            for rider in self._city.riders[:UPLOADS]:
                group.create_task(self._upload(rider.id, data))


async def ask_me(server: Ours, file: Path, seconds: float) -> dict[str, Any]:
    """``GET /me`` at ``RATE``: what wrk says."""
    offset = str(int(await server.city_offset_seconds()))
    command = wrk("paced.lua", server, file, CONNECTIONS, seconds, offset, str(RATE))
    return figures_of(await output(await start(command)))


async def run(folder: Path, seconds: float) -> dict[str, Any]:
    data = photo()
    alone = await of_process(data)
    server = Ours(folder / "supportcarr", worker=True)
    city = await seed_ours(server.settings, build_city)
    file = folder / "me.requests"
    tokens = tokens_of(server.settings.auth, city)
    scenarios.write(file, scenarios.requests_of("me", city), city, tokens)
    try:
        await server.start()
        await ask_me(server, file, LEAD_S)
        idle = await ask_me(server, file, seconds)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            people = People(f"http://127.0.0.1:{server.port}", city, tokens, http)
            before = cpu.of_all(server.pids())
            uploading = asyncio.create_task(people.upload(data))
            began = time.monotonic()
            busy = await ask_me(server, file, seconds)
            measured_s = time.monotonic() - began
            after = cpu.of_all(server.pids())
            ready_in_time = len(people.ready_after)
            await uploading  # raises what went wrong
    finally:
        await server.stop()
    times = sorted(people.ready_after)
    refused = busy["refused"] + busy["broken"] + busy["timeouts"]
    slower = busy["p95_ms"] / idle["p95_ms"]
    bars = {
        f"PSS of a process: {alone['pss_mb']:.0f} MB (bar: at most {MOST_MB:g})": alone["pss_mb"] <= MOST_MB,
        f"GET /me refused: {refused} (bar: none)": refused == 0,
        f"its p95 beside idle: {slower:.2f} (bar: at most {MOST_SLOWER:g})": slower <= MOST_SLOWER,
        f"thumbnails ready in time: {ready_in_time} (bar: {UPLOADS})": ready_in_time == UPLOADS,
    }
    return {
        "photo": {"megapixels": WIDTH * HEIGHT / 1e6, "bytes": len(data)},
        "alone": alone,
        "cores_used": round((sum(after.values()) - sum(before.values())) / measured_s, 2),
        "me": {"idle": idle, "busy": busy, "refused": refused, "slower": round(slower, 2)},
        "uploads": {
            "ready_in_time": ready_in_time,
            "p50_s": round(quantile(times, 0.5), 1),
            "last_s": round(times[-1], 1),
        },
        "bars": bars,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each of the two measurements")
    options = parser.parse_args()
    need_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    told = machine()
    with scratch() as folder:
        found = asyncio.run(run(folder, options.seconds))
    alone, uploads = found["alone"], found["uploads"]
    print(
        f"A photo of {found['photo']['megapixels']:g} megapixels, {found['photo']['bytes'] / MB:.1f} MB: "
        f"{alone['seconds']} s for its copies, {alone['pss_mb']} MB (PSS) at most; "
        f"the servers used {found['cores_used']} cores without the processes of images."
    )
    for name in ("idle", "busy"):
        said = " ".join(
            f"{share} {found['me'][name][f'{share}_ms']:.1f} ms" for share in ("p50", "p95", "p99")
        )
        print(f"GET /me, {name}: {said}")
    print(f"{UPLOADS} uploads at once: ready after p50 {uploads['p50_s']} s, the last {uploads['last_s']} s")
    for bar, met in found["bars"].items():
        print(f"{bar}: {verdict(met)}")
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": told, "seconds": options.seconds, "rate": RATE, "uploads_at_once": UPLOADS} | found
    (RESULTS / "images.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
