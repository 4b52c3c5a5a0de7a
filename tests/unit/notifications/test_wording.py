"""The words of notifications in each language."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime

import pytest

from supportcarr.contracts.languages import Language
from supportcarr.notifications.model import Amount, Notification, Value
from supportcarr.notifications.wording import CATALOGUES, Words, words, words_of, written_value

AT = datetime(2026, 6, 1, tzinfo=UTC)
VALUES: dict[str, Value] = {
    "paid": Amount(3150, "CAD"),
    "earned": Amount(2362, "CAD"),
    "amount": Amount(150, "CAD"),
    "documents": ("licence", "insurance"),
    "document": ("vehicle_photo",),
    "last_day": date(2026, 6, 30),
    "date": date(2026, 7, 1),
    "minutes": 30,
}
ENGLISH = CATALOGUES["en"]
TRANSLATED: list[Language] = ["es", "fr"]


def names_in(*templates: str) -> set[str]:
    return {name for template in templates for _, name, _, _ in string.Formatter().parse(template) if name}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_language_has_every_text_with_the_same_values(language: Language) -> None:
    catalogue = CATALOGUES[language]
    assert set(catalogue.texts) == set(ENGLISH.texts)
    assert set(catalogue.documents) == set(ENGLISH.documents)
    for key, templates in catalogue.texts.items():
        assert names_in(*templates) == names_in(*ENGLISH.texts[key]), key


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_left_in_english(language: Language) -> None:
    for key, templates in CATALOGUES[language].texts.items():
        for translated, english in zip(templates, ENGLISH.texts[key], strict=True):
            assert translated != english, key


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_every_text_is_a_sentence_with_known_values(language: Language) -> None:
    for text, side in CATALOGUES[language].texts:
        said = words(text, side, VALUES, language)
        assert said.title.lstrip("¿")[0].isupper() and not said.title.endswith("."), text
        assert said.body.lstrip("¿")[0].isupper() and said.body.endswith("."), text
        assert len(said.title) <= 60, "a title fits the notification of a phone"


def test_french_has_a_no_break_space_before_colons_only() -> None:
    """As it is written in Canada."""
    for title, body in CATALOGUES["fr"].texts.values():
        assert " :" not in title + body
        assert not any(f" {mark}" in title + body for mark in "?!;")
        assert "'" not in title + body, "a typographic apostrophe"


@pytest.mark.parametrize(
    ("value", "english", "spanish", "french"),
    [
        (Amount(1250, "CAD"), "$12.50", "$12.50", "12,50 $"),
        (Amount(5, "CAD"), "$0.05", "$0.05", "0,05 $"),
        (Amount(123456, "USD"), "$1,234.56", "$1,234.56", "1 234,56 $"),
        (Amount(1250, "GBP"), "12.50 GBP", "12.50 GBP", "12,50 GBP"),
        (date(2026, 6, 30), "June 30, 2026", "30 de junio de 2026", "30 juin 2026"),
        (date(2026, 8, 1), "August 1, 2026", "1 de agosto de 2026", "1er août 2026"),
        (30, "30", "30", "30"),
        (("licence",), "licence", "su licencia de conducir", "votre permis de conduire"),
        (
            ("licence", "insurance", "registration"),
            "licence, insurance and registration",
            "su licencia de conducir, su seguro y el registro de su vehículo",
            "votre permis de conduire, votre assurance et votre immatriculation",
        ),
        (("new_kind",), "new kind", "new kind", "new kind"),
    ],
)
def test_values_are_written_as_the_language_writes_them(
    value: Value, english: str, spanish: str, french: str
) -> None:
    written = [plain(written_value(value, CATALOGUES[language])) for language in ("en", "es", "fr")]
    assert written == [english, spanish, french]


def stored(**fields: object) -> Notification:
    shown = {"kind": "rescue_completed", "title": "You have arrived", "body": "You pay 31.50 CAD."}
    return Notification(id="ntf_1", user_id="usr_1", at=AT, **(shown | fields))  # type: ignore[arg-type]


def test_a_notification_is_said_in_the_language_of_its_reader() -> None:
    told = stored(text="rescue_completed", side="rider", values={"paid": Amount(3150, "CAD")})
    assert words_of(told, "fr") == Words(
        "Vous êtes à destination", "Votre dépannage est terminé. Vous payez 31,50\u00a0$."
    )
    assert words_of(told, "en").body == "Your rescue is complete. You pay $31.50."


def test_a_notification_of_before_values_is_translated_as_far_as_possible() -> None:
    assert words_of(stored(), "en") == Words("You have arrived", "You pay 31.50 CAD.")
    assert words_of(stored(), "fr") == Words("Vous êtes à destination", "")
    unserved = stored(kind="rescue_unserved", title="We found no driver", body="…")
    assert words_of(unserved, "es").body.startswith("Ningún conductor pudo venir a tiempo.")


def test_a_text_of_a_newer_version_is_shown_as_it_was_stored() -> None:
    told = stored(kind="new", text="new_text", side="rider", title="New", body="Something new.")
    assert words_of(told, "fr") == Words("New", "Something new.")
