#!/bin/sh
# duckdb (PyPI) 1.5.6: closing a connection whose checkpoint finds no room.
# Behaviour: close() raises nothing; what was committed stays in the log beside the file, and the file alone is an empty
# database. An explicit CHECKPOINT does raise.
# Guessed otherwise because close() is documented to write the log into the file, and a copy of the file is taken for the
# database afterwards.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==$(sed -n 's/^# duckdb (PyPI) \([0-9.]*\):.*/\1/p' "$0")"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import resource
import shutil
import signal

import duckdb

print("duckdb", duckdb.__version__)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
connection = duckdb.connect("store.duckdb")
connection.execute("CREATE TABLE kept (number INTEGER)")
connection.execute("INSERT INTO kept VALUES (1)")
try:
    connection.execute("CHECKPOINT")
    said = "nothing"
except duckdb.Error as error:
    said = type(error).__name__
print("an explicit CHECKPOINT raises:", said)
connection.close()
print("close() raises: nothing")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
shutil.copy("store.duckdb", "copy.duckdb")
tables = duckdb.connect("copy.duckdb").execute("SHOW TABLES").fetchall()
print("tables of the file without its log:", tables)
assert said != "nothing" and tables == [], "close() now writes the file, or says that it cannot"
PYTHON
