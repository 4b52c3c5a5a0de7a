"""Phone numbers: normalized for storage, masked for others."""

from __future__ import annotations

import pytest

from supportcarr.auth.phones import masked, parse
from supportcarr.contracts.errors import ValidationFailed


@pytest.mark.parametrize(
    "text", ["+15145550142", "+1 514-555-0142", "+1 (514) 555-0142", " +1 514 555 0142 "]
)
def test_a_number_is_normalized(text: str) -> None:
    assert parse(text) == "+15145550142"


@pytest.mark.parametrize(
    "text", ["", "514 555 0142", "hello", "+1", "+1514", "+999 1", "+1 514 555 0142 ext. 5"]
)
def test_an_invalid_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        parse(text, "phone")
    assert refused.value.errors[0].field == "phone"


def test_a_masked_number_shows_country_area_and_two_digits() -> None:
    assert masked("+15145550142") == "+1 514 ••• ••42"


@pytest.mark.parametrize("number", ["+442079460958", "+4930123456", "+33612345678"])
def test_a_masked_number_of_any_country_hides_most_of_it(number: str) -> None:
    shown = masked(number)
    assert shown.endswith(number[-2:])
    assert shown.count("•") >= 4
    assert sum(character.isdigit() for character in shown) <= len(number) - 4
