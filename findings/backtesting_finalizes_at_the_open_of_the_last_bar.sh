#!/bin/sh
# backtesting (PyPI) 0.6.6: Backtest(..., finalize_trades=True).
# Behaviour: the last bar is gone through a second time after the strategy has seen its close: what is still held is
# sold at that bar's open, and what the strategy orders on seeing its close is bought at that same open.
# Guessed otherwise because open trades are documented to be closed on the last bar, whose last price, and the one that
# values them on every other bar, is the close; and because market orders are documented to fill at the next open.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "backtesting==0.6.6" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import backtesting
import pandas as pd

print("backtesting", backtesting.__version__, "pandas", pd.__version__)
days = pd.date_range("2024-01-01", periods=4)
prices = {"Open": [100.0] * 4, "High": [100.0] * 3 + [150.0], "Low": [100.0] * 4, "Close": [100.0] * 3 + [150.0]}


class Held(backtesting.Strategy):
    def init(self):
        pass

    def next(self):
        if len(self.data) == 2:
            self.buy(size=1)


class BoughtAtTheEnd(Held):
    def next(self):
        if self.data.Close[-1] == 150.0:  # known when the last bar has closed, and not before
            self.buy(size=1)


def ran(strategy):
    return backtesting.Backtest(pd.DataFrame(prices, days), strategy, cash=1_000, finalize_trades=True).run()


held, bought = ran(Held), ran(BoughtAtTheEnd)
sold_at = held["_trades"]["ExitPrice"].tolist()
print("the last bar opens at 100 and closes at 150; what was held is sold at", sold_at)
print("equity at the end when a unit was bought on seeing that close:", bought["Equity Final [$]"])
assert sold_at == [100.0], "what is held at the end is sold at another price than the last open now"
assert bought["Equity Final [$]"] == 1_050.0, "an order on the last close no longer fills at that bar's open"
PYTHON
