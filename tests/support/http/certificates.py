"""A self-signed certificate for tests."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from supportcarr.kit.http.settings import TlsSettings


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate for localhost and 127.0.0.1."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> TlsSettings:
        return TlsSettings(certificate=str(self.certificate), key=str(self.key))

    def client(self, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        """A client that trusts it and speaks TLS up to that version."""
        context = ssl.create_default_context(cafile=self.certificate)
        context.maximum_version = newest
        return context


def self_signed(folder: Path) -> Certificate:
    """Make one, valid for a day, by the command ``openssl``."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made
