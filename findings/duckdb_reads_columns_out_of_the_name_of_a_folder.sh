#!/bin/sh
# duckdb (PyPI) 1.5.6: read_parquet of one file that is named whole, and lies in a folder called like "year=2024".
# Behaviour: the folder's name counts as a partition: the file's own column of that name is replaced by what the folder
# says, in every row and without a word, and where the file has none there is a column more. Names are patterns, too,
# where they name a file that is there: of the folders "a[1]" and "a1" the file of the second is read.
# Guessed otherwise because partitions are found below a folder or by a pattern, and a file that is named is that file;
# polars reads partitions of a single file only where it is asked to.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==1.5.6" "polars==2.1.0"
cd "$folder"
mkdir "year=2024" "a[1]" a1
"$folder/venv/bin/python" - <<'PYTHON'
import duckdb
import polars as pl

print("duckdb", duckdb.__version__, "polars", pl.__version__)
file = "year=2024/rows.parquet"
pl.DataFrame({"year": [1999, 2000], "value": [1.5, 2.5]}).write_parquet(file)
found = duckdb.execute("SELECT year, value FROM read_parquet(?)", [file]).fetchall()
plain = duckdb.execute("SELECT year, value FROM read_parquet(?, hive_partitioning = false)", [file]).fetchall()
print("duckdb:", found, "without partitions:", plain)
print("polars:", pl.read_parquet(file).rows())
assert found == [(2024, 1.5), (2024, 2.5)]
assert plain == pl.read_parquet(file).rows() == [(1999, 1.5), (2000, 2.5)]

for name in ("a[1]", "a1"):
    pl.DataFrame({"of": [name]}).write_parquet(f"{name}/rows.parquet")
(of,) = duckdb.execute("SELECT of FROM read_parquet(?)", ["a[1]/rows.parquet"]).fetchone()
print("asked for a[1]/rows.parquet, got that of", of)
assert of == "a1"
PYTHON
