#!/bin/sh
# duckdb (PyPI) 1.5.6: execute() with parameters, where pandas is not installed.
# Behaviour: each whole number or text that is given as a parameter starts two imports of pandas, all of which fail, at
# every call anew; a query with four of them spends more time on searching sys.path than on everything else.
# Guessed otherwise because a library that is absent is looked for once, as Python does itself with what is there, and
# because a query that has its numbers written into its text asks for nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6
"$folder/venv/bin/python" - <<'PY'
import sys
import time
from importlib.abc import MetaPathFinder

import duckdb


class Counts(MetaPathFinder):
    asked = 0

    def find_spec(self, name, path=None, target=None):
        Counts.asked += name.partition(".")[0] == "pandas"


def searches(query, *given):
    before = Counts.asked
    connection.execute(query, *given).fetchall()
    return Counts.asked - before


def least_us(query, *given):
    def once():
        begun = time.process_time()
        for _ in range(200):
            connection.execute(query, *given).fetchall()
        return (time.process_time() - begun) / 200 * 1e6

    return min(once() for _ in range(5))


print("duckdb", duckdb.__version__)
connection = duckdb.connect()
sys.meta_path.insert(0, Counts())
found = [searches("SELECT 1, 2, 3, 4")]
found += [searches(f"SELECT {', '.join('?' * count)}", list(range(count))) for count in (1, 4, 4)]
found.append(searches("SELECT ?, ?", ["a", "b"]))
print("searches for pandas with 0, 1, 4 and again 4 numbers, and 2 texts:", found)
assert found == [0, 2, 8, 8, 4]
sys.meta_path.pop(0)
question = "SELECT ?, ?, ?, ?", [1, 2, 3, 4]
plain = least_us(*question)
sys.modules["pandas"] = None  # as an import that fails at once
print(f"a query with four numbers: {plain:.0f} us, {least_us(*question):.0f} us where the search is spared")
PY
