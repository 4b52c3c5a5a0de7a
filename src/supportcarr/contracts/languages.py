"""The languages of the apps' screens and of texts that they show."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "es", "fr"]
