#!/bin/sh
# TA-Lib (PyPI) 0.8.2: set_unstable_period and set_compatibility while any stream is alive.
# Behaviour: both raise RuntimeError, for the value that is set already as well, as long as one stream object exists
# anywhere in the process; once it is gone the same call passes.
# Guessed otherwise because a stream belongs to whoever made it, and setting what is set already changes nothing for it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "TA-Lib==$(sed -n 's/^# TA-Lib (PyPI) \([0-9.]*\):.*/\1/p' "$0")"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import talib
import talib.stream

print("TA-Lib", talib.__version__)


def said(set_again):
    try:
        set_again()
    except RuntimeError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def period():
    talib.set_unstable_period("ALL", 0)


def compatibility():
    talib.set_compatibility(0)


before = [said(period), said(compatibility)]
stream = talib.stream.RSI(np.arange(1.0, 50.0))
alive = [said(period), said(compatibility)]
del stream
after = [said(period), said(compatibility)]
print("before a stream:", before)
print("while one lives:", alive)
print("after it:", after)
assert before == after == ["nothing"] * 2 and all("RuntimeError" in each for each in alive), "settings are free now"
PYTHON
