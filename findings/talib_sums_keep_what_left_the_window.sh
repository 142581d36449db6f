#!/bin/sh
# TA-Lib (PyPI) 0.8.2: SMA, and every function that slides a sum, keeps one running sum through the whole series.
# Behaviour: once the values of a window are all 0, the average is not 0 but the rounding of what has left the window.
# Guessed otherwise because the function is documented with a lookback, and reads nothing before it: a comparison such
# as volume > sma(volume) then depends on where the series began.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "TA-Lib==0.8.2" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import talib

print("TA-Lib", talib.__version__, "numpy", np.__version__)
values = np.array([0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0])
whole, later = talib.SMA(values, 3), talib.SMA(values[3:], 3)
print("average of the last three values, which are 0:", whole[-1])
print("the same average of a series that begins later:", later[-1])
assert values[-3:].tolist() == [0.0, 0.0, 0.0]
assert whole[-1] != 0.0, "the average of zeros is 0 now"
assert later[-1] == 0.0
PYTHON
