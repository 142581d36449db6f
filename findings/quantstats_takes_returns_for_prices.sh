#!/bin/sh
# quantstats (PyPI) 0.0.86: stats.sharpe, and whatever else prepares what it is given, with a series of daily returns.
# Behaviour: a series whose smallest value is not below 0 and whose largest is above 1 is taken for prices: it is
# replaced by its own changes, without a word. Returns without a losing day and with a day above 100 % are such a series.
# Guessed otherwise because the parameter is called returns, and nothing of the call or of the series was changed but
# the size of one gain. The same returns as a price index of 100 at the start give the ratio that was asked for.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "quantstats==0.0.86" "pandas==3.1.1" "numpy==2.4.6"
MPLCONFIGDIR="$folder" "$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from math import sqrt
from statistics import mean, stdev

import pandas as pd
from quantstats import stats

print("quantstats", version("quantstats"), "pandas", version("pandas"))
found = {}
for gain in (0.9, 1.5):
    daily = [0.02, gain, 0.0, 0.01]
    days = pd.date_range("2024-01-01", periods=len(daily))
    returns = pd.Series(daily, index=days)
    prices = pd.concat([pd.Series(100.0, index=[days[0] - pd.Timedelta(days=1)]), 100.0 * (1.0 + returns).cumprod()])
    asked = mean(daily) / stdev(daily) * sqrt(365)
    found[gain] = asked, stats.sharpe(returns, periods=365), stats.sharpe(prices, periods=365)
    print(f"one day of {gain:+.0%}: by hand {asked:.6f}, given returns {found[gain][1]:.6f}, prices {found[gain][2]:.6f}")
for asked, _, by_prices in found.values():
    assert abs(by_prices - asked) < 1e-9, "prices are not taken for prices now"
assert abs(found[0.9][1] - found[0.9][0]) < 1e-9, "a series without such a day is not taken for returns now"
assert not abs(found[1.5][1] - found[1.5][0]) < 1e-9, "returns are taken for returns now"
PYTHON
