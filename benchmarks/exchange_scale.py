"""Times the exchange with many symbols and with many resting orders; prints figures and judges nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "exchange")]

from exchange_scenarios import INSTRUMENT, START_MS, TERMS  # noqa: E402

from btcli.exchange.face.simulated import SimulatedExchange  # noqa: E402
from btcli.exchange.face.tape import market_of  # noqa: E402

MINUTE_MS = 60_000
MONTH = 30 * 24 * 60
EVERY = 60  # bars between two decisions of a symbol
REPEATS = 3
Floats = NDArray[np.float64]


def bars(seed: int, steps: int) -> Floats:
    """A random walk of candles [steps, 5] with prices on the tick."""
    rng = np.random.default_rng(seed)
    closes = np.maximum(10_000 + np.cumsum(rng.integers(-20, 21, steps)), 3000)
    opens = np.concatenate(([10_000], closes[:-1]))
    highs = np.maximum(opens, closes) + rng.integers(0, 20, steps)
    lows = np.minimum(opens, closes) - rng.integers(0, 20, steps)
    return np.column_stack([opens / 10, highs / 10, lows / 10, closes / 10, np.full(steps, 100.0)])


def exchange_with(symbols: int, steps: int, **changes: Any) -> SimulatedExchange:
    """An exchange over a market of so many symbols."""
    names = [f"S{n}" for n in range(symbols)]
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    return SimulatedExchange(
        market_of(
            symbols=names,
            ts_open=START_MS + MINUTE_MS * np.arange(steps, dtype=np.int64),
            step_ms=MINUTE_MS,
            last=[bars(seed, steps) for seed in range(symbols)],
            mark=None,
            funding=[nothing] * symbols,
        ),
        instruments=[INSTRUMENT._replace(symbol=name) for name in names],
        terms=TERMS._replace(sizing_value=0.1, on_liquidation="continue", **changes),
        initial_equity_usdt=1e6,
    )


def seconds_of_month(symbols: int) -> float:
    """The fastest of a few runs of a month; each symbol decides once an hour, all at the same closes."""
    best = float("inf")
    for _ in range(REPEATS):
        exchange = exchange_with(symbols, MONTH)
        begun = time.perf_counter()
        for step in range(0, MONTH, EVERY):
            exchange.advance(step, min(step + EVERY, MONTH))
            if exchange.status == "RUNNING":
                for symbol in range(symbols):
                    exchange.submit_entry(symbol, 1 if step % 120 else -1, stop_distance=5.0, target_distance=8.0)
        best = min(best, time.perf_counter() - begun)
    return best


def seconds_with_resting(resting: int, stretches: int, length: int) -> list[float]:
    """Seconds of each stretch while so many limits rest and hundreds are replaced at each of its ends."""
    exchange = exchange_with(1, stretches * length)
    spent = []
    for n in range(stretches):
        begun = time.perf_counter()
        exchange.advance(n * length, (n + 1) * length)
        spent.append(time.perf_counter() - begun)
        if exchange.status == "RUNNING":
            for order in range(resting):
                exchange.submit_entry(0, 1, type="limit", price=300.0 + order / 10, expires_after_ms=length * MINUTE_MS)
    return spent[1:]


def main() -> None:
    """Print the ratio of twenty symbols to one, and how the time of a stretch grows with orders that are done."""
    exchange_with(1, 10).advance(0, 10)
    one, twenty = seconds_of_month(1), seconds_of_month(20)
    print(f"a month of 1m bars: 1 symbol {one:.3f} s, 20 symbols {twenty:.3f} s, ratio {twenty / one:.1f}")
    spent = seconds_with_resting(1000, 40, 200)
    early, late = float(np.median(spent[5:15])), float(np.median(spent[-10:]))
    print(f"1,000 limits that rest: {early:.4f} s a stretch of 200 bars after 5,000 orders, {late:.4f} s after 39,000")


if __name__ == "__main__":
    main()
