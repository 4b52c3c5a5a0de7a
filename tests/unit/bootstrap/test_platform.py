"""What `up` and `demo` give their processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from supportcarr.bootstrap.platform import log_variable
from supportcarr.bootstrap.settings import load_settings


@pytest.mark.parametrize("given", [{}, {"SUPPORTCARR_LOG_FILE": ""}], ids=["not set", "empty"])
def test_processes_log_to_the_data_folder(tmp_path: Path, given: dict[str, str]) -> None:
    settings = load_settings({"SUPPORTCARR_DATA": str(tmp_path)} | given, dotenv=None)
    log = tmp_path / "supportcarr.log"
    assert log_variable(settings, log) == {"SUPPORTCARR_LOG_FILE": str(log)}


def test_a_log_file_of_the_dotenv_file_is_kept(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"SUPPORTCARR_LOG_FILE={tmp_path}/own.log\n")
    settings = load_settings({"SUPPORTCARR_DATA": str(tmp_path)}, dotenv=str(dotenv))
    assert log_variable(settings, tmp_path / "supportcarr.log") == {}
