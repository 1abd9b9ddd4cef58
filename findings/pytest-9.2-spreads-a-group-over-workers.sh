#!/usr/bin/env bash
# One expects: with `--dist=loadgroup`, tests that are marked with one `xdist_group` run in one process,
#   as pytest-xdist promises, whatever release of pytest it accepts.
# What happens: with pytest 9.2 they run in several, and nothing is said. With pytest 9.1 they do not.
# Versions: pytest 9.2.0 beside 9.1.1, pytest-xdist 3.8.0.
# Where it matters to us: the tests of one service share a database. Spread over processes they empty
#   each other's tables, and fail by luck. So pytest stays below 9.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > test_group.py <<'PY'
import os
from pathlib import Path

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(40))
def test_of_the_group(number: int) -> None:
    with Path(os.environ["SEEN"]).open("a") as file:
        file.write(f"{os.environ['PYTEST_XDIST_WORKER']}\n")
PY
workers() {
  python3 -m venv "venv-$1"
  env PIP_DISABLE_PIP_VERSION_CHECK=1 "venv-$1/bin/pip" install --quiet "pytest==$1" pytest-xdist==3.8.0
  SEEN="$folder/seen-$1" "venv-$1/bin/python" -m pytest -q -p no:cacheprovider --numprocesses=4 \
    --dist=loadgroup test_group.py >"out-$1"
  sort -u "$folder/seen-$1" | wc -l
}
before=$(workers 9.1.1)
after=$(workers 9.2.0)
echo "pytest-xdist 3.8.0, 40 tests of one group, four workers"
echo "pytest 9.1.1: $before worker(s)"
echo "pytest 9.2.0: $after worker(s)"
[ "$before" = 1 ] && [ "$after" -gt 1 ]
echo "seen: the group is spread over several processes, and the run passes"
