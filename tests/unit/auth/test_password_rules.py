"""Which passwords a person may choose."""

from __future__ import annotations

import pytest

from supportcarr.auth.password_rules import MIN_CHARACTERS, check_new_password, leaked_passwords
from supportcarr.contracts.errors import ValidationFailed

NUMBER, NAME = "+15145550142", "Ana Roy"


@pytest.mark.parametrize(
    "password", ["correct horse battery", "é" * 35 + "e" + "a", "x9!kP0qw7Z", "Zvezda Ana Roy 77"]
)
def test_a_password_of_ten_characters_to_72_bytes_is_accepted(password: str) -> None:
    check_new_password(password, NUMBER, NAME)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("nine char", "too_short"),
        ("a" * 73, "too_long"),
        ("é" * 37, "too_long"),
        ("correct\0horse", "invalid"),
        ("aaaaaaaaaaaa", "guessable"),
        ("1212121212", "guessable"),
        ("15145550142", "guessable"),
        ("5145550142!", "guessable"),
        ("Ana Roy 1234", "guessable"),
        ("AnaRoy12345", "guessable"),
        ("SupportCarr1!", "guessable"),
        ("qwertyuiop", "leaked"),
        ("Password123", "leaked"),
        ("1q2w3e4r5t", "leaked"),
    ],
)
def test_guessable_and_leaked_passwords_are_refused(password: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check_new_password(password, NUMBER, NAME, "new_password")
    [error] = refused.value.errors
    assert (error.field, error.code) == ("new_password", code)


def test_the_list_has_the_leaked_passwords_that_are_long_enough() -> None:
    listed = leaked_passwords()
    assert len(listed) == 2_858  # all that lists under a licence like ours have
    assert all(len(password) >= MIN_CHARACTERS and password == password.casefold() for password in listed)
