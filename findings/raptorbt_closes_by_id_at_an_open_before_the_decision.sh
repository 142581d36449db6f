#!/bin/sh
# raptorbt (PyPI) 0.13.4: close_position(position_id) in a strategy class, with fill_timing="next_bar_open".
# Behaviour: the position is closed at the open of the very bar on whose close the strategy decided, a price from before
# the decision. Without an id close_position() closes the same position at the open of the next bar.
# Guessed otherwise because the timing is documented as "decide at bar i's close, fill at bar i+1's open", and because
# the id is documented only to say which of several positions is meant.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "raptorbt==0.13.4" "numpy==2.4.6"
RAPTORBT_NO_VERSION_CHECK=1 "$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import raptorbt
from raptorbt.strategy import orders

print("raptorbt", raptorbt.__version__, "numpy", np.__version__)
opens = np.array([100.0, 101.0, 102.0, 103.0, 104.0, 105.0])
closes = opens + 0.5
columns = [np.arange(6) * 86_400_000_000_000, opens, closes, opens, closes, np.ones(6)]
config = raptorbt.BacktestConfig(initial_capital=10_000.0, fees=0.0, fill_timing="next_bar_open")


class Held(raptorbt.Strategy):
    by_id = False

    def on_bar(self, ctx):
        if ctx.idx == 0:
            self.submit_order(orders.Market(side="buy", units=1.0))
        if ctx.idx == 3:
            self.close_position(*[held.position_id for held in ctx.positions if self.by_id])


class HeldById(Held):
    by_id = True


fills = {}
for strategy in (Held, HeldById):
    (trade,) = raptorbt.run_strategy_backtest(strategy, *columns, config=config).trades()
    fills[strategy] = trade.entry_price, trade.exit_price
    print(strategy.__name__, "decided at the closes of bars 0 and 3, opened at", fills[strategy][0], end=", ")
    print("closed at", fills[strategy][1])
assert fills[Held] == (101.0, 104.0)
assert fills[HeldById] == (101.0, 103.0), "a position that is closed by its id is closed at the next open now"
PYTHON
