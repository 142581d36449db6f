#!/bin/sh
# polars (PyPI) 2.1.0: write_parquet and write_csv into a file that is full, as /dev/full always is (Linux).
# Behaviour: write_csv raises OSError, and write_parquet ComputeError, "File out of specification", with or without the
# system's reason behind it, into a path and into a file that Python has opened alike. Neither error has an errno.
# Guessed otherwise because both write into the same file, a missing folder is FileNotFoundError from both, and the data
# that was to be written keeps to its specification.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "polars==2.1.0"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import polars as pl

print("polars", version("polars"))
frame = pl.DataFrame({"x": range(100_000)})


def error_of(write, target):
    try:
        write(target)
    except Exception as error:
        said = str(error).partition("\n")[0]
        print(f"{write.__name__}: {type(error).__name__}, errno {getattr(error, 'errno', None)}: {said}")
        return error
    raise AssertionError("a full file takes rows now")


assert isinstance(error_of(frame.write_csv, "/dev/full"), OSError), "write_csv raises another error now"
assert not isinstance(error_of(frame.write_parquet, "/dev/full"), OSError), "write_parquet raises OSError now"
with open("/dev/full", "wb") as opened:
    assert not isinstance(error_of(frame.write_parquet, opened), OSError), "write_parquet raises OSError now"
assert isinstance(error_of(frame.write_parquet, "/no/such/folder/x.parquet"), FileNotFoundError)
PYTHON
