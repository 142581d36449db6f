#!/bin/sh
# TA-Lib (PyPI) 0.8.2: MACD, MACDEXT, APO and PPO with a fast period that is longer than the slow one.
# Behaviour: the two are exchanged without a word, so that (6, 3) gives to the last bit what (3, 6) gives. ADOSC, which
# takes the same two arguments, does not exchange them: there the sign turns.
# Guessed otherwise because the arguments have names, a fast average less a slow one turns its sign with them, and a
# search over both periods counts the pair as two trials where it is one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "TA-Lib==0.8.2" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import talib

print("TA-Lib", talib.__version__, "numpy", np.__version__)
close = np.array([100.0, 101.0, 103.0, 102.0, 105.0, 107.0, 106.0, 110.0, 109.0, 112.0, 115.0, 113.0, 118.0, 117.0])
high, low, volume = close + 1.0, close - 2.0, np.arange(5.0, 19.0)
differences = {
    "EMA - EMA": lambda fast, slow: talib.EMA(close, fast) - talib.EMA(close, slow),
    "ADOSC": lambda fast, slow: talib.ADOSC(high, low, close, volume, fast, slow),
    "MACD": lambda fast, slow: talib.MACD(close, fast, slow, 2)[0],
    "MACDEXT": lambda fast, slow: talib.MACDEXT(close, fast, 1, slow, 1, 2, 1)[0],
    "APO": lambda fast, slow: talib.APO(close, fast, slow),
    "PPO": lambda fast, slow: talib.PPO(close, fast, slow),
}
same = []
for name, of in differences.items():
    print(f"{name}: fast 3, slow 6 {of(3, 6)[-1]:+.6f}; fast 6, slow 3 {of(6, 3)[-1]:+.6f}")
    if np.array_equal(of(3, 6), of(6, 3), equal_nan=True):
        same.append(name)
print("the same in either order:", same)
assert same == ["MACD", "MACDEXT", "APO", "PPO"], "other functions exchange their periods now"
PYTHON
