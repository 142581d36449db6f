#!/bin/sh
# numpy (PyPI) 2.4.6: numpy.unique, and with it numpy.isin, on whole numbers such as the minutes of a year in milliseconds.
# Behaviour: the very same values take many times longer as int64 than as float64, or than with return_index=True, which
# must do more: whole numbers alone go through a table of hashes, floats and asked-for indices through a sort.
# Guessed otherwise because integers compare at least as fast as floats, the input is in order already, and asking for
# more does not usually take less.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "numpy==$(sed -n 's/^# numpy (PyPI) \([0-9.]*\):.*/\1/p' "$0")"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
from time import process_time

import numpy as np

print("numpy", np.__version__)
minutes = np.arange(525_600, dtype=np.int64) * 60_000 + 1_609_459_200_000


def least_ms(work):
    spent = []
    for _ in range(3):
        begun = process_time()
        work()
        spent.append((process_time() - begun) * 1e3)
    return min(spent)


plain = least_ms(lambda: np.unique(minutes))
as_floats = least_ms(lambda: np.unique(minutes.astype(np.float64)))
with_index = least_ms(lambda: np.unique(minutes, return_index=True))
within = least_ms(lambda: np.isin(minutes, minutes))
print(f"distinct minutes as int64: {plain:.1f} ms of processor")
print(f"the same as float64: {as_floats:.1f} ms, as int64 with return_index=True: {with_index:.1f} ms")
print(f"isin of the minutes in themselves: {within:.1f} ms")
assert np.array_equal(np.unique(minutes), minutes), "the answer is another one now"
assert plain > 5 * as_floats and plain > 5 * with_index and within > 5 * as_floats, "whole numbers are no longer slow"
PYTHON
