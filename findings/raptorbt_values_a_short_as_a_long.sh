#!/bin/sh
# raptorbt (PyPI) 0.13.4: run_single_backtest with direction=-1, and so a short item of its batch.
# Behaviour: the trade is priced as a short one, a fall from 100 to 90 is a profit of 100, but the equity curve, the end
# value, the total return and the drawdown are those of a long position: the same run ends at 900 of 1,000.
# Guessed otherwise because direction is documented as "1 = long, -1 = short", because the trades are right, and because
# no setting of these calls tells it: an account that prices shorts is an argument of its class-based strategies alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "raptorbt==0.13.4" "numpy==2.4.6"
RAPTORBT_NO_VERSION_CHECK=1 "$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import raptorbt

print("raptorbt", raptorbt.__version__, "numpy", np.__version__)
close = np.array([100.0, 100.0, 90.0, 90.0, 90.0])
columns = [np.arange(5) * 86_400_000_000_000, close, close, close, close, np.ones(5)]
enter, leave = np.arange(5) == 0, np.arange(5) == 2
config = raptorbt.BacktestConfig(initial_capital=1_000.0, fees=0.0, fill_timing="next_bar_open")
ends = {}
for direction in (1, -1):
    result = raptorbt.run_single_backtest(*columns, entries=enter, exits=leave, direction=direction, config=config)
    pnl, ends[direction] = sum(trade.pnl for trade in result.trades()), result.metrics.end_value
    print("direction", direction, "trades", pnl, "end", ends[direction], "return", result.metrics.total_return_pct, "%")
    print("  curve", result.equity_curve().tolist())
    assert pnl == -100.0 * direction
assert ends[1] == 900.0
assert ends[-1] == 900.0, "the equity of a short run follows its trades now"
PYTHON
