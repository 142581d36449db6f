#!/bin/sh
# duckdb (PyPI) 1.5.6: Ctrl-C while execute() works.
# Behaviour: the query ends at once, as it should, by a RuntimeError ("Query interrupted") whose cause is the
# KeyboardInterrupt; it is neither a duckdb.Error nor a KeyboardInterrupt.
# Guessed otherwise because Python's own long calls let KeyboardInterrupt through: here `except KeyboardInterrupt`
# misses it, and `except Exception` catches what it is not meant to.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6
"$folder/venv/bin/python" - <<'PY'
import os
import signal
import threading

import duckdb

print("duckdb", duckdb.__version__)
connection = duckdb.connect()
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    connection.execute("SELECT sum(sin(i)) FROM range(4000000000) AS many(i)").fetchall()
except BaseException as error:
    caught = error
print("caught:", repr(caught), "because of", repr(caught.__cause__))
print("a duckdb.Error:", isinstance(caught, duckdb.Error), "a KeyboardInterrupt:", isinstance(caught, KeyboardInterrupt))
assert type(caught) is RuntimeError and isinstance(caught.__cause__, KeyboardInterrupt)
assert not isinstance(caught, duckdb.Error)
print("the connection answers again:", connection.execute("SELECT 1").fetchone())
PY
