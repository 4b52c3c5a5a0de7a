"""The terms of use and the privacy notice: their versions, and their texts in each language.

The texts beside this module are templates.  A company puts its own into a folder (``LEGAL_FOLDER``) under the
same names: ``terms.en.md``, ``privacy.fr.md``, in Markdown with headings, paragraphs and lists.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import msgspec

from supportcarr.auth.settings import LegalSettings
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.languages import Language

Kind = Literal["terms", "privacy"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TEMPLATES = Path(__file__).parent / "legal_templates"
DEFAULT_LANGUAGE: Language = "en"


class LegalDocument(msgspec.Struct, frozen=True):
    """``text``: Markdown.  ``template``: it is our draft, which no company has made its own yet."""

    kind: Kind
    version: str
    language: Language
    template: bool
    text: str


class LegalDocuments:
    """Reads the texts once; they change with a restart."""

    def __init__(self, settings: LegalSettings) -> None:
        self.terms_version = settings.terms_version
        self._versions: dict[Kind, str] = {
            "terms": settings.terms_version,
            "privacy": settings.privacy_version,
        }
        self._folder = Path(settings.folder) if settings.folder else None
        self._read: dict[tuple[Kind, Language], LegalDocument] = {}

    def document(self, kind: str, language: Language) -> LegalDocument:
        """The text in that language, or in English if the company has none in it.  Raises ``NotFound``."""
        known = next((one for one in KINDS if one == kind), None)
        if known is None:
            raise NotFound
        found = self._read.get((known, language))
        if found is None:
            found = self._read[known, language] = self._load(known, language)
        return found

    def check_accepted(self, version: str | None, *, required: bool) -> None:
        """Check that somebody who signs up accepted the present terms.  Raises ``ValidationFailed``."""
        if version is None and required:
            raise ValidationFailed.of("accepted_terms", "required", "Accept the terms to create an account")
        if version is not None and version != self.terms_version:
            detail = f"The terms have changed; their present version is {self.terms_version}"
            raise ValidationFailed.of("accepted_terms", "outdated", detail)

    def _load(self, kind: Kind, language: Language) -> LegalDocument:
        languages = (language, DEFAULT_LANGUAGE)
        if self._folder is not None:
            for one in languages:
                file = self._folder / f"{kind}.{one}.md"
                if file.is_file():
                    return self._made(kind, one, file, template=False)
        return self._made(kind, language, TEMPLATES / f"{kind}.{language}.md", template=True)

    def _made(self, kind: Kind, language: Language, file: Path, *, template: bool) -> LegalDocument:
        text = file.read_text(encoding="utf-8")
        return LegalDocument(kind, self._versions[kind], language, template, text)
