"""Declares in OpenAPI what the server refuses in every text of a request: control characters.

The server finds them in the raw body, once for all fields, so the types of the fields do not say it.
"""

from __future__ import annotations

from typing import Any

from supportcarr.gateway.decoding import CONTROL, CONTROL_OR_END_OF_LINE

BODY_TEXT = f"^[^{CONTROL}]*$"
QUERY_TEXT = f"^[^{CONTROL_OR_END_OF_LINE}]*$"
_OPEN = ("[^", r"\S", r"\W", r"\D", ".")  # parts of patterns that may match a control character
_NO_PATTERN_NEEDED = ("enum", "const", "format")


def declare_text(schema: Any, pattern: str) -> Any:
    """A copy of the schema in which every string has the pattern.  Follows no references."""
    if isinstance(schema, list):
        return [declare_text(item, pattern) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tightened = {name: declare_text(value, pattern) for name, value in schema.items()}
    if schema.get("type") != "string" or any(name in schema for name in _NO_PATTERN_NEEDED):
        return tightened
    own = schema.get("pattern")
    if own is None:
        return tightened | {"pattern": pattern}
    if own.startswith("^") and own.endswith("$") and not any(sign in own for sign in _OPEN):
        return tightened  # it names the characters that it takes
    return tightened | {"allOf": [{"pattern": pattern}]}
