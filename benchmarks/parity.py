"""Holds what another engine found against a recorded run of the same work: trades, fees, equity.

`python benchmarks/parity.py RUN START_MS OTHER`; OTHER is another run directory, or the .npz of a peer's program.
Prints one JSON object. A process of its own, since the memory of the one that times would be in what it times.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MINUTE_MS = 60_000
TOLERANCE = 1e-9  # relative
FEE_RATE, INITIAL_USDT = 0.00055, 100_000.0


class Found(NamedTuple):
    """A run: a row a trade (entry bar, exit bar, side, qty, entry and exit price, fees, net pnl), and the equity."""

    trades: Floats
    equity_usdt: Floats


class Parity(NamedTuple):
    """How far two engines lie apart: bars and sides must be the same, of figures the greatest relative distance."""

    trades: int
    other_trades: int
    same_bars: bool
    prices: float
    fees: float
    balance: float
    equity: float | None  # None: the engine has no curve for the whole work

    @property
    def holds(self) -> bool:
        """Whether the two did the same work."""
        figures = (self.prices, self.fees, self.balance, self.equity or 0.0)
        return self.trades == self.other_trades and self.same_bars and max(figures) <= TOLERANCE

    def told(self) -> str:
        """One line."""
        if not self.same_bars:
            return f"{self.trades:,} and {self.other_trades:,} trades, NOT on the same bars"
        curve = "no curve of its own to compare" if self.equity is None else f"equity {self.equity:.0e}"
        apart = f"prices {self.prices:.0e}, fees {self.fees:.0e}, balance {self.balance:.0e}, {curve}"
        return f"{self.trades:,} trades, the same bars and sides; apart by {apart}"


def recorded(run: Path, start_ms: int) -> Found:
    """The trades and the equity of a run directory whose bars are of one minute."""
    with (run / "trades.csv").open() as file:
        rows = [_row(row, start_ms) for row in csv.DictReader(file)]
    with (run / "equity_curve.csv").open() as file:
        equity = [float(row["equity_usdt"]) for row in csv.DictReader(file)]
    return Found(np.array(rows), np.array(equity))


def _row(row: dict[str, str], start_ms: int) -> tuple[float, ...]:
    bars = (_bar(row["entry_ts"], start_ms), _bar(row["exit_ts"], start_ms))
    names = ("qty", "entry_price", "exit_price", "fees_usdt", "net_pnl_usdt")
    return (*bars, 1.0 if row["side"] == "long" else -1.0, *(float(row[name]) for name in names))


def _bar(ts: str, start_ms: int) -> int:
    return (round(datetime.fromisoformat(ts).timestamp() * 1000) - start_ms) // MINUTE_MS


def compared(run: Found, other: Found, initial_usdt: float, rounds: bool) -> Parity:
    """Hold them together, but for the trade that is open at the end and the last bar: those differ by rule.

    btcli rounds every fee up at the eighth decimal: with `rounds` the other's are, before they are compared.
    """
    ended, others_ended = (found.trades[found.trades[:, 1] < len(run.equity_usdt) - 1] for found in (run, other))
    if len(ended) != len(others_ended) or not np.array_equal(ended[:, :3], others_ended[:, :3]):
        return Parity(len(run.trades), len(other.trades), False, np.inf, np.inf, np.inf, None)
    added = rounding_of(others_ended) * rounds
    fees = _distance(ended[:, 6], others_ended[:, 6] + added.sum(axis=1))
    balance = initial_usdt + np.cumsum(ended[:, 7])
    others_balance = initial_usdt + np.cumsum(others_ended[:, 7] - added.sum(axis=1))
    equity = _equity_distance(run, other, rounds) if len(other.equity_usdt) else None
    prices = _distance(ended[:, 3:6], others_ended[:, 3:6])
    return Parity(len(run.trades), len(other.trades), True, prices, fees, _distance(balance, others_balance), equity)


def rounding_of(trades: Floats) -> Floats:
    """What rounding up at the eighth decimal adds to the fee of each entry and of each exit."""
    exact = FEE_RATE * trades[:, 3:4] * trades[:, 4:6]
    rounded: Floats = np.ceil(exact * 1e8 * (1 - 2.0**-50)) / 1e8
    return rounded - exact


def _equity_distance(run: Found, other: Found, rounds: bool) -> float:
    """Over all bars but the last; what rounding added is taken from the other's curve where it was paid."""
    added, bars = rounding_of(other.trades) * rounds, len(run.equity_usdt)
    paid = np.zeros(bars + 1)
    for column in (0, 1):
        np.add.at(paid, np.minimum(other.trades[:, column].astype(int), bars), added[:, column])
    return _distance(run.equity_usdt[:-1], (other.equity_usdt - np.cumsum(paid)[:bars])[:-1])


def _distance(ours: Floats, theirs: Floats) -> float:
    return float(np.max(np.abs(ours - theirs) / np.abs(ours))) if len(ours) else 0.0


def main() -> None:
    """Print how far they lie apart."""
    run, start_ms, other = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    is_run = other.is_dir()
    found = recorded(other, start_ms) if is_run else Found(**np.load(other))
    parity = compared(recorded(run, start_ms), found, INITIAL_USDT, rounds=not is_run)
    print(json.dumps({"holds": parity.holds, "told": parity.told()}))


if __name__ == "__main__":
    main()
