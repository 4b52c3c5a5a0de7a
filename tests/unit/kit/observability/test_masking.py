"""What others wrote is masked before it is logged or reported."""

from __future__ import annotations

import pytest

from supportcarr.kit.observability.masking import masked, masked_message, masked_traceback

PERSONAL = (
    "+15145550100",
    "+1 (514) 555-0100",
    "514-555-0100",
    "5145550100",
    "ana.roy@example.org",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3IifQ.c2ln",
    "45.523012",
    "-73.58204",
)


@pytest.mark.parametrize("personal", PERSONAL)
def test_what_looks_personal_is_masked(personal: str) -> None:
    assert personal not in masked(f"it failed on {personal}, twice")
    assert personal not in masked(f"{{'value': {personal}}}")


@pytest.mark.parametrize(
    "told",
    [
        "rescue res_01jd3qx8v5e7m2 has version 17",
        "database is locked after 5.0 s",
        "2026-11-29T16:51:34+00:00",
        "connection to 10.0.0.12:27017 closed",
        "outbox_consumer_failed",
        "took 1734.25 ms of 2000",
    ],
)
def test_what_helps_stays(told: str) -> None:
    assert masked_message(told) == told


def test_what_a_message_quotes_is_masked() -> None:
    for quoted in ("'Amélie Tremblay'", '"4321 rue Rivard"', "{'name': 'Amélie'}", "`Bearer`"):
        text = masked_message(f"cannot read {quoted}: odd")
        assert "Am" not in text
        assert "Rivard" not in text
    assert masked_message("field 'pickup.lat' in 'payments.hold' is not '%'") == (
        "field 'pickup.lat' in 'payments.hold' is not '%'"
    )


@pytest.mark.parametrize(
    "piece", ["a", "1", "-", "+1", "1.", "{", "'", "`", "eyJ", "eyJ-", "a@", "a@b.", "bearer ", "+1(", "\\n"]
)
def test_a_long_message_takes_no_longer_than_its_length(piece: str) -> None:
    """A search from each of its characters would take an hour."""
    text = piece * (400_000 // len(piece))
    assert masked_message(f"{text} of ana@example.com {{'name': 'Ana'}}").endswith(("[e-mail] {…}", "{…}"))


def test_a_traceback_keeps_its_frames_and_types_and_masks_every_message() -> None:
    def fail() -> None:
        try:
            raise KeyError("Amélie Tremblay")
        except KeyError as error:
            error.add_note("she lives at 'Rivard'")
            raise ExceptionGroup(
                "of '5145550100'", [ValueError("at 45.523012\nand '+15145550100'")]
            ) from error

    with pytest.raises(ExceptionGroup) as caught:
        fail()
    text = masked_traceback(caught.value)
    for personal in ("Amélie", "5145550100", "45.523012"):
        # a line of our own source is no message
        lines = [line for line in text.splitlines() if personal in line and "Error(" not in line]
        assert [line for line in lines if "Group(" not in line] == [], personal
    for kept in ("KeyError", "ExceptionGroup", "ValueError", "in fail", __file__.rpartition("/")[2]):
        assert kept in text
