"""Keys have our prefix, are distinct, and those of one script are in one cluster slot."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

from supportcarr.kit.redis import keys

FUNCTIONS = [f for _, f in inspect.getmembers(keys, inspect.isfunction) if f.__module__ == keys.__name__]


def build(function: Callable[..., str]) -> str:
    parameters = inspect.signature(function).parameters
    return function(*(7 if p.annotation == "int" else name for name, p in parameters.items()))


def slot_tag(key: str) -> str | None:
    found = re.search(r"\{([^}]+)\}", key)
    return found and found[1]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_each_key_has_our_prefix_and_documents_its_durability(function: Callable[..., str]) -> None:
    assert build(function).startswith(("sc:", "{sc:"))
    assert re.match(r"(Durable|Cache)\. ", function.__doc__ or "")


def test_no_two_functions_build_the_same_key() -> None:
    names = [build(function) for function in FUNCTIONS]
    assert len(set(names)) == len(names)


def test_the_keys_of_one_script_are_in_one_slot() -> None:
    streams = (keys.stream_positions, keys.stream, keys.stream_seen, keys.firehose)
    assert {slot_tag(build(function)) for function in streams} == {"rt"}
    assert slot_tag(keys.limit_bucket("user", "a")) == slot_tag(keys.limit_bucket("address", "b"))
