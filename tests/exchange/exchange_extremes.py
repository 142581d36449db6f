"""Hostile markets: tiny and huge ticks, jumps of 80 %, flat bars, dry bars, 125x, tiers that any size crosses, holes.

Prices are drawn in whole ticks, so that levels meet prices exactly. One seed gives one scenario everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from exchange_extreme_orders import Curve, random_requests
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, TERMS, Scenario

from btcli.exchange.face.instrument import Instrument

TICKS = ("0.1", "0.01", "0.5", "0.00001", "25", "0.05", "0.0001")
STEPS = ("0.001", "0.01", "1", "0.1", "10", "0.003")
CASH_SHARES = (0.05, 1.0, 10.0, 100.0)
Row = tuple[int, int, int, int]


class Market(NamedTuple):
    """One symbol: its prices in ticks, its rules, and the value in USDT around which its sizes lie."""

    curve: Curve
    volumes: Sequence[float]
    instrument: Instrument
    value: float


def _open(rng: random.Random, before: int, start: int, width: int, style: str) -> int:
    """Where a bar opens: mostly where the one before closed, sometimes far away."""
    draw, opened = rng.random(), before
    if draw < 0.15:
        opened = before + rng.randint(-3 * width, 3 * width)
    elif draw < 0.19 and style != "calm":
        opened = int(before * rng.choice((0.2, 0.5, 0.9, 1.1, 1.8, 3.0) if style == "wild" else (0.8, 0.9, 1.1, 1.2)))
    return min(max(2, start // 20, opened), start * 20)


def tick_rows(rng: random.Random, steps: int, start: int, style: str) -> list[Row]:
    """O H L C in ticks: one bar in eight is flat, wicks are missing on some."""
    width = max(1, start // {"calm": 500, "mid": 60, "wild": 8}[style])
    rows, price = [], start
    for _ in range(steps):
        opened = _open(rng, price, start, width, style)
        price = max(2, opened + rng.randint(-width, width) * (rng.random() > 0.12))
        wicks = [rng.randint(0, width) * (rng.random() < 0.7) * (price != opened) for _ in range(2)]
        rows.append((opened, max(opened, price) + wicks[0], max(1, min(opened, price) - wicks[1]), price))
    return rows


def _tiers(rng: random.Random, value: float) -> tuple[tuple[float | None, ...], ...]:
    """Wide tiers, narrow ones, and narrow ones with deductions that were rounded when they were printed."""
    first = (value * 0.5, 0.004, 0.008, 125.0, 0.0)
    return rng.choice(
        (
            ((value * 50, 0.004, 0.008, 125.0, 0.0), (value * 1000, 0.02, 0.04, 25.0, None)),
            (first, (value, 0.01, 0.02, 125.0, None), (value * 20, 0.1, 0.2, 125.0, None)),
            (first, (value, 0.01, 0.02, 125.0, round(value * 0.003, 2)), (value * 3, 0.05, 0.1, 20.0, None)),
        )
    )


def _instrument(rng: random.Random, symbol: str, tick: str, price: float, value: float, *, binance: bool) -> Instrument:
    step, taker = rng.choice(STEPS), rng.choice((0.0, 0.00055, 0.001))
    return INSTRUMENT._replace(
        symbol=symbol,
        tick_size=tick,
        qty_step=step,
        min_qty=float(step) * rng.choice((1, 5)),
        max_qty=max(float(step) * 1000, value * 10 / price),
        max_market_qty=max(float(step) * 500, value * 2 / price),
        min_notional_usdt=rng.choice((0.0, 5.0, 20.0)),
        taker_fee_rate=taker,
        maker_fee_rate=rng.choice((0.0, 0.0002)),
        close_fee_rate=0.0 if binance else taker,
        funding_from_margin=binance,
        leverage=rng.choice((1.0, 1.0, 2.0, 5.0, 20.0, 50.0, 100.0, 125.0)),
        slippage_bps=rng.choice((0.0, 2.0, 50.0)),
        stop_slippage_bps=rng.choice((0.0, 5.0, 100.0)),
        tiers=_tiers(rng, value),
        impact_k=rng.choice((0.0, 0.0, 0.5)),
        max_participation=rng.choice((None, None, 0.1, 1.0)),
        liquidation_fee_rate=rng.choice((0.0, 0.0125)) if binance else 0.0,
    )


def _market(rng: random.Random, symbol: str, steps: int, style: str, *, binance: bool) -> Market:
    tick, start = rng.choice(TICKS), rng.choice((7, 60, 1000, 10_000, 123_457))
    value = 10 ** rng.uniform(1.5, 4.5)
    curve = Curve(tick, tick_rows(rng, steps, start, style))
    volumes = [rng.choice((0.0, 1.0, 7.0, 40.0, 1000.0, 1e6)) for _ in range(steps)]
    return Market(curve, volumes, _instrument(rng, symbol, tick, curve.price(start), value, binance=binance), value)


def _marks(rng: random.Random, bars: Sequence[Sequence[float]]) -> list[list[float]]:
    apart, marks = rng.choice((0.0, 0.002, 0.2)), []
    for bar in bars:
        seen = [price * (1 + apart * (rng.random() - 0.5)) for price in bar[:4]]
        marks.append([seen[0], max(seen), min(seen), seen[3]])
    return marks


def _terms(rng: random.Random, value: float, cash: float) -> dict[str, Any]:
    sizes = {"qty": 1.0, "notional_usdt": value, "notional_pct": 80.0, "margin_pct": 40.0, "risk_pct": 5.0}
    sizing = rng.choice(tuple(sizes))
    return {
        "path": rng.choice(("pessimistic", "adaptive", "optimistic")),
        "trigger_by": rng.choice(("last", "mark")),
        "take_profit_order": rng.choice(("market", "limit")),
        "limit_rule": rng.choice(("trade_through", "touch")),
        "on_liquidation": rng.choice(("continue", "continue", "continue", "stop")),
        "stop_vs_liquidation": rng.choice(("warn", "adjust", "reject")),
        "sizing": sizing,
        "sizing_value": sizes[sizing],
        "costs_in_risk": rng.random() < 0.5,
        "max_notional_usdt": rng.choice((None, value * 2)),
        "max_drawdown_pct": rng.choice((None, None, 60.0)),
        "stop_equity_usdt": rng.choice((0.0, 0.0, cash * 0.3)),
        "margin_mode": rng.choice(("isolated", "isolated", "cross")),
        "liquidation": rng.choice(("full", "ladder")),
        "zero_volume": rng.choice(("fill", "cancel")),
        "max_open_positions": rng.choice((None, None, 1, 2)),
        "daily_loss_pct": rng.choice((None, None, None, 5.0)),
        "delay_bars": rng.choice((0, 0, 0, 1, 3)),
    }


def _settlements(rng: random.Random, market: Market, places: int) -> list[tuple[int, float, float]]:
    """Settlements on and between the bars' opens, rates up to tens of per cent, some of them 0, some without a mark."""
    weight, share, known = rng.choice((0.0001, 0.003, 0.05)), rng.choice((0.1, 0.5)), market.curve.at(0)
    return [
        (
            START_MS + int((place + rng.choice((0.0, 0.0, 0.5))) * STEP_MS),
            rng.gauss(0.0, weight) * (rng.random() < 0.9),
            rng.choice((0.0, known)),
        )
        for place in range(places)
        if rng.random() < share
    ]


def _grid(rng: random.Random, steps: int) -> list[int]:
    """Places of the bars on the time axis, with holes in every other market."""
    holes, places, place = rng.random() < 0.5, [], 0
    for _ in range(steps):
        places.append(place)
        place += rng.randint(2, 8) if holes and rng.random() < 0.08 else 1
    return places


def _presence(rng: random.Random, steps: int, symbols: int) -> list[list[bool]]:
    """The first symbol has every bar; the others have holes, list late and delist early."""
    there = [[True] * steps]
    for _ in range(symbols - 1):
        first, last = rng.choice((0, rng.randint(1, 7))), steps - rng.choice((0, rng.randint(1, 7)))
        there.append([first <= step < last and rng.random() > 0.07 for step in range(steps)])
    return there


def hostile_markets(rng: random.Random, symbols: int, steps: int) -> list[Market]:
    """The symbols of one account, all on one venue."""
    style, binance = rng.choice(("calm", "mid", "wild")), rng.random() < 0.25
    return [_market(rng, name, steps, style, binance=binance) for name in "ABCDEF"[:symbols]]


def scenario_of(markets: Sequence[Market], rng: random.Random, **changes: Any) -> Scenario:
    """The scenario of some markets without decisions; `changes` replace rules."""
    last = [[[*market.curve.bar(step), volume] for step, volume in enumerate(market.volumes)] for market in markets]
    steps, value = len(last[0]), markets[0].value
    grid, cash = _grid(rng, steps), value * rng.choice(CASH_SHARES)
    return Scenario(
        last=last,
        mark=[_marks(rng, bars) for bars in last] if rng.random() < 0.5 else None,
        funding=[_settlements(rng, market, grid[-1] + 1) for market in markets],
        instruments=[market.instrument for market in markets],
        terms=TERMS._replace(**(_terms(rng, value, cash) | changes)),
        cash=cash,
        grid=grid,
        has_bar=_presence(rng, steps, len(markets)),
    )


def hostile_scenario(seed: int, *, symbols: int = 0, steps: int = 0, **changes: Any) -> Scenario:
    """A whole hostile run by its seed; `changes` replace rules."""
    rng = random.Random(seed)
    markets = hostile_markets(rng, symbols or rng.choice((1, 1, 2, 3, 6)), steps or rng.choice((20, 40, 60)))
    scenario = scenario_of(markets, rng, **changes)
    assert scenario.has_bar is not None
    curves = [(market.curve, market.instrument, market.value) for market in markets]
    return scenario._replace(decisions=random_requests(rng, curves, scenario.has_bar))
