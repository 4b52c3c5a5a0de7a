"""The keys: all ours, no two alike, and each script's in one slot of a cluster."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

from supportcarr.kit.redis import keys

FUNCTIONS = [f for _, f in inspect.getmembers(keys, inspect.isfunction) if f.__module__ == keys.__name__]


def built(function: Callable[..., str]) -> str:
    parameters = inspect.signature(function).parameters
    return function(*(7 if p.annotation == "int" else name for name, p in parameters.items()))


def slot_tag(key: str) -> str | None:
    found = re.search(r"\{([^}]+)\}", key)
    return found and found[1]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_each_key_is_ours_and_says_where_it_lives(function: Callable[..., str]) -> None:
    assert built(function).startswith(("sc:", "{sc:"))
    assert re.match(r"(Durable|Cache)\. ", function.__doc__ or "")


def test_no_two_functions_build_one_key() -> None:
    names = [built(function) for function in FUNCTIONS]
    assert len(set(names)) == len(names)


def test_what_one_script_touches_is_in_one_slot() -> None:
    streams = (keys.stream_positions, keys.stream, keys.stream_seen, keys.firehose)
    assert {slot_tag(built(function)) for function in streams} == {"rt"}
    assert slot_tag(keys.limit_bucket("user", "a")) == slot_tag(keys.limit_bucket("address", "b"))
