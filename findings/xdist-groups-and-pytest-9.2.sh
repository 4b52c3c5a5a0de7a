#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.1.1 and with pytest 9.2.0
#
# Input: six tests of one group (pytest.mark.xdist_group) that count how often their module's fixture is made, run by
#   two workers with --dist loadgroup.
# Expected: one worker runs the group, as the option's documentation says, and makes the fixture once.
# Seen: with pytest 9.2.0 both workers run tests of it and each makes the fixture.  Nothing warns: pytest-xdist tells
#   its scheduler the group by a private attribute of each test, which pytest reads no more (pytest-dev/pytest-xdist
#   issue 1386).
# What follows: keep pytest below 9.2 until pytest-xdist says that it knows it, and let the test session refuse to run
#   when a marked test's id has no group.
. "$(dirname "$0")/support/common.sh"
cat > test_group.py <<'PY'
import os
import time

import pytest

pytestmark = pytest.mark.xdist_group("shared")


@pytest.fixture(scope="module")
def made():
    with open("made.txt", "a") as file:
        file.write(f"{os.getpid()}\n")


@pytest.mark.parametrize("number", range(6))
def test_uses_it(made, number):
    time.sleep(0.2)
PY
for version in 9.1.1 9.2.0; do
  python_with pytest==$version pytest-xdist==3.8.0
  rm -f made.txt
  python -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup test_group.py >/dev/null
  echo "pytest $version: made $(wc -l < made.txt) time(s)" >> seen.txt
done

unchanged "$(cat seen.txt)" <<'END'
pytest 9.1.1: made 1 time(s)
pytest 9.2.0: made 2 time(s)
END
