"""Where files are kept: in S3 if a bucket is set, on this machine otherwise."""

from __future__ import annotations

from pathlib import Path

from supportcarr.bootstrap.settings import Settings
from supportcarr.gateway.endpoint import API
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.runtime.clock import Clock
from supportcarr.providers.s3 import S3Objects

FOLDER = "objects"  # in the data folder


def objects_of(settings: Settings, clock: Clock) -> LocalObjects | S3Objects:
    """The adapter that the settings name."""
    if settings.s3.bucket:
        return S3Objects(settings.s3)
    folder = Path(settings.deployment.data) / FOLDER
    url = settings.deployment.public_url.rstrip("/") + API
    return LocalObjects(folder, url, settings.auth.lookup_secret, clock)


def browser_origins(objects: LocalObjects | S3Objects) -> list[str]:
    """The origins beside our own that browsers upload to and load files from."""
    return [objects.origin] if isinstance(objects, S3Objects) else []
