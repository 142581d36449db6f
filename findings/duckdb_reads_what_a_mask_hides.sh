#!/bin/sh
# duckdb (PyPI) 1.5.6: a masked array of numpy as a table, alone or in a dict, such as fetchnumpy() gives.
# Behaviour: the mask is not read, and what lies beneath it comes as a value: a result of fetchnumpy() that is queried
# again has numbers where NULL was, and the text '<NULL>' in a column of texts; NaN, a value, has become NULL.
# Guessed otherwise because duckdb itself says NULL by a mask, and because polars, pandas and pyarrow read it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==1.5.6" "numpy==2.4.6" "polars==2.1.0"
"$folder/venv/bin/python" - <<'PYTHON'
import duckdb
import numpy as np
import polars as pl

print("duckdb", duckdb.__version__, "numpy", np.__version__, "polars", pl.__version__)
rows = "(1, 1.5::DOUBLE, 'a'), (NULL, NULL, NULL), (3, 'nan'::DOUBLE, 'c')"
first = duckdb.sql(f"FROM (VALUES {rows}) t(whole, real, text)")
given = first.fetchnumpy()
again = duckdb.sql("FROM given").fetchall()
print("rows:", first.fetchall())
print("their masks:", {name: column.mask.tolist() for name, column in given.items()})
print("rows of what fetchnumpy gave:", again)
alone = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
by_duckdb, by_polars = [value for (value,) in duckdb.sql("FROM alone").fetchall()], pl.Series(alone).to_list()
print("an array whose second value is masked: duckdb", by_duckdb, "polars", by_polars)
assert by_polars == [1.0, None, 3.0]
assert None not in again[1] and again[1][2] == "<NULL>", "the masks of fetchnumpy are read now"
assert again[2] == (3, None, "c"), "NaN stays a value now"
assert by_duckdb == [1.0, 2.0, 3.0], "a mask is read now"
PYTHON
