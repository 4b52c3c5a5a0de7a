"""Names in PromQL, without a parser: enough to see whether each exists."""

from __future__ import annotations

import re

WORDS = frozenset(
    (
        *("and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right"),
        *("bool", "offset", "inf", "nan", "le", "sum", "max", "min", "avg", "count", "topk"),
    )
)
HISTOGRAM = re.compile(r"_(bucket|count|sum)$")


def metrics_of(expr: str) -> set[str]:
    """The names of the series that an expression reads."""
    bare = re.sub(r'"[^"]*"', "", expr)
    bare = re.sub(r"#.*", "", bare)
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    found = re.finditer(r"(?<![\w.:])([a-zA-Z_][\w:]*)(\s*\()?", bare)
    return {name[1] for name in found if not name[2] and name[1] not in WORDS}


def family(name: str, families: set[str]) -> str:
    """The metric that a series belongs to: a histogram exports several series."""
    return name if name in families else HISTOGRAM.sub("", name)
