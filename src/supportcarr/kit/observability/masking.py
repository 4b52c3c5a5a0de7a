"""Masks what may be personal in text that others wrote: messages of exceptions, and of libraries.

Our own log lines have fields with ids and numbers and need none of this.  An exception's message may quote
what it failed on: a body, a name, a number that somebody typed.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator

LONGEST_QUOTE = 3  # characters that may stand between quotes: a unit, a sign

# Each begins where a run of its characters does: from every character of a long run (a body, a document that
# a database quotes) the search would take as many steps as the run has, and the loop would stand still.
_MASKS = (
    (re.compile(r"\b(bearer|basic)\s+\S+", re.IGNORECASE), r"\1 [hidden]"),
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?"), "[token]"),
    (re.compile(r"\b(?:sk|rk|pk|whsec|seti|pi)_[A-Za-z0-9_]{8,}"), "[key]"),
    (
        re.compile(r"(?<![^\s@\"'<>(),;:])[^\s@\"'<>(),;:]+@[^\s@\"'<>(),;:]+\.[A-Za-z]{2,}"),
        "[e-mail]",
    ),
    (re.compile(r"(?<![\w.])-?\d{1,3}\.\d{3,}(?!\w)"), "[decimal]"),  # a latitude, a longitude
    (re.compile(r"\+\d[\d ().-]{6,}\d"), "[number]"),
    (re.compile(r"(?<![\w.-])\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?![\w-])"), "[number]"),
)
# What stands in quotes or braces is quoted from somewhere.
_QUOTED = re.compile(r"""'[^'\n]*'|"[^"\n]*"|`[^`\n]*`""")
_BRACES = re.compile(r"^([^{\n]*)(\{[^\n]*\})", re.MULTILINE)  # of a line from the first to the last
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_.][a-z0-9]+)+", re.ASCII)  # of a field or event: two words or more


def masked(text: str) -> str:
    """*text* without what looks like a token, a number of a phone, an e-mail address or a position."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def masked_message(text: str) -> str:
    """``masked``, and without what the text quotes: that may be a name or an address."""
    text = _BRACES.sub(lambda found: found[1] + _quoted(found[2]), text)
    return masked(_QUOTED.sub(lambda found: _quoted(found[0]), text))


def _quoted(quoted: str) -> str:
    inside = quoted[1:-1]
    if len(inside) <= LONGEST_QUOTE or _NAME.fullmatch(inside):
        return quoted
    return f"{quoted[0]}…{quoted[-1]}"


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """*error*, and the errors that it was raised from or after."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__context__, one.__cause__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _told_by(error: BaseException, tell: Callable[[object], str] = str) -> str:
    """What *error* says; nothing if it cannot: whoever logs it must not fail at that, too."""
    try:
        return tell(error)
    except Exception:
        return ""


def masked_traceback(error: BaseException) -> str:
    """The traceback as Python writes it, with the messages of all errors in it masked."""
    text = "".join(traceback.format_exception(error))
    for one in chain_of(error):
        message = _told_by(one)
        if message:
            text = text.replace(message, masked_message(message))
            # a message of several lines is indented inside the traceback of a group
            for line in message.splitlines() if "\n" in message else ():
                if line.strip():
                    text = text.replace(line, masked_message(line))
    return masked_notes(text, error)


def masked_quotes_of(text: str, error: BaseException) -> str:
    """*text*, which a library says of *error*, with what it quotes of that masked (asyncio does)."""
    for one in chain_of(error):
        for quoted in (_told_by(one), _told_by(one, repr)):
            if quoted:
                text = text.replace(quoted, masked_message(quoted))
    return text


def masked_notes(text: str, error: BaseException) -> str:
    """*text* with the notes of the errors masked."""
    for one in chain_of(error):
        for note in getattr(one, "__notes__", ()):
            text = text.replace(str(note), masked_message(str(note)))
    return text
