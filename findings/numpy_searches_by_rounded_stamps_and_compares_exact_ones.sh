#!/bin/sh
# numpy (PyPI) 2.4.6: searchsorted and intersect1d of stamps in nanoseconds, one side int64 and the other uint64.
# Behaviour: both sides are rounded to float64, to steps of 256 ns at today's stamps: searchsorted finds another place,
# and intersect1d finds stamps, as floats, that the two do not share. Of the same arrays ==, < and isin are exact.
# Guessed otherwise because comparing these two types is exact, and searchsorted is documented by what compares less.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np

print("numpy", np.__version__)
start = 1_700_000_000_000_000_000
signed = start + np.array([1, 2, 3], dtype=np.int64)
key = np.uint64(start + 3)
below = int((signed < key).sum())
found = {kind.__name__: int(np.searchsorted(signed, kind(key))) for kind in (np.int64, np.uint64)}
print("stamps below the third one, counted by <:", below, "found by searchsorted:", found)
other = (signed + 50).astype(np.uint64)
equal = int((signed[:, None] == other).sum()) + int(np.isin(signed, other).sum())
common = np.intersect1d(signed, other)
print("stamps that two arrays share, counted by == and isin:", equal, "by intersect1d:", len(common), common.dtype)
assert (below, found["int64"], equal) == (2, 2, 0)
assert found["uint64"] != 2, "searchsorted compares exactly now"
assert len(common) > 0 and common.dtype == np.float64, "intersect1d compares exactly now"
PYTHON
