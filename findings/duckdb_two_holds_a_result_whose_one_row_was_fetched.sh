#!/bin/sh
# duckdb (PyPI) 2.0.1: a relation that is run on a connection whose last result, of one row, was fetched.
# Behaviour: after execute(...).fetchone() of a result that has a single row, running sql(...) raises that the connection
# has an unfinished result. Another execute(...) in its place works.
# Guessed otherwise because no row is left, because 1.x runs both, and because execute itself does not mind.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==2.0.1"
"$folder/venv/bin/python" - <<'PYTHON'
import duckdb

print("duckdb", duckdb.__version__)
connection = duckdb.connect()
row = connection.execute("select count(*) from range(3)").fetchone()
print("the one row:", row)
raised = ""
try:
    print(connection.sql("select 1"))
except duckdb.Error as error:
    raised = type(error).__name__
    print("sql raised", raised + ":", str(error).splitlines()[0])
again = connection.execute("select 1").fetchone()
print("execute in its place:", again)
assert row == (3,) and again == (1,)
assert raised, "a relation runs now after the one row was fetched"
PYTHON
