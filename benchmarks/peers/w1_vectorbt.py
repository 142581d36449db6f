"""W1 in vectorbt, on frames, by the engine that the mode names: `numba` or `rust` (its package vectorbt-rust)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import vectorbt
from work import W1, Candles, Floats, Outcome, Truths, arguments, crosses, read, tell


def next_bar(decided: Truths) -> Truths:
    """What was decided at a close acts on the next bar."""
    return np.concatenate(([False], decided[:-1]))


def simulated(candles: Candles, engine: str) -> Any:
    """One account that is long, short or flat; what is decided at a close fills at the next open."""
    close = pd.Series(candles.close)
    fast, slow = (close.ewm(span=span, adjust=False).mean().to_numpy() for span in (W1.fast, W1.slow))
    up, down = (next_bar(decided) for decided in crosses(candles, fast, slow))
    index = pd.DatetimeIndex(candles.window(candles.ts_ms).astype("datetime64[ms]"))
    prices = (candles.open, candles.high, candles.low, candles.close)
    opens, highs, lows, closes = (pd.Series(candles.window(column), index=index) for column in prices)
    return vectorbt.Portfolio.from_signals(
        closes,
        entries=up,
        short_entries=down,
        upon_opposite_entry="reverse",
        open=opens,
        high=highs,
        low=lows,
        price=opens,
        size=W1.qty,
        size_type="amount",
        fees=W1.fee_rate,
        sl_stop=W1.stop,
        tp_stop=W1.target,
        stop_entry_price="fillprice",
        stop_exit_price="stoplimit",
        init_cash=W1.cash_usdt,
        freq="1min",
        engine=engine,
    )


def rows_of(records: Any) -> Floats:
    """Its records of trades in the common form; in them the side is 0 for long and 1 for short."""
    side = 1.0 - 2.0 * records["direction"]
    fees = records["entry_fees"] + records["exit_fees"]
    names = ("entry_idx", "exit_idx", side, "size", "entry_price", "exit_price", fees, "pnl")
    columns = [records[name] if isinstance(name, str) else name for name in names]
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])


def main() -> None:
    """Do the work of the mode."""
    asked = arguments("numba", "rust")
    outcomes = []
    for folder in asked.folders:
        account = simulated(read(folder, asked.start_ms, asked.end_ms), asked.mode)
        outcomes.append(Outcome(rows_of(account.trades.records), account.value().to_numpy()))
    tell(outcomes, asked.out)


if __name__ == "__main__":
    main()
