"""Refresh tokens: recognized by their MAC, and the same successor for the same nonce."""

from __future__ import annotations

import pytest

from supportcarr.auth.refresh_tokens import RefreshTokens

TOKENS = RefreshTokens("secret")


def test_an_issued_token_is_read() -> None:
    token = TOKENS.issue("ses_1", 3)
    read = TOKENS.read(token, "nonce-12")
    assert read is not None
    session_id, presented = read
    assert (session_id, presented.generation, presented.token_hash) == ("ses_1", 3, TOKENS.hash(token))
    assert presented.nonce not in (None, "nonce-12")


def test_two_tokens_of_one_generation_differ() -> None:
    assert TOKENS.issue("ses_1", 1) != TOKENS.issue("ses_1", 1)


@pytest.mark.parametrize(
    "change", ["ses_2.3.{r}.{m}", "ses_1.4.{r}.{m}", "ses_1.3.{r}x.{m}", "ses_1.3.{r}.x{m}"]
)
def test_a_changed_token_is_not_read(change: str) -> None:
    _, _, random, mac = TOKENS.issue("ses_1", 3).split(".")
    assert TOKENS.read(change.format(r=random, m=mac), None) is None


@pytest.mark.parametrize(
    "text", ["", "a", "a.b.c.d", "a.1.c.d", "a.1.c.d.e", "é.1.c.d", "a.\u0661.c.d", "...."]
)
def test_an_invented_token_is_not_read(text: str) -> None:
    assert TOKENS.read(text, None) is None


def test_a_token_of_another_secret_is_not_read() -> None:
    assert RefreshTokens("other").read(TOKENS.issue("ses_1", 1), None) is None


def test_the_same_nonce_gives_the_same_successor_and_another_nonce_another() -> None:
    token = TOKENS.issue("ses_1", 1)
    assert TOKENS.successor(token, "ses_1", 2, "nonce") == TOKENS.successor(token, "ses_1", 2, "nonce")
    assert TOKENS.successor(token, "ses_1", 2, "nonce") != TOKENS.successor(token, "ses_1", 2, "other")
    assert TOKENS.successor(token, "ses_1", 2, None) != TOKENS.successor(token, "ses_1", 2, None)
