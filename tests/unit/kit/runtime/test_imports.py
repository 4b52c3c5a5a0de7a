"""Optional packages can be hidden from a library that is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from supportcarr.kit.runtime.imports import without


def test_a_hidden_package_is_missing_within_and_there_again_afterwards() -> None:
    sys.modules.pop("wave", None)
    with without("wave"), pytest.raises(ModuleNotFoundError):
        import wave
    import wave

    assert sys.modules["wave"] is wave


def test_a_package_that_was_imported_before_stays_visible() -> None:
    import json

    with without("json"):
        assert sys.modules["json"] is json


def test_the_product_imports_no_package_that_a_library_only_takes_because_it_is_there() -> None:
    code = "import supportcarr, supportcarr.bootstrap.processes, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"httpx", "requests", "rich", "valkey"} & set(loaded.split()) == set()
