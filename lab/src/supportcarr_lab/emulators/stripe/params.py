"""Request parameters as Stripe encodes them: form fields with nested keys (``metadata[rescue_id]``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from supportcarr_lab.emulators.stripe.errors import StripeApiError, invalid

_PART = re.compile(r"\[([^\]]*)\]")
MAX_METADATA_KEYS = 50


def parse_form(encoded: str) -> dict[str, Any]:
    """Parse form fields into nested dicts; a list (``a[0]``, ``a[]``) becomes a dict keyed by position."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head, parts = key.partition("[")[0], _PART.findall(key)
        at = tree
        for name, following in zip([head, *parts], parts, strict=False):
            child = at.setdefault(name or str(len(at)), {})
            if not isinstance(child, dict):
                raise invalid(f"Invalid hash: {name}[{following}]", param=head)
            at = child
        last = parts[-1] if parts else head
        at[last or str(len(at))] = value
    return tree


class Params:
    """Reads each parameter once; ``reject_unknown`` raises if any were not read."""

    def __init__(self, tree: dict[str, Any], prefix: str = "") -> None:
        self._unread = dict(tree)
        self._prefix = prefix

    def _name(self, key: str) -> str:
        return f"{self._prefix}[{key}]" if self._prefix else key

    def text(self, key: str) -> str | None:
        """A string; ``None`` if absent or empty."""
        value = self._unread.pop(key, None)
        if isinstance(value, dict):
            raise invalid(f"Invalid string: {self._name(key)} must be a string", param=self._name(key))
        return value or None

    def required(self, key: str) -> str:
        value = self.text(key)
        if value is None:
            raise invalid(
                f"Missing required param: {self._name(key)}.", code="parameter_missing", param=self._name(key)
            )
        return value

    def integer(self, key: str) -> int | None:
        value = self.text(key)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise invalid(
                f"Invalid integer: {value}", code="parameter_invalid_integer", param=self._name(key)
            )
        return int(value)

    def boolean(self, key: str) -> bool:
        value = self.text(key)
        if value not in (None, "true", "false"):
            raise invalid(f"Invalid boolean: {value}", param=self._name(key))
        return value == "true"

    def choice(self, key: str, allowed: Iterable[str]) -> str | None:
        value = self.text(key)
        options = list(allowed)
        if value is not None and value not in options:
            raise invalid(f"Invalid {self._name(key)}: must be one of {', '.join(options)}", param=key)
        return value

    def items(self, key: str) -> list[str]:
        """A list of strings."""
        value = self._unread.pop(key, None)
        if value is None:
            return []
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise invalid("Invalid array", param=self._name(key))
        return list(value.values())

    def group(self, key: str) -> Params | None:
        """A nested object with its own parameters."""
        value = self._unread.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=self._name(key))
        return Params(value, self._name(key))

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """*before* merged with the request's metadata; an empty value removes its key."""
        merged = dict(before or {})
        given = self._unread.pop("metadata", None)
        if given == "":
            return {}
        if given is None:
            return merged
        if not isinstance(given, dict):
            raise invalid("Invalid object", param="metadata")
        for key, value in given.items():
            if not isinstance(value, str) or len(key) > 40 or len(value) > 500:
                raise invalid(f"Invalid metadata: {key}", param=f"metadata[{key}]")
            if value:
                merged[key] = value
            else:
                merged.pop(key, None)
        if len(merged) > MAX_METADATA_KEYS:
            raise invalid(f"Metadata can have at most {MAX_METADATA_KEYS} keys", param="metadata")
        return merged

    def reject_unknown(self) -> None:
        """Raise ``StripeApiError`` (``parameter_unknown``) if a parameter was not read."""
        for key in self._unread:
            raise StripeApiError(
                400,
                "invalid_request_error",
                f"Received unknown parameter: {self._name(key)}",
                code="parameter_unknown",
                param=self._name(key),
            )
