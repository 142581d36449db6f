"""The bars that an engine is handed, and the form in which it hands its trades back; imports numpy alone.

A folder of candles holds one .npy a column: `ts` (ms, opening), `open`, `high`, `low`, `close`, `volume`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
HISTORY_BARS = 1_440  # before the window, for the averages
TRADE = ("entry_bar", "exit_bar", "side", "qty", "entry_price", "exit_price", "fees_usdt", "net_pnl_usdt")


class Load(NamedTuple):
    """What every engine is to do: its averages in bars, stop and target as fractions of the close."""

    fast: int = 12
    slow: int = 48
    qty: float = 0.1
    fee_rate: float = 0.00055
    stop: float = 0.02
    target: float = 0.04
    cash_usdt: float = 100_000.0
    leverage: int = 5


W1 = Load()


class Candles(NamedTuple):
    """A symbol's columns, with `HISTORY_BARS` before the window, whose rows are `first` to before `last`."""

    ts_ms: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    first: int
    last: int

    def window(self, column: NDArray[Any]) -> NDArray[Any]:
        """The rows of the window, contiguous."""
        return np.ascontiguousarray(column[self.first : self.last])


class Outcome(NamedTuple):
    """What an engine found: its trades by opening, one row of `TRADE` each, and the equity at each bar's close.

    `entry_bar` is that at whose open the entry filled, `exit_bar` that in which the trade ended, from the window's
    first on. An engine that has no one account for all of it leaves the equity empty.
    """

    trades: Floats
    equity_usdt: Floats


class Summary(NamedTuple):
    """What is kept of a variation: how many trades, their fees, and the profit by the engine's own figures."""

    trades: int
    fees_usdt: float
    profit_usdt: float


def read(folder: Path, start_ms: int, end_ms: int) -> Candles:
    """The candles of a folder; what lies outside the window and its history is not read."""
    columns = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in COLUMNS]
    first, last = np.searchsorted(columns[0], (start_ms, end_ms)).tolist()
    begin = max(first - HISTORY_BARS, 0)
    return Candles(*(np.array(column[begin:last]) for column in columns), first - begin, last - begin)


def crosses(candles: Candles, fast: Floats, slow: Floats) -> tuple[Truths, Truths]:
    """At which closes of the window `fast` came to lie above `slow`, and at which it no longer did."""
    above = (fast > slow)[candles.first : candles.last]
    turned = np.zeros(len(above), dtype=bool)
    turned[1:] = above[1:] != above[:-1]
    return turned & above, turned & ~above


def by_opening(rows: Floats) -> Floats:
    """Trades in the order in which they were opened."""
    return rows[np.argsort(rows[:, 0], kind="stable")]


def arguments(*modes: str) -> argparse.Namespace:
    """The command line of every engine's program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=modes)
    parser.add_argument("start_ms", type=int)
    parser.add_argument("end_ms", type=int)
    parser.add_argument("folders", type=Path, nargs="+", help="one a symbol")
    parser.add_argument("--out", type=Path, help="a .npz for the trades and the equity of the last symbol")
    parser.add_argument("--fasts", type=int, nargs="*", default=[W1.fast])
    parser.add_argument("--slows", type=int, nargs="*", default=[W1.slow])
    return parser.parse_args()


def tell(outcomes: Sequence[Outcome], out: Path | None) -> None:
    """Print how many trades there were and the digest of every figure; keep those of the last symbol in `out`."""
    digest = hashlib.sha256()
    for outcome in outcomes:
        digest.update(np.ascontiguousarray(outcome.trades))
        digest.update(np.ascontiguousarray(outcome.equity_usdt))
    if out is not None:
        np.savez(out, trades=outcomes[-1].trades, equity_usdt=outcomes[-1].equity_usdt)
    print(json.dumps({"trades": sum(len(each.trades) for each in outcomes), "sha256": digest.hexdigest()}))


def tell_variations(
    run_all: Callable[[Candles, list[int], list[int]], list[Summary]],
    candles: Candles,
    fasts: list[int],
    slows: list[int],
) -> None:
    """Run and print how many trades all variations had, the digest of their figures, and the seconds on the wall.

    The seconds begin when the bars lie in memory: averages and crosses are made in them.
    """
    begun_s = time.perf_counter()
    summaries = run_all(candles, fasts, slows)
    inside_s = time.perf_counter() - begun_s
    digest = hashlib.sha256(np.array(summaries, dtype=np.float64)).hexdigest()
    counts = [each.trades for each in summaries]
    print(json.dumps({"trades": sum(counts), "counts": counts, "sha256": digest, "inside_s": inside_s}))
