"""nginx with the edge's configuration (deploy/nginx), as an ordinary user on ports of its own.

    async with running_edge(tmp_path, api=[url], realtime=[url, url]) as edge:
        async with edge.session.get("/api/v1/clock") as response: ...

The apps are small stand-ins.  The certificate is made for the test and names localhost.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from support.http.certificates import Certificate, self_signed
from support.ports import free_port
from supportcarr.bootstrap.pages import nginx_page_headers
from supportcarr.bootstrap.settings import load_settings
from supportcarr.bootstrap.web_apps import APPS

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "deploy" / "nginx" / "edge.conf.template"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
START_S = 90.0
NOTHING: Mapping[str, str] = {}
ASSET = "let x = 1;\n" * 500


@dataclass(frozen=True, slots=True)
class Edge:
    """A running nginx.  ``session`` has its address as the base URL and trusts its certificate."""

    port: int
    plain_port: int
    health_port: int
    certificate: Certificate
    session: aiohttp.ClientSession
    folder: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()


def filled(template: str, values: Mapping[str, str]) -> str:
    """What ``envsubst`` makes of it.  Raises ``KeyError`` for a variable without a value."""
    return re.sub(r"\$\{(EDGE_[A-Z_]+)\}", lambda found: values[found[1]], template)


def configuration(
    folder: Path,
    certificate: Certificate,
    *,
    api: Sequence[str],
    realtime: Sequence[str],
    changes: Mapping[str, str] = NOTHING,
    **values: str,
) -> tuple[Path, dict[str, str]]:
    """A configuration for these upstream servers, and the values that it was made with.

    *changes* replace what is written there, such as a limit that a test would wait for.
    """
    headers = folder / "page-headers.conf"
    environment = {"SUPPORTCARR_DATA": str(folder / "data"), "SUPPORTCARR_PUBLIC_URL": "https://localhost"}
    settings = load_settings(environment, dotenv=None, keep_secrets=False)
    headers.write_text("\n".join(nginx_page_headers(settings)))
    given = {
        "EDGE_HOST": "localhost",
        "EDGE_LISTEN": f"127.0.0.1:{free_port()}",
        "EDGE_LISTEN_PLAIN": f"127.0.0.1:{free_port()}",
        "EDGE_LISTEN_HEALTH": f"127.0.0.1:{free_port()}",
        "EDGE_CERTIFICATE": str(certificate.certificate),
        "EDGE_KEY": str(certificate.key),
        "EDGE_API_SERVERS": _servers(api),
        "EDGE_REALTIME_SERVERS": _servers(realtime),
        "EDGE_UPSTREAM_SCHEME": "http",
        "EDGE_UPSTREAM_CA": str(certificate.certificate),
        "EDGE_UPSTREAM_NAME": "localhost",
        "EDGE_REAL_IP": "",
        "EDGE_WEB": str(folder / "web"),
        "EDGE_PAGE_HEADERS": str(headers),
        "EDGE_RUN": str(folder),
        "EDGE_LOG": str(folder / "access.log"),
        "EDGE_ERROR_LOG": str(folder / "error.log"),
    } | values
    text = filled(TEMPLATE.read_text(), given)
    for written, instead in changes.items():
        assert written in text, written
        text = text.replace(written, instead)
    path = folder / "edge.conf"
    path.write_text(text)
    for app in APPS.values():
        assets = folder / "web" / app / "assets"
        assets.mkdir(parents=True, exist_ok=True)
        (assets / "main-1a2b.js").write_text(ASSET)
        (folder / "web" / app / "index.html").write_text(f"<!doctype html><title>{app}</title>")
    (folder / "web" / "rider" / "manifest.webmanifest").write_text("{}")
    (folder / "web" / "rider" / "sw.js").write_text(ASSET)
    return path, given


def _servers(urls: Sequence[str]) -> str:
    return " ".join(f"server {urlsplit(url).netloc} max_fails=0;" for url in urls)


def complaint(path: Path) -> str:
    """What nginx says of a configuration; empty if it is valid."""
    assert NGINX is not None
    tested = subprocess.run(
        [NGINX, "-t", "-e", "stderr", "-c", path], capture_output=True, text=True, check=False
    )
    return "" if tested.returncode == 0 else tested.stderr


@asynccontextmanager
async def running_edge(
    folder: Path,
    *,
    api: Sequence[str],
    realtime: Sequence[str],
    changes: Mapping[str, str] = NOTHING,
    **values: str,
) -> AsyncIterator[Edge]:
    """Run nginx; ended at the end."""
    assert NGINX is not None
    certificate = self_signed(folder)
    path, given = configuration(folder, certificate, api=api, realtime=realtime, changes=changes, **values)
    port, plain, health = (
        int(given[name].split()[0].rpartition(":")[2])
        for name in ("EDGE_LISTEN", "EDGE_LISTEN_PLAIN", "EDGE_LISTEN_HEALTH")
    )
    # As root nginx would give its workers to another user, who cannot read the test's folder.
    globals_ = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    process = await asyncio.create_subprocess_exec(
        NGINX, "-e", str(folder / "error.log"), "-c", str(path), "-g", globals_, cwd=folder
    )
    connector = aiohttp.TCPConnector(ssl=certificate.client())
    try:
        await _until_listening(process, health, folder / "error.log")
        async with aiohttp.ClientSession(f"https://localhost:{port}", connector=connector) as session:
            yield Edge(port, plain, health, certificate, session, folder)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _until_listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(START_S):
        while True:
            assert process.returncode is None, log.read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


async def handshake(edge: Edge, *, newest: ssl.TLSVersion, protocols: Sequence[str] = ()) -> tuple[str, str]:
    """The TLS version and the protocol (ALPN) that are agreed on.  Raises ``ssl.SSLError``."""
    context = edge.certificate.client(newest=newest)
    context.set_alpn_protocols(list(protocols))
    _, writer = await asyncio.open_connection("localhost", edge.port, ssl=context)
    secured: ssl.SSLObject = writer.get_extra_info("ssl_object")
    agreed = secured.version() or "", secured.selected_alpn_protocol() or ""
    writer.close()
    return agreed
