"""The nginx configuration in ``deploy/nginx`` is valid, and speaks TLS 1.3 only."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from support.http.certificates import self_signed
from support.ports import free_port

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "nginx" / "supportcarr.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@pytest.fixture
def nginx(tmp_path: Path) -> tuple[Path, int, int]:
    """A main configuration around ours, for an ordinary user: its file, and the ports for TLS and the API."""
    certificate = self_signed(tmp_path)
    secure, plain, api = free_port(), free_port(), free_port()
    ours = CONFIGURATION.read_text()
    for written, here in (
        ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        ("listen [::]:443 ssl http2;", ""),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", ""),
        ("/etc/ssl/supportcarr/fullchain.pem", str(certificate.certificate)),
        ("/etc/ssl/supportcarr/key.pem", str(certificate.key)),
        ("/var/log/nginx/supportcarr.log", str(tmp_path / "access.log")),
        ("127.0.0.1:8000", f"127.0.0.1:{api}"),
    ):
        assert written in ours, written
        ours = ours.replace(written, here)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n".join(f"{kind}_temp_path {tmp_path / kind};" for kind in kinds)
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path / 'pid'};\ndaemon off;\nmaster_process off;\nerror_log {tmp_path / 'error.log'};\n"
        f"events {{}}\nhttp {{\n{folders}\n{ours}\n}}\n"
    )
    return main, secure, api


def test_it_is_valid(nginx: tuple[Path, int, int]) -> None:
    assert NGINX is not None
    done = subprocess.run([NGINX, "-t", "-c", nginx[0]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_it_speaks_tls_1_3_only_and_names_the_client_itself(
    nginx: tuple[Path, int, int], tmp_path: Path
) -> None:
    assert NGINX is not None
    configuration, port, api = nginx
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    trusted = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
    process = await asyncio.create_subprocess_exec(NGINX, "-c", str(configuration))
    try:
        async with asyncio.timeout(60), await asyncio.start_server(answer, "127.0.0.1", api):
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusted)
                    break
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)
            assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
            writer.write(
                b"GET /api/v1/clock?token=SECRET HTTP/1.1\r\nhost: supportcarr.example\r\n"
                b"x-forwarded-for: 6.6.6.6\r\nconnection: close\r\n\r\n"
            )
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            assert heads[0].lower().count(b"x-forwarded-for: ") == 1
            assert b"x-forwarded-for: 127.0.0.1\r\n" in heads[0].lower()
            assert b"host: supportcarr.example\r\n" in heads[0].lower()
            old = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", port, ssl=old)
    finally:
        process.terminate()
        await process.wait()
    assert "SECRET" not in (tmp_path / "access.log").read_text()
