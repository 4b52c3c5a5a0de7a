"""Links to files: the same for the same file, so that a browser loads it once, and valid long enough."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supportcarr.files.links import Links
from supportcarr.files.model import StoredFile
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.objects.port import UploadRefused
from supportcarr.kit.objects.tokens import LinkPolicy, verify
from supportcarr.kit.runtime.clock import Clock

SECRET = "a secret of the tests"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
FILE = StoredFile(
    id="fil_01jdc0000000000000000000r0",
    owner_id="usr_a",
    purpose="bike_photo",
    state="ready",
    content_type="image/jpeg",
    size=1000,
    created_at=NOON,
    shown_type="image/webp",
    objects=("clean", "thumbnail"),
)


@pytest.fixture
def links() -> Links:
    objects = LocalObjects(Path(tempfile.gettempdir()), "http://127.0.0.1/api/v1", SECRET, Clock())
    return Links(objects, seconds=300)


def expiry(link: str | None, at: datetime) -> float:
    assert link is not None
    return verify(SECRET, link.partition("link=")[2], LinkPolicy, at.timestamp()).expires


def test_a_file_has_one_link_for_half_of_its_time(links: Links) -> None:
    first = links.of(FILE, NOON)
    for seconds in (1, 60, 149.9):
        assert links.of(FILE, NOON + timedelta(seconds=seconds)) == first
    assert links.of(FILE, NOON + timedelta(seconds=150)).url != first.url


@pytest.mark.parametrize("seconds", [0, 0.5, 149.9, 150, 299, 10_001])
def test_a_link_is_valid_for_half_of_the_time_at_least_and_never_longer(links: Links, seconds: float) -> None:
    now = NOON + timedelta(seconds=seconds)
    link = links.of(FILE, now).url
    assert 150 <= expiry(link, now) - now.timestamp() <= 300
    with pytest.raises(UploadRefused):
        expiry(link, now + timedelta(seconds=300))
