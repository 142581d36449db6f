"""W1 in raptorbt. By arrays the long and the short side are runs of their own, since they know one direction a run.

`lean`: columns from files into its own averages, no pandas; `pandas`: a frame of the same columns, averages by `ewm`;
`csv`: the frame read from candles.csv, as its documentation does; `class`: a class that is asked on every bar, in one
account; `loop`, `batch`: all pairs of averages, one run after the other, or by its own batch on all processors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

os.environ["RAPTORBT_NO_VERSION_CHECK"] = "1"  # else it asks a registry on import

import numpy as np
import raptorbt
from raptorbt.strategy import orders
from work import (
    W1,
    Candles,
    Floats,
    Outcome,
    Summary,
    Truths,
    arguments,
    by_opening,
    crosses,
    read,
    tell,
    tell_variations,
)

ALLOTTED_USDT = 20_000.0
AT_ONCE = 8  # variations in a batch: the curves of all of them are held until the last is done


def config() -> Any:
    """Decided at a close, filled at the next open; stop and target in parts of the price of the fill."""
    rules = raptorbt.BacktestConfig(initial_capital=W1.cash_usdt, fees=W1.fee_rate, fill_timing="next_bar_open")
    rules.set_fixed_stop(W1.stop)
    rules.set_fixed_target(W1.target)
    return rules


def lots(candles: Candles) -> tuple[Floats, Any]:
    """What makes every position one lot of `W1.qty`: sizes are shares of capital here, cut to whole lots."""
    fills = np.append(candles.open[candles.first + 1 : candles.last], candles.close[candles.last - 1])
    shares = 1.5 * W1.qty * fills / ALLOTTED_USDT
    return shares, raptorbt.InstrumentConfig(lot_size=W1.qty, alloted_capital=ALLOTTED_USDT)


def columns_of(candles: Candles) -> list[Any]:
    """Times in ns and prices of the window."""
    prices = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    return [candles.window(candles.ts_ms) * 1_000_000, *(candles.window(column) for column in prices)]


def sides(up: Truths, down: Truths) -> tuple[tuple[int, Truths, Truths], ...]:
    """Direction, entries and exits of the two runs."""
    return (1, up, down), (-1, down, up)


def one(candles: Candles, up: Truths, down: Truths) -> Outcome:
    """Both sides, one after the other."""
    columns, (shares, lot) = columns_of(candles), lots(candles)
    words = {"config": config(), "position_sizes": shares, "instrument_config": lot}
    found = [
        raptorbt.run_single_backtest(*columns, entries=entries, exits=exits, direction=direction, **words)
        for direction, entries, exits in sides(up, down)
    ]
    return outcome_of(found)


def outcome_of(results: list[Any]) -> Outcome:
    """The trades of both sides, each priced net of its fees."""
    return Outcome(by_opening(rows_of(results)), np.empty(0))


def rows_of(results: list[Any]) -> Floats:
    """The trades of some runs in the common form."""
    return np.array(
        [
            (t.entry_idx, t.exit_idx, t.direction, t.size, t.entry_price, t.exit_price, t.fees, t.pnl)
            for result in results
            for t in result.trades()
        ]
    )


def in_pandas(folder: Path, start_ms: int, end_ms: int, from_csv: bool) -> Outcome:
    """The bars in a frame, the averages and crosses by its own means."""
    import pandas as pd

    if from_csv:
        frame = pd.read_csv(folder / "candles.csv")
    else:
        candles = read(folder, start_ms, end_ms)
        frame = pd.DataFrame(dict(zip(("ts", "open", "high", "low", "close", "volume"), candles[:6], strict=True)))
    fast = frame["close"].ewm(span=W1.fast, adjust=False).mean()
    slow = frame["close"].ewm(span=W1.slow, adjust=False).mean()
    columns = [frame[name].to_numpy() for name in frame.columns]
    first, last = np.searchsorted(columns[0], (start_ms, end_ms)).tolist()
    candles = Candles(*columns, first, last)
    return one(candles, *crosses(candles, fast.to_numpy(), slow.to_numpy()))


def lean(candles: Candles) -> Outcome:
    """One symbol, without pandas."""
    fast, slow = raptorbt.ema(candles.close, W1.fast), raptorbt.ema(candles.close, W1.slow)
    return one(candles, *crosses(candles, fast, slow))


def asked(candles: Candles) -> Outcome:
    """Its strategy class: where each order is a position of its own, one bar can close one and open another."""
    fast, slow = (candles.window(raptorbt.ema(candles.close, period)) for period in (W1.fast, W1.slow))

    class Asked(raptorbt.Strategy):  # type: ignore[misc]
        def on_start(self, _: Any) -> None:
            self.was_above = bool(fast[0] > slow[0])

        def on_bar(self, ctx: Any) -> None:
            above = fast[ctx.idx] > slow[ctx.idx]
            if above == self.was_above:
                return
            self.was_above = above
            if ctx.positions:
                self.close_position()
            side, sign, close = ("buy", 1, ctx.bar.close) if above else ("sell", -1, ctx.bar.close)
            stop, target = (1 - sign * W1.stop) * close, (1 + sign * W1.target) * close
            self.submit_order(orders.Market(side=side, units=W1.qty, stop_price=stop, target_price=target))

    rules = raptorbt.BacktestConfig(initial_capital=W1.cash_usdt, fees=W1.fee_rate, fill_timing="next_bar_open")
    account = {"oms_type": "hedging", "account_type": "margin", "leverage": float(W1.leverage)}
    found = raptorbt.run_strategy_backtest(Asked, *columns_of(candles), config=rules, **account)
    return Outcome(by_opening(rows_of([found])), found.equity_curve())


def pairs(candles: Candles, fasts: list[int], slows: list[int]) -> Iterator[tuple[Truths, Truths]]:
    """The crosses of every pair of averages; each average is made once."""
    slow_lines = [raptorbt.ema(candles.close, period) for period in slows]
    for period in fasts:
        fast = raptorbt.ema(candles.close, period)
        for slow in slow_lines:
            yield crosses(candles, fast, slow)


def summed(results: list[Any]) -> Summary:
    """Both sides of a variation; the profit of the short one has the wrong sign."""
    measured = [result.metrics for result in results]
    profit = sum(each.end_value - W1.cash_usdt for each in measured)
    return Summary(sum(each.total_trades for each in measured), sum(each.total_fees_paid for each in measured), profit)


def loop(candles: Candles, fasts: list[int], slows: list[int]) -> list[Summary]:
    """All pairs, run after run."""
    columns, (shares, lot) = columns_of(candles), lots(candles)
    words = {"config": config(), "position_sizes": shares, "instrument_config": lot}
    return [
        summed(
            [
                raptorbt.run_single_backtest(*columns, entries=entries, exits=exits, direction=direction, **words)
                for direction, entries, exits in sides(up, down)
            ]
        )
        for up, down in pairs(candles, fasts, slows)
    ]


def batch(candles: Candles, fasts: list[int], slows: list[int]) -> list[Summary]:
    """All pairs, some at once on all processors."""
    columns, (shares, lot) = columns_of(candles), lots(candles)
    words = {"config": config(), "position_sizes": shares, "instrument_config": lot}
    found: list[Summary] = []
    waiting = pairs(candles, fasts, slows)
    while some := list(islice(waiting, AT_ONCE)):
        items = [
            raptorbt.BatchSingleItem("", entries, exits, direction, **words)
            for up, down in some
            for direction, entries, exits in sides(up, down)
        ]
        results = [result for _, result in raptorbt.batch_single_backtest(*columns, items)]
        found += [summed(results[place : place + 2]) for place in range(0, len(results), 2)]
    return found


def main() -> None:
    """Do the work of the mode."""
    given = arguments("lean", "pandas", "csv", "class", "loop", "batch")
    span = (given.start_ms, given.end_ms)
    if given.mode in ("loop", "batch"):
        run_all = loop if given.mode == "loop" else batch
        tell_variations(run_all, read(given.folders[0], *span), given.fasts, given.slows)
    elif given.mode in ("lean", "class"):
        one_symbol = lean if given.mode == "lean" else asked
        tell([one_symbol(read(folder, *span)) for folder in given.folders], given.out)
    else:
        tell([in_pandas(folder, *span, given.mode == "csv") for folder in given.folders], given.out)


if __name__ == "__main__":
    main()
