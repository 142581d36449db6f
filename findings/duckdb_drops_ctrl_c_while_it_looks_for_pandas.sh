#!/bin/sh
# duckdb (PyPI) 1.5.6: Ctrl-C while execute() takes its parameters, where pandas is not installed.
# Behaviour: the KeyboardInterrupt that Python raises inside the import of pandas, which is tried at every parameter, is
# dropped: the query answers, nothing is raised, nothing is said, and the program goes on as if nobody had pressed.
# Guessed otherwise because in the midst of a query the same Ctrl-C ends it with an error, and because code in C hands on
# what is raised below it, or says that it was ignored (sys.unraisablehook).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6
"$folder/venv/bin/python" - <<'PY'
import os
import signal
import sys
from importlib.abc import MetaPathFinder

import duckdb

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none


class PressesCtrlC(MetaPathFinder):
    pressed = 0

    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            PressesCtrlC.pressed += 1
            os.kill(os.getpid(), signal.SIGINT)


ignored = []
sys.unraisablehook = ignored.append
print("duckdb", duckdb.__version__)
connection = duckdb.connect()
sys.meta_path.insert(0, PressesCtrlC())
try:
    import pandas  # noqa: F401
except KeyboardInterrupt:
    print("Python's own import of it: KeyboardInterrupt")
answer = connection.execute("SELECT ?", [7]).fetchone()
print(f"Ctrl-C at {PressesCtrlC.pressed - 1} imports of one query: it answers {answer}, {len(ignored)} said to be ignored")
assert PressesCtrlC.pressed > 1 and answer == (7,) and not ignored
PY
