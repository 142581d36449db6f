"""W1 in backtesting.py: a class that is asked on every bar, in lots of `W1.qty`, since it counts whole units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest
from work import W1, Candles, Outcome, arguments, by_opening, read, tell


def strategy_of(candles: Candles) -> type[Strategy]:
    """The strategy over averages that have seen the bars before the window."""
    close = pd.Series(candles.close)
    fast, slow = (candles.window(close.ewm(span=span, adjust=False).mean().to_numpy()) for span in (W1.fast, W1.slow))

    class Asked(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            self.fast, self.slow = self.I(lambda: fast, name="fast"), self.I(lambda: slow, name="slow")
            self.was_above = bool(fast[0] > slow[0])

        def next(self) -> None:
            above = self.fast[-1] > self.slow[-1]
            if above == self.was_above:
                return
            self.was_above = above
            close = self.data.Close[-1]
            if above:
                self.buy(size=1, sl=(1 - W1.stop) * close, tp=(1 + W1.target) * close)
            else:
                self.sell(size=1, sl=(1 + W1.stop) * close, tp=(1 - W1.target) * close)

    return Asked


def ran(candles: Candles) -> Any:
    """Its statistics, with the table of trades and the equity among them."""
    names = ("Open", "High", "Low", "Close", "Volume")
    index = pd.DatetimeIndex(candles.window(candles.ts_ms).astype("datetime64[ms]"))
    frame = pd.DataFrame(
        {name: candles.window(column) for name, column in zip(names, candles[1:6], strict=True)}, index=index
    )
    rules = {"commission": W1.fee_rate, "margin": 1 / W1.leverage, "exclusive_orders": True, "finalize_trades": True}
    return FractionalBacktest(frame, strategy_of(candles), fractional_unit=W1.qty, cash=W1.cash_usdt, **rules).run()


def outcome_of(statistics: Any) -> Outcome:
    """Its table of trades in the common form."""
    table = statistics["_trades"]
    size = table["Size"].to_numpy()
    names = ("EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "Commission", "PnL")
    first, last, entry, end, fees, net = (table[name].to_numpy(dtype=np.float64) for name in names)
    rows = np.column_stack((first, last, np.sign(size), np.abs(size), entry, end, fees, net))
    return Outcome(by_opening(rows), statistics["_equity_curve"]["Equity"].to_numpy())


def main() -> None:
    """Do the work."""
    asked = arguments("class")
    span = (asked.start_ms, asked.end_ms)
    outcomes = [outcome_of(ran(read(folder, *span))) for folder in asked.folders]
    tell(outcomes, asked.out)


if __name__ == "__main__":
    main()
