#!/bin/sh
# duckdb (PyPI) 1.5.6: import duckdb, with nothing asked of it.
# Behaviour, on two processors or more: the import alone opens a database in memory, with threads of work: its types
# (duckdb.BIGINT and the like) are made by one. Its library without the package (_duckdb) starts none.
# Guessed otherwise because the default connection is said to be made when something is first asked of it, because
# sqlite3 opens nothing at its import, and because a program that forks after its imports takes care to have no threads.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6
for name in _duckdb duckdb; do
  "$folder/venv/bin/python" - "$name" <<'PY'
import os
import sys
import time
from importlib import import_module


def threads():
    return len(os.listdir("/proc/self/task"))


before, begun = threads(), time.process_time()
module = import_module(sys.argv[1])
took_ms = (time.process_time() - begun) * 1e3
print(f"import {module.__name__} {module.__version__}: {threads() - before} threads started, {took_ms:.0f} ms")
assert (threads() > before) is (module.__name__ == "duckdb")
PY
done
