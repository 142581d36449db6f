"""The same entries in backtesting.py, on real candles: entries, exits and prices of stop and target systems agree."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from exchange_scenarios import INSTRUMENT, TERMS, Scenario, exchange_of
from numpy.typing import NDArray
from shared_data import shared

COSTS = ("slippage_bps", "stop_slippage_bps", "taker_fee_rate", "maker_fee_rate", "close_fee_rate")
FREE: dict[str, Any] = dict.fromkeys(COSTS, 0.0)
SIDES = {"long": 1, "short": -1}
MOST_BARS = 20_000
PATIENCE = 8  # entries' worth of bars after which a trade that neither level ended is closed


class Plan(NamedTuple):
    """Every so many bars an entry, with a stop and a target so far from the close as a share of it; 0: without."""

    every: int
    stop_share: float
    target_share: float
    decimals: int  # of the tick
    sides: str = "both"  # long and short in turn, or one of them


class Done(NamedTuple):
    """A trade by its bars and prices."""

    side: int
    entry_bar: int
    exit_bar: int
    entry_price: float
    exit_price: float


class Ours(NamedTuple):
    """What the exchange did: its trades by entry bar, the bars of the ambiguous ones, the bars of refusals."""

    trades: dict[int, Done]
    uncertain: set[int]
    refused: dict[int, str]


# A file, how far apart entries may be, how far stop and target lie, and the decimals of its prices.
FILES = {
    "BTCUSDT-1h-perp-saam2024h1": Plan(5, 0.01, 0.02, 1),
    "ETHUSDT-1h-perp-saam2024h1": Plan(3, 0.02, 0.01, 2),
    "BTCUSDT-15m-perp-saam2024h1": Plan(7, 0.004, 0.006, 1),
    "ETHUSDT-15m-perp-saam2024h1": Plan(11, 0.01, 0.005, 2),
    "BTCUSDT-1h-perp-cyft": Plan(4, 0.015, 0.015, 1),
    "SUIUSDT-1h-perp-cyft": Plan(2, 0.02, 0.03, 4),
    "ETHUSDT-5m-perp-cyft": Plan(9, 0.003, 0.004, 2),
    "SUIUSDT-5m-perp-cyft": Plan(6, 0.005, 0.005, 4),
    "BTCUSDT-1m-perp-alper": Plan(13, 0.001, 0.001, 1),
    "DOGEUSDT-1m-perp-alper": Plan(8, 0.002, 0.003, 5),
    "SOLUSDT-1m-perp-alper": Plan(10, 0.003, 0.002, 3),
    "FILUSDT-1m-perp-isda2023": Plan(5, 0.002, 0.002, 3),
}
SYSTEMS: dict[str, dict[str, Any]] = {
    "stop and target": {},
    "stop alone": {"target_share": 0.0},
    "target alone": {"stop_share": 0.0},
    "long": {"sides": "long"},
    "short": {"sides": "short"},
}


def _wish(plan: Plan, bar: int, close: float) -> tuple[int, float | None, float | None]:
    """Side, stop and target of a decision at a bar's close, the levels on the tick."""
    side = SIDES.get(plan.sides) or (1 if bar // plan.every % 2 else -1)
    stop = round(close * (1 - side * plan.stop_share), plan.decimals) if plan.stop_share else None
    target = round(close * (1 + side * plan.target_share), plan.decimals) if plan.target_share else None
    return side, stop, target


def _ours(bars: NDArray[np.float64], plan: Plan) -> Ours:
    tick, tiers = f"{10.0**-plan.decimals:.{plan.decimals}f}", ((1e12, 0.005, 0.01, 100.0, 0.0),)
    inst = INSTRUMENT._replace(
        tick_size=tick, leverage=1.0, max_market_qty=1e6, min_notional_usdt=0.0, tiers=tiers, **FREE
    )
    # a margin so large that no price liquidates
    terms = TERMS._replace(margin_mode="cross")
    scenario = Scenario([bars.tolist()], instruments=[inst], terms=terms, cash=1e8)
    exchange, place = exchange_of(scenario), {ts: n for n, ts in enumerate(scenario.ts_open.tolist())}
    for bar in range(len(bars)):
        exchange.advance(bar, bar + 1)
        if exchange.status != "RUNNING" or not bar or bar % plan.every:
            continue
        if not exchange.state()["has_position"]:
            side, stop, target = _wish(plan, bar, float(bars[bar, 3]))
            exchange.submit_entry(0, side, stop_price=stop or None, target_price=target or None)
        elif bar % (plan.every * PATIENCE) == 0:
            exchange.submit_close(0)
    trades = [trade for trade in exchange.drain_trades() if trade.exit_reason != "end_of_data"]
    refused = [event for event in exchange.drain_events() if event.name == "order_rejected"]
    return Ours(
        {
            place[one.entry_ts]: Done(
                SIDES[one.side], place[one.entry_ts], place[one.exit_ts], one.entry_price, one.exit_price
            )
            for one in trades
        },
        {place[one.entry_ts] for one in trades if one.ambiguous},
        {place[event.ts]: event.fields["code"] for event in refused},
    )


def _theirs(bars: NDArray[np.float64], plan: Plan) -> dict[int, Done]:
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
            elif bar % (plan.every * PATIENCE) == 0:
                self.position.close()

    stats: Any = backtesting.Backtest(frame, Alternating, cash=1e8, commission=0.0, finalize_trades=False).run()
    return {
        int(one.EntryBar): Done(
            int(np.sign(one.Size)), int(one.EntryBar), int(one.ExitBar), float(one.EntryPrice), float(one.ExitPrice)
        )
        for one in stats["_trades"].itertuples()
    }


def _differences(ours: Ours, theirs: dict[int, Done]) -> list[tuple[str, int, Done | None, Done | None]]:
    """Each trade that is not the same on both sides, with the reason where there is a known one."""
    found = []
    for bar in sorted(set(ours.trades) | set(theirs)):
        one, other = ours.trades.get(bar), theirs.get(bar)
        if one and other and one[:3] == other[:3] and one[3:] == pytest.approx(other[3:], abs=1e-9):
            continue
        reason = "ambiguous" if bar in ours.uncertain else ours.refused.get(bar, "unexplained")
        found.append((reason, bar, one, other))
    return found


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Some trades remain open")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", FILES)
def test_stop_and_target_systems_agree_with_backtesting(name: str, system: str) -> None:
    """Without costs each trade that is not ambiguous has the bars and prices that backtesting.py gives it.

    It may differ in an ambiguous trade, having no path inside the bar, and where the open lies beyond an entry's own
    stop, which it fills. On these candles neither happens: with stop and target in one bar it takes the stop, as the
    pessimistic path does. It decides nothing at the first bar, which is left out here too.
    """
    polars = pytest.importorskip("polars")
    pytest.importorskip("backtesting")
    plan = FILES[name]._replace(**SYSTEMS[system])
    frame = polars.read_parquet(shared(f"data/{name}.parquet"))
    bars = frame.select("open", "high", "low", "close", "volume").to_numpy()[:MOST_BARS].astype(np.float64)
    ours, theirs = _ours(bars, plan), _theirs(bars, plan)
    assert len(ours.trades) > 90
    differences = _differences(ours, theirs)
    unexplained = [one for one in differences if one[0] not in ("ambiguous", "STOP_BEYOND_FILL")]
    assert not unexplained, (len(unexplained), len(ours.trades), unexplained[:3])
    assert len(differences) <= len(ours.uncertain) + len(ours.refused)
