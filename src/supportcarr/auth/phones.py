"""Phone numbers: parsed from user input, stored as E.164, masked for others."""

from __future__ import annotations

import re

import phonenumbers

from supportcarr.contracts.errors import ValidationFailed


def parse(text: str, field: str = "phone") -> str:
    """The number in E.164 (``+15145550142``).  The country code is required.

    Only the length is checked: a table of valid numbers is always older than the numbering plan; a
    message proves that the number works.  Raises ``ValidationFailed`` for *field*.
    """
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_possible_number(number):
        raise ValidationFailed.of(
            field, "phone", "Give a phone number with its country code, such as +1 514 555 0142"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(e164: str) -> str:
    """The number as the other party of a rescue sees it: ``+1 514 ••• ••42``; nothing of an erased one."""
    if not e164:
        return ""
    number = phonenumbers.parse(e164, None)
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    country, *groups = re.split(r"[^+\d]+", text)
    shown, hidden = (groups[:1], groups[1:]) if len(groups) > 1 else ([], groups)
    tail = " ".join(re.sub(r"\d", "•", group) for group in hidden)
    return " ".join([country, *shown, tail[:-2] + e164[-2:]])
