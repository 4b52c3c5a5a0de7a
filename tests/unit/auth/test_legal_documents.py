"""The terms and the privacy notice: languages, a company's own texts, and what a sign-up must accept."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from supportcarr.auth.legal_documents import KINDS, LegalDocuments
from supportcarr.auth.settings import LegalSettings
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.languages import Language


def test_there_is_a_template_of_each_in_every_language() -> None:
    documents = LegalDocuments(LegalSettings(terms_version="7", privacy_version="8"))
    for kind in KINDS:
        texts = {language: documents.document(kind, language) for language in get_args(Language)}
        assert len({one.text for one in texts.values()}) == 3
        for language, one in texts.items():
            assert (one.language, one.template, one.version) == (language, True, "78"[kind == "privacy"])
            assert one.text.startswith("# ") and "\n> " in one.text  # a title, and that it is a template
            headings = one.text.count("\n## ")
            assert headings == texts["en"].text.count("\n## ")
    with pytest.raises(NotFound):
        documents.document("../../settings", "en")


def test_a_company_puts_its_own_texts_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "terms.en.md").write_text("# Ours\n")
    (tmp_path / "terms.fr.md").write_text("# Les nôtres\n", encoding="utf-8")
    documents = LegalDocuments(LegalSettings(folder=str(tmp_path)))
    french, spanish = documents.document("terms", "fr"), documents.document("terms", "es")
    assert (french.text, french.template) == ("# Les nôtres\n", False)
    assert (spanish.text, spanish.language) == ("# Ours\n", "en")  # none in Spanish
    assert documents.document("privacy", "es").template


@pytest.mark.parametrize(
    ("sent", "required", "code"),
    [
        ("7", True, None),
        ("7", False, None),
        (None, False, None),
        (None, True, "required"),
        ("6", False, "outdated"),
    ],
)
def test_a_sign_up_accepts_the_present_terms(sent: str | None, required: bool, code: str | None) -> None:
    documents = LegalDocuments(LegalSettings(terms_version="7"))
    if code is None:
        documents.check_accepted(sent, required=required)
        return
    with pytest.raises(ValidationFailed) as raised:
        documents.check_accepted(sent, required=required)
    assert [(error.field, error.code) for error in raised.value.errors] == [("accepted_terms", code)]
