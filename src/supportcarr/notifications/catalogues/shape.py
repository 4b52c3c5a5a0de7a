"""What a language must have: the sentences of every notification, and how it writes values."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from supportcarr.notifications.model import Side


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """A language.

    ``texts``: title and body by text and reader; ``{paid}`` and the like are values.  ``documents``: papers
    of a driver, as they stand in those sentences.  ``conjunction``: before the last one of a list.
    ``date``: of ``{day}``, ``{month}`` and ``{year}``; ``first_day``: the first of a month, if it is written
    in another way.  ``amount``: of ``{symbol}`` and ``{number}``.  ``marks``: between thousands, and before
    the cents.
    """

    texts: Mapping[tuple[str, Side], tuple[str, str]]
    documents: Mapping[str, str]
    conjunction: str
    months: tuple[str, ...]
    date: str
    first_day: str = "1"
    amount: str
    marks: tuple[str, str]
