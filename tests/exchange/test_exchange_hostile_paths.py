"""What must hold between two runs of one hostile market: mirrored, on finer bars, on the other path."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from exchange_extreme_orders import Curve, bracket, random_exit, random_requests, random_size
from exchange_extremes import Market, hostile_markets, scenario_of, tick_rows
from exchange_markets import seeds
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, Close, Decision, Entry, Outcome, Scenario, run
from hypothesis import given, settings
from test_exchange_orders import _flip_decision
from test_exchange_properties import FREE as WITHOUT_COSTS

from btcli.exchange.face.events import Trade

Check = Callable[[int], None]
FREE: dict[str, Any] = dict(WITHOUT_COSTS)
Bars = Sequence[Sequence[float]]
ENDLESS = {"max_drawdown_pct": None, "stop_equity_usdt": 0.0, "daily_loss_pct": None, "on_liquidation": "continue"}
AS_ASKED = {"sizing": "qty", "sizing_value": 1.0, "max_notional_usdt": None, "zero_volume": "fill", "delay_bars": 0}
EXITS = ("market", "market", "limit", "stop_market")
ALL_EXITS = (*EXITS, "stop_limit")


# Mirrored prices


def _whole_marks(rng: random.Random, bars: Bars) -> list[list[float]]:
    marks = []
    for bar in bars:
        seen = [price + rng.randint(-40, 40) for price in bar[:4]]
        marks.append([seen[0], max(seen), min(seen), seen[3]])
    return marks


def _symmetric(seed: int) -> Scenario:
    """Integer prices around 1000, far from any liquidation, without costs: every order, symbol and rule else."""
    rng = random.Random(seed)
    style, symbols = rng.choice(("calm", "mid")), rng.choice((1, 2, 3))
    curves = [Curve("1", tick_rows(rng, 40, 1000, style)) for _ in range(symbols)]
    inst = INSTRUMENT._replace(tick_size="1", leverage=1.0, min_notional_usdt=0.0, **FREE)
    inst = inst._replace(tiers=((1e15, 0.005, 0.01, 100.0, 0.0),), max_participation=rng.choice((None, 0.1)))
    markets = [
        Market(curve, [rng.choice((0.0, 7.0, 1e3)) for _ in range(40)], inst._replace(symbol=name), 1e3)
        for curve, name in zip(curves, "ABC", strict=False)
    ]
    scenario = scenario_of(markets, rng, **ENDLESS, **AS_ASKED | {"stop_vs_liquidation": "warn"})
    assert scenario.has_bar is not None
    listed = [(market.curve, market.instrument, market.value) for market in markets]
    marks = [_whole_marks(rng, bars) for bars in scenario.last] if rng.random() < 0.5 else None
    requests = random_requests(rng, listed, scenario.has_bar)
    decisions = {step: [_near(one) for one in many] for step, many in requests.items()}
    return scenario._replace(mark=marks, decisions=decisions, funding=(), cash=1e12)


def _near(decision: Decision) -> Decision:
    """The decision without a distance that reaches below a price of 0 on one side, or an exact tie with an average."""
    if not isinstance(decision, Entry):
        return decision
    targets = [one._replace(distance=_capped(one.distance)) for one in decision.more.get("targets", ())]
    more = {**decision.more, "targets": tuple(targets)}
    if "trail_distance" in more:
        more["trail_distance"] = min(more["trail_distance"], 300.0)
    if "break_even_distance" in more:
        more["break_even_distance"] += 0.25
    stop, target = _capped(decision.stop_distance), _capped(decision.target_distance)
    return decision._replace(stop_distance=stop, target_distance=target, more=more)


def _capped(distance: float | None) -> float | None:
    return None if distance is None else min(distance, 300.0)


def _flipped(bars: Sequence[Bars]) -> list[list[list[float]]]:
    def flip(bar: Sequence[float]) -> list[float]:
        opened, high, low, closed = (2000.0 - price for price in bar[:4])
        return [opened, low, high, closed, *bar[4:]]

    return [[flip(bar) for bar in series] for series in bars]


def _mirrored_prices_mirror_the_trades(seed: int) -> None:
    scenario = _symmetric(seed)
    if not all(600.0 < price < 1400.0 for bars in scenario.last for bar in bars for price in bar[:4]):
        return
    decisions = {step: [_flip_decision(one) for one in many] for step, many in scenario.decisions.items()}
    mark = scenario.mark and _flipped(scenario.mark)
    two = run(scenario._replace(last=_flipped(scenario.last), mark=mark, decisions=decisions)).trades
    one = run(scenario).trades
    assert [_shape(trade) for trade in one] == [_shape(trade) for trade in two]
    for trade, other in zip(one, two, strict=True):
        assert trade.side != other.side
        assert 2000.0 - trade.entry_price == pytest.approx(other.entry_price, abs=1e-6)
        assert 2000.0 - trade.exit_price == pytest.approx(other.exit_price, abs=1e-6)


def _shape(trade: Trade) -> tuple[Any, ...]:
    return (trade.symbol, trade.entry_ts, trade.exit_ts, trade.exit_reason, trade.ambiguous, round(trade.qty, 9))


# Finer bars


def _coarse(bars: Bars, factor: int) -> list[list[float]]:
    groups = [bars[n : n + factor] for n in range(0, len(bars), factor)]
    return [
        [group[0][0], max(bar[1] for bar in group), min(bar[2] for bar in group), group[-1][3]]
        + [sum(bar[4] for bar in group) for _ in group[0][4:]]
        for group in groups
    ]


def _coarse_rows(curve: Curve, factor: int) -> Curve:
    rows = [[int(ticks) for ticks in row] for row in _coarse(curve.rows, factor)]
    return Curve(curve.tick, [(row[0], row[1], row[2], row[3]) for row in rows])


def _market_requests(
    rng: random.Random, markets: Sequence[Market], steps: int, entries: int
) -> dict[int, list[Decision]]:
    """Market entries with fixed brackets, additions and reversals at the first steps, and closes that may rest."""
    share, kinds, decisions = rng.choice((0.3, 0.8)), rng.choice((EXITS, EXITS, ALL_EXITS)), {}
    for step in range(steps):
        many: list[Decision] = []
        for symbol, (curve, _, inst, value) in enumerate(markets):
            if step < entries and rng.random() < share:
                side = rng.choice((-1, 1))
                short, more = bracket(rng, curve, step, side)
                many.append(Entry(symbol, side, **short, more=more | random_size(rng, (curve, inst, value), step)))
            if rng.random() < 0.2:
                close = random_exit(rng, (curve, inst, value), step, symbol, kinds)
                many.append(close._replace(more={**close.more, "expires_after_ms": 0}))
        if many:
            decisions[step] = many
    return decisions


def _rough_and_fine(seed: int) -> tuple[Scenario, Scenario, int]:
    rng = random.Random(seed)
    factor, steps = rng.choice((2, 3, 5)), rng.choice((12, 25))
    raw = hostile_markets(rng, rng.choice((1, 1, 2, 3)), factor * steps)
    markets = [
        market._replace(instrument=market.instrument._replace(impact_k=0.0, max_participation=None)) for market in raw
    ]
    fine = scenario_of(markets, rng, **ENDLESS, **AS_ASKED)
    if fine.terms.stop_vs_liquidation == "adjust":  # finer bars may open beyond both levels that a coarse one meets
        fine = fine._replace(terms=fine.terms._replace(stop_vs_liquidation="warn"))
    usual = sum(market.value for market in markets)
    cash = 1e13 if fine.terms.margin_mode == "isolated" else usual * rng.choice((0.05, 0.3, 1.0, 1e6))
    entries = steps if cash > 1e3 * usual else 1
    seen = [market._replace(curve=_coarse_rows(market.curve, factor)) for market in markets]
    decisions = _market_requests(rng, seen, steps, entries)
    due = [[(place, rng.gauss(0.0, 0.002), 0.0) for place in range(steps) if rng.random() < 0.2] for _ in markets]
    fine = fine._replace(grid=None, has_bar=[[True] * factor * steps for _ in markets], cash=cash)
    rough = fine._replace(
        last=[_coarse(bars, factor) for bars in fine.last],
        mark=fine.mark and [_coarse(bars, factor) for bars in fine.mark],
        has_bar=[[True] * steps for _ in markets],
        decisions=decisions,
        funding=[[(START_MS + place * STEP_MS, rate, mark) for place, rate, mark in many] for many in due],
    )
    fine = fine._replace(
        decisions={(step + 1) * factor - 1: many for step, many in decisions.items()},
        funding=[[(START_MS + place * STEP_MS * factor, rate, mark) for place, rate, mark in many] for many in due],
    )
    return rough, fine, factor


def _told(trade: Trade, factor: int, *, is_ladder: bool) -> tuple[Any, ...]:
    """Entry, exit reason and bars of a trade; the close of the data belongs to the bar that it ends.

    What the ladder left is what an addition averages with, so that price and quantity are left out with it.
    """
    bars = (
        (trade.entry_ts - START_MS) // (STEP_MS * factor),
        (trade.exit_ts - START_MS - (trade.exit_reason == "end_of_data")) // (STEP_MS * factor),
    )
    entry = () if is_ladder else (trade.entry_price, trade.qty)
    return (trade.symbol, trade.side, *entry, trade.exit_reason, *bars)


def _first_difference(rough: Outcome, fine: Outcome, factor: int) -> int:
    """The bar in which the accounts first differ: an ambiguous trade, or another price inside a bar."""
    others = {trade.trade_id: trade for trade in fine.trades}
    bars = [10**9]
    for trade in rough.trades:
        other = others.get(trade.trade_id)
        same = other is not None and (trade.gross_pnl_usdt, trade.fees_usdt) == (other.gross_pnl_usdt, other.fees_usdt)
        if trade.ambiguous or not same:
            bars.append((trade.exit_ts - START_MS) // STEP_MS)
            bars.append(bars[-1] if other is None else (other.exit_ts - START_MS) // (STEP_MS * factor))
    return min(bars)


def _has_stop_limit(scenario: Scenario) -> bool:
    decisions = (one for many in scenario.decisions.values() for one in many)
    return any(isinstance(one, Close) and one.more["type"] == "stop_limit" for one in decisions)


def _finer_bars_leave_certain_trades(seed: int) -> None:
    """In a cross account, which every trade's result feeds, trades are compared up to the first that may differ.
    With the ladder as well: what it leaves of a position is what a reversal turns; and with a closing stop-limit, which
    may rest beyond its bar: an ambiguous trade then ends in another one.

    Where a small account is what they share, all entries come first: later ones would be cut to what is left.
    """
    rough, fine, factor = _rough_and_fine(seed)
    one, two = run(rough), run(fine)
    is_ladder = rough.terms.liquidation == "ladder"
    told = {_told(trade, factor, is_ladder=is_ladder) for trade in two.trades}
    may_spread = is_ladder or rough.terms.margin_mode == "cross" or _has_stop_limit(rough)
    until = _first_difference(one, two, factor) if may_spread else 10**9
    for trade in one.trades:
        shape = _told(trade, 1, is_ladder=is_ladder)
        assert trade.ambiguous or shape[-1] > until or shape in told, trade


# The other path


def _the_optimistic_path_never_ends_worse(seed: int) -> None:
    """Stops slip no less than targets: a target that slips past a stop beside it would end worse on any path."""
    rng = random.Random(seed)
    (market,) = hostile_markets(rng, 1, 25)
    side, inst = rng.choice((-1, 1)), market.instrument
    short = {"stop_distance": market.curve.distance(rng, 0), "target_distance": market.curve.distance(rng, 0)}
    if rng.random() < 0.5:
        levels = (market.curve.level(rng, 0, -side), market.curve.level(rng, 0, side))
        short = {"stop_price": levels[0], "target_price": levels[1]}
    inst = inst._replace(stop_slippage_bps=max(inst.slippage_bps, inst.stop_slippage_bps))
    scenario = scenario_of([market], rng, **ENDLESS, **AS_ASKED | {"trigger_by": "last"})
    wish = Entry(0, side, **short, more=random_size(rng, (market.curve, inst, market.value), 0))
    scenario = scenario._replace(mark=None, decisions={0: [wish]}, instruments=[inst], cash=1e13)
    nets = []
    for path in ("pessimistic", "optimistic"):
        trades = run(scenario._replace(terms=scenario.terms._replace(path=path))).trades
        nets.append(sum(trade.net_pnl_usdt for trade in trades))
    assert nets[1] >= nets[0] - 1e-9 * (1.0 + abs(nets[0]) + market.value)


CHECKS = {
    check.__name__[1:]: check
    for check in (
        _mirrored_prices_mirror_the_trades,
        _finer_bars_leave_certain_trades,
        _the_optimistic_path_never_ends_worse,
    )
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_it_holds_between_hostile_runs(check: Check) -> None:
    """Each property of the rulebook that compares two runs holds on forty hostile markets."""

    @given(seed=seeds)
    @settings(max_examples=40)
    def holds(seed: int) -> None:
        check(seed)

    holds()


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_it_holds_between_many_hostile_runs(check: Check) -> None:
    """Each property of the rulebook that compares two runs holds on fifteen hundred hostile markets."""
    for seed in range(1500):
        check(seed)
