"""The same entries in backtesting.py, on real candles: entries, exits and prices of stop and target systems agree."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from exchange_scenarios import INSTRUMENT, RULES, Scenario, exchange_of
from numpy.typing import NDArray
from shared_data import shared

FREE = dict.fromkeys(("slippage_bps", "stop_slippage_bps", "taker_fee_rate", "maker_fee_rate", "close_fee_rate"), 0.0)


class Plan(NamedTuple):
    """Every so many bars, alternately long and short, with a stop and a target so far from the close."""

    every: int
    stop_share: float
    target_share: float
    tick: float


class Done(NamedTuple):
    """A trade by its bars and prices."""

    side: int
    entry_bar: int
    exit_bar: int
    entry_price: float
    exit_price: float


PLANS = [
    ("BTCUSDT-1h-perp-saam2024h1", Plan(5, 0.01, 0.02, 0.1)),
    ("BTCUSDT-15m-perp-saam2024h1", Plan(7, 0.004, 0.006, 0.1)),
    ("ETHUSDT-15m-perp-saam2024h1", Plan(11, 0.01, 0.005, 0.01)),
]


def _wish(plan: Plan, bar: int, close: float) -> tuple[int, float, float]:
    """Side, stop and target of a decision at a bar's close, the levels on the tick."""
    side = 1 if bar // plan.every % 2 else -1
    stop = round(round(close * (1 - side * plan.stop_share) / plan.tick) * plan.tick, 2)
    target = round(round(close * (1 + side * plan.target_share) / plan.tick) * plan.tick, 2)
    return side, stop, target


def _ours(bars: NDArray[np.float64], plan: Plan) -> tuple[list[Done], set[int]]:
    inst = INSTRUMENT._replace(
        tick_size=str(plan.tick), leverage=1.0, max_market_qty=1e6, tiers=((1e12, 0.005, 0.01, 100.0, 0.0),), **FREE
    )
    scenario = Scenario([bars.tolist()], instruments=[inst], rules=RULES, cash=1e8)
    exchange, times = exchange_of(scenario), scenario.ts_open.tolist()
    for bar in range(len(bars)):
        exchange.advance(bar, bar + 1)
        if exchange.status == "RUNNING" and bar and bar % plan.every == 0 and not exchange.state()["has_position"]:
            side, stop, target = _wish(plan, bar, bars[bar, 3])
            exchange.submit_entry(0, side, stop_price=stop, target_price=target)
    place = {ts: n for n, ts in enumerate(times)}
    trades = [trade for trade in exchange.drain_trades() if trade.exit_reason != "end_of_data"]
    uncertain = {place[trade.entry_ts] for trade in trades if trade.ambiguous}
    sides = {"long": 1, "short": -1}
    done = [
        Done(sides[one.side], place[one.entry_ts], place[one.exit_ts], one.entry_price, one.exit_price)
        for one in trades
    ]
    return done, uncertain


def _theirs(bars: NDArray[np.float64], plan: Plan) -> list[Done]:
    backtesting = pytest.importorskip("backtesting")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(bars, columns=["Open", "High", "Low", "Close", "Volume"])
    frame.index = pandas.date_range("2024-01-01", periods=len(frame), freq="5min")

    class Alternating(backtesting.Strategy):  # type: ignore[name-defined,misc]
        def init(self) -> None: ...

        def next(self) -> None:
            bar = len(self.data) - 1
            if bar % plan.every == 0 and not self.position:
                side, stop, target = _wish(plan, bar, float(self.data.Close[-1]))
                (self.buy if side > 0 else self.sell)(size=1, sl=stop, tp=target)

    stats: Any = backtesting.Backtest(frame, Alternating, cash=1e8, commission=0.0, finalize_trades=False).run()
    return [
        Done(int(np.sign(one.Size)), int(one.EntryBar), int(one.ExitBar), float(one.EntryPrice), float(one.ExitPrice))
        for one in stats["_trades"].itertuples()
    ]


@pytest.mark.long
@pytest.mark.parametrize(("name", "plan"), PLANS, ids=[name for name, _ in PLANS])
def test_stop_and_target_systems_agree_with_backtesting(name: str, plan: Plan) -> None:
    """Without costs each trade that is not ambiguous has the bars and prices that backtesting.py gives it.

    It has no path inside the bar: with stop and target in one bar it takes the stop, as the pessimistic path does.
    It decides nothing at the first bar, which is left out here too.
    """
    polars = pytest.importorskip("polars")
    pytest.importorskip("backtesting")
    frame = polars.read_parquet(shared(f"data/{name}.parquet"))
    bars = frame.select("open", "high", "low", "close", "volume").to_numpy()[:20_000].astype(np.float64)
    (ours, uncertain), theirs = _ours(bars, plan), _theirs(bars, plan)
    assert len(ours) > 100
    other = {done.entry_bar: done for done in theirs}
    assert len(other) == len(theirs)
    differing = [
        (done, other.get(done.entry_bar))
        for done in ours
        if done.entry_bar not in uncertain and not _same(done, other.get(done.entry_bar))
    ]
    assert not differing, (len(differing), len(ours), differing[:3])
    assert {done.entry_bar for done in theirs} - {done.entry_bar for done in ours} <= uncertain


def _same(one: Done, other: Done | None) -> bool:
    return other is not None and one[:3] == other[:3] and one[3:] == pytest.approx(other[3:], abs=1e-9)
