"""Notifications in the words of a language, with its way to write amounts, dates and lists.  Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import date

import msgspec

from supportcarr.contracts.languages import Language
from supportcarr.notifications.catalogues import en, es, fr
from supportcarr.notifications.catalogues.shape import Catalogue
from supportcarr.notifications.model import Amount, Notification, Side, Value

CATALOGUES: Mapping[Language, Catalogue] = {"en": en.CATALOGUE, "es": es.CATALOGUE, "fr": fr.CATALOGUE}
SYMBOLS = {"CAD": "$", "USD": "$", "EUR": "€"}  # other currencies are written with their code

_NO_VALUES: Mapping[str, Value] = {}


class Words(msgspec.Struct, frozen=True):
    """What a person reads."""

    title: str
    body: str


def words_of(notification: Notification, language: Language) -> Words:
    """A notification in that language.

    One that was stored before notifications had values, or by a newer version with a text of its own, has
    its English words only; of those, what takes no values is found by its title.
    """
    text, side = notification.text, notification.side
    if text is not None and side is not None and (text, side) in CATALOGUES[language].texts:
        return words(text, side, notification.values or _NO_VALUES, language)
    stored = Words(notification.title, notification.body)
    return stored if language == "en" else _translated(notification.kind, stored, language)


def words(text: str, side: Side, values: Mapping[str, Value], language: Language) -> Words:
    """A text in that language, with those values."""
    catalogue = CATALOGUES[language]
    written = {name: written_value(value, catalogue) for name, value in values.items()}
    title, body = (template.format_map(written) for template in catalogue.texts[text, side])
    return Words(title, body)


def written_value(value: Value, catalogue: Catalogue) -> str:
    """A value as the language writes it."""
    match value:
        case Amount():
            return _amount(value, catalogue)
        case date():
            day = catalogue.first_day if value.day == 1 else str(value.day)
            return catalogue.date.format(day=day, month=catalogue.months[value.month - 1], year=value.year)
        case int():
            return str(value)
        case _:
            names = [catalogue.documents.get(name, name.replace("_", " ")) for name in value]
            *before, last = names
            return f"{', '.join(before)} {catalogue.conjunction} {last}" if before else last


def _amount(amount: Amount, catalogue: Catalogue) -> str:
    """An amount of a currency with two decimals, as in all our areas."""
    thousands, decimal = catalogue.marks
    whole = f"{amount.minor // 100:,}".replace(",", thousands)
    number = f"{whole}{decimal}{amount.minor % 100:02d}"
    symbol = SYMBOLS.get(amount.currency)
    if symbol is None:
        return f"{number}\u00a0{amount.currency}"
    return catalogue.amount.format(number=number, symbol=symbol)


def _translated(kind: str, stored: Words, language: Language) -> Words:
    for (text, side), (title, body) in en.CATALOGUE.texts.items():
        if title == stored.title and (text == kind or text.startswith(f"{kind}_")):
            title, body = CATALOGUES[language].texts[text, side]
            return Words(title, "" if _takes_values(body) else body)
    return stored


def _takes_values(template: str) -> bool:
    return any(name for _, name, _, _ in string.Formatter().parse(template))
