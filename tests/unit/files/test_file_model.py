"""The states of a file, as one table; what may use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from supportcarr.contracts.errors import IllegalTransition
from supportcarr.files import model
from supportcarr.files.model import NEXT, OBJECTS, Copies, FileState, StoredFile, file_id_of, key_of
from supportcarr.kit.objects.port import KEY

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
FILE = StoredFile(
    id="fil_01jdc0000000000000000000r0",
    owner_id="usr_a",
    purpose="bike_photo",
    content_type="image/jpeg",
    size=1000,
    created_at=NOW,
    orphan_at=NOW + timedelta(hours=24),
)
COPIES = Copies(size=900, shown_type="image/webp", objects=("clean", "thumbnail"), width=4, height=3)
STATES: tuple[FileState, ...] = ("awaiting_upload", "processing", "ready", "refused", "deleted")


@pytest.mark.parametrize("state", STATES)
def test_every_change_follows_the_table(state: FileState) -> None:
    file = replace(FILE, state=state)
    changes: tuple[tuple[Callable[[], StoredFile | None], FileState], ...] = (
        (lambda: model.uploaded(file, 900), "processing"),
        (lambda: model.ready(file, COPIES), "ready"),
        (lambda: model.refused(file, "file_too_large"), "refused"),
        (lambda: model.deleted(file), "deleted"),
    )
    for change, to in changes:
        try:
            after = change()
        except IllegalTransition:
            after = None
        assert after is None or (after.state == to and to in NEXT[state])
        if to in NEXT[state]:
            assert after is not None, (state, to)


def test_no_state_follows_deleted_and_every_state_leads_there() -> None:
    assert set(NEXT) == set(STATES)
    assert not NEXT["deleted"]
    assert all("deleted" in NEXT[state] for state in STATES if state != "deleted")


def test_a_ready_file_has_what_processing_stored() -> None:
    ready = model.ready(replace(FILE, state="processing"), COPIES)
    assert ready is not None
    assert (ready.size, ready.shown_type, ready.objects) == (900, "image/webp", ("clean", "thumbnail"))
    assert (ready.width, ready.height) == (4, 3)


def test_a_refused_file_says_why_in_a_sentence() -> None:
    refused = model.refused(replace(FILE, state="processing"), "malware_found")
    assert refused is not None and refused.reason == "malware_found" and refused.detail


def test_what_is_attached_is_no_orphan_until_it_is_detached() -> None:
    ready = replace(FILE, state="ready")
    attached = model.attached(ready, "veh_1", None)
    assert attached is not None and attached.orphan_at is None
    assert model.attached(attached, "veh_1", None) is None
    assert model.detached(attached, "veh_2", NOW) is None
    detached = model.detached(attached, "veh_1", NOW)
    assert detached is not None and (detached.attached_to, detached.orphan_at) == (None, NOW)


def test_keys_name_their_file() -> None:
    for name in OBJECTS:
        key = key_of(FILE.id, name)
        assert KEY.fullmatch(key)
        assert file_id_of(key) == FILE.id
    assert file_id_of("anchors/1") is None
