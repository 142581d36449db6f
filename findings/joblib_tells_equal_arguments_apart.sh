#!/bin/sh
# joblib (PyPI) 1.6.0: hash and Memory.cache of a value that holds the same object twice.
# Behaviour: [pair, pair] and [pair, an equal pair] have different hashes, and a function with a cache is called again;
# so for numbers of numpy, dates and Decimals. Texts alone are taken by their value.
# Guessed otherwise because the two lists are equal and print alike, and because a text in the place of the pair shows
# that the value is what counts.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "joblib==1.6.0" "numpy==2.4.6"
cat >"$folder/twice.py" <<'PYTHON'
import sys
from datetime import date
from decimal import Decimal

import joblib
import numpy as np

calls = []


@joblib.Memory(sys.argv[1], verbose=0).cache
def total(pairs):
    calls.append(pairs)
    return sum(sum(pair) for pair in pairs)


if __name__ == "__main__":
    print("joblib", joblib.__version__, "numpy", np.__version__)
    made = {
        "text": lambda: "".join(["ema", "9"]),
        "pair": lambda: tuple([1.5, 2.5]),
        "number of numpy": lambda: np.float64(1.5),
        "date": lambda: date(2024, 1, 1),
        "Decimal": lambda: Decimal("1.5"),
    }
    alike = {}
    for name, make in made.items():
        one, equal = make(), make()
        assert [one, one] == [one, equal]
        alike[name] = joblib.hash([one, one]) == joblib.hash([one, equal])
    print("one object twice has the hash of two equal ones:", alike)
    one, equal = made["pair"](), made["pair"]()
    sums = [total([one, one]), total([one, equal]), total([one, equal])]
    print("a function with a cache, asked three times for", sums, "was called", len(calls), "times")
    assert alike.pop("text")
    assert not any(alike.values()), "equal values have equal hashes now"
    assert len(calls) == 2, "the function is called once now"
PYTHON
"$folder/venv/bin/python" "$folder/twice.py" "$folder/cache"
