#!/bin/sh
# duckdb (PyPI) 1.5.6: a database file that is made anew under a name whose write-ahead log was left behind.
# Behaviour: opening the new, empty file takes the rows of the old log in, without a word.
# Guessed otherwise because the log belongs to another file that is gone; other databases tie the two by an identifier.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==$(sed -n 's/^# duckdb (PyPI) \([0-9.]*\):.*/\1/p' "$0")"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import subprocess
import sys

import duckdb

print("duckdb", duckdb.__version__)
write = """
import os, duckdb
connection = duckdb.connect("store.duckdb")
connection.execute("CREATE TABLE kept (number INTEGER)")
connection.execute("CHECKPOINT")
connection.execute("INSERT INTO kept VALUES (1), (2), (3)")
os._exit(0)  # as a process ends that is killed: the log stays
"""
subprocess.run([sys.executable, "-c", write], check=True)
assert os.path.exists("store.duckdb.wal")
os.remove("store.duckdb")
fresh = duckdb.connect("other.duckdb")
fresh.execute("CREATE TABLE kept (number INTEGER)")
fresh.close()
os.rename("other.duckdb", "store.duckdb")
opened = duckdb.connect("store.duckdb")
rows = opened.execute("SELECT number FROM kept ORDER BY number").fetchall()
print("rows of a file that was made empty:", rows)
assert rows == [(1,), (2,), (3,)], "the log of the removed file is no longer taken in"
PYTHON
