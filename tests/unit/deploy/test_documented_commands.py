"""Every ``supportcarr`` command in the docs has options and arguments that the command takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from supportcarr.cli import main

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"))
)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?<![\w/.@:=-])(?:\.venv/bin/)?supportcarr(?P<rest> [a-z-][^|;&>#\n]*)")
_NAMESPACE = re.compile(r"-n supportcarr\b")


def commands(text: str) -> list[list[str]]:
    """The words after ``supportcarr`` of each command in code."""
    blocks = _FENCED.findall(text)
    text = _FENCED.sub("", text)
    lines = [*blocks, *re.findall(r"^    (.+)$", text, re.MULTILINE), *re.findall(r"`([^`]+)`", text)]
    found = []
    for line in lines:
        code = _NAMESPACE.sub("", line.replace("\\\n", " "))
        if "helm " in code:
            continue  # there it is the name of the release
        for match in _COMMAND.finditer(code):
            found.append(shlex.split(match["rest"].replace("…", " ").replace("...", " ")))
    return found


def wrong(words: list[str]) -> str | None:
    """What the command does not take; ``None``: it takes all of it."""
    command: click.Command | None = main
    context, path, rest = click.Context(main, info_name="supportcarr"), "supportcarr", list(words)
    while isinstance(command, click.Group):
        if not rest or rest[0].startswith("-"):
            return None  # the group alone, or its own options
        name = rest.pop(0)
        command = command.get_command(context, name)
        if command is None:
            return f"{path} {name}"
        path, context = f"{path} {name}", click.Context(command, context, info_name=name)
    assert command is not None
    if command.context_settings.get("ignore_unknown_options"):
        return None  # of the development tools
    try:
        _, left, _ = command.make_parser(context).parse_args(list(rest))
    except click.BadOptionUsage as error:
        prose = rest[-1] == error.option_name  # the sentence goes on to say what value it takes
        return None if prose else f"{path}: {error.format_message()}"
    except click.UsageError as error:
        return f"{path}: {error.format_message()}"
    return f"{path}: {' '.join(left)}" if left else None


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_are_those_of_the_program(page: str) -> None:
    found = [wrong(words) for words in commands((ROOT / page).read_text())]
    assert [problem for problem in found if problem] == []


def test_commands_are_found() -> None:
    text = (ROOT / "docs" / "runbooks" / "payments.md").read_text()
    assert ["payments", "unresolved"] in commands(text)
    assert ["jobs", "replay", "ID"] in commands(text)


@pytest.mark.parametrize(
    "command",
    ["jobs repeat ID", "jobs list --failed", "restore FILE --keys private.json", "check everything"],
)
def test_what_a_command_does_not_take_is_reported(command: str) -> None:
    assert wrong(shlex.split(command))
