"""The decision for a refresh token: rotate, repeat, reused, ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supportcarr.auth.model import (
    PresentedToken,
    RefreshDecision,
    Session,
    decide_refresh,
    end_session,
    rotate,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FRESH = Session(
    id="ses_1", version=1, user_id="usr_1", token_hash="one", created_at=NOW, expires_at=NOW + DAY
)
FIRST = PresentedToken(1, "one", "nonce")
ROTATED = rotate(FRESH, FIRST, "two", NOW, DAY, 90 * DAY)


@pytest.mark.parametrize(
    ("session", "presented", "after", "decision"),
    [
        (FRESH, FIRST, 0, "rotate"),
        (FRESH, PresentedToken(1, "one"), 0, "rotate"),
        (ROTATED, PresentedToken(2, "two"), 0, "rotate"),
        (ROTATED, FIRST, 0, "repeat"),
        (ROTATED, FIRST, 30, "repeat"),
        (ROTATED, FIRST, 31, "reused"),
        (ROTATED, PresentedToken(1, "one", "other"), 0, "reused"),
        (ROTATED, PresentedToken(1, "one"), 0, "reused"),
        (FRESH, PresentedToken(2, "one", "nonce"), 0, "reused"),
        (FRESH, PresentedToken(1, "two", "nonce"), 0, "reused"),
        (rotate(ROTATED, PresentedToken(2, "two", "n2"), "three", NOW, DAY, 90 * DAY), FIRST, 0, "reused"),
        (FRESH, FIRST, 86_400, "ended"),
        (end_session(FRESH, "signed_out", NOW), FIRST, 0, "ended"),
    ],
)
def test_the_decision_for_each_token(
    session: Session, presented: PresentedToken, after: int, decision: RefreshDecision
) -> None:
    assert decide_refresh(session, presented, NOW + timedelta(seconds=after)) == decision


def test_a_repeat_without_nonce_is_a_reuse() -> None:
    nameless = rotate(FRESH, PresentedToken(1, "one"), "two", NOW, DAY, 90 * DAY)
    assert decide_refresh(nameless, PresentedToken(1, "one"), NOW) == "reused"


def test_a_refresh_extends_the_session() -> None:
    later = NOW + timedelta(hours=5)
    assert rotate(FRESH, FIRST, "two", later, DAY, 90 * DAY).expires_at == later + DAY


def test_session_is_ended_once() -> None:
    over = end_session(FRESH, "signed_out", NOW)
    assert over is not None
    assert end_session(over, "token_reused", NOW) is None


def test_a_session_ends_at_last_however_much_it_is_used() -> None:
    late = rotate(FRESH, FIRST, "two", NOW + timedelta(hours=40), DAY, 2 * DAY)
    assert late.expires_at == FRESH.created_at + 2 * DAY
