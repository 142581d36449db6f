"""Random markets and decisions for the tests of the exchange: prices on the tick, seeded or drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, TERMS, Close, Entry, Scenario
from hypothesis import strategies as st

TICKS = 10  # ticks in one USDT
# Tiers low enough that random sizes cross them.
NARROW_TIERS = ((2000.0, 0.01, 0.02, 50.0, 0.0), (20_000.0, 0.02, 0.05, 20.0, None), (60_000.0, 0.05, 0.1, 10.0, None))


def random_bars(rng: np.random.Generator, steps: int, spread: int) -> list[list[float]]:
    """A walk of bars whose every price lies on the tick; `spread` is the usual length of a wick in ticks."""
    bars, price = [], 10_000
    for _ in range(steps):
        opened = price + int(rng.integers(-spread // 2, spread // 2 + 1)) * int(rng.integers(0, 4) == 0)
        closed = opened + int(rng.integers(-spread, spread + 1))
        high = max(opened, closed) + int(rng.integers(0, spread + 1))
        low = min(opened, closed) - int(rng.integers(0, spread + 1))
        floor = 3000
        opened, high, low, closed = (max(floor, value) for value in (opened, high, low, closed))
        bars.append([opened / TICKS, high / TICKS, low / TICKS, closed / TICKS, float(rng.integers(0, 50))])
        price = closed
    return bars


def marks_beside(rng: np.random.Generator, bars: list[list[float]], apart: int) -> list[list[float]]:
    """Mark bars near the bars of the last price, up to `apart` hundredths of a USDT away."""
    marks = []
    for bar in bars:
        opened, high, low, closed = (value + int(rng.integers(-apart, apart + 1)) / 100 for value in bar[:4])
        marks.append([opened, max(opened, high, low, closed), min(opened, high, low, closed), closed])
    return marks


def random_wish(rng: np.random.Generator, price: float, symbol: int = 0, *, bracket: bool = False) -> Entry:
    """An entry with a stop and a target as prices, as distances, or without."""
    side = 1 if rng.integers(0, 2) else -1
    stop_away, target_away = int(rng.integers(5, 900)) / TICKS, int(rng.integers(5, 900)) / TICKS
    kinds = (int(rng.integers(1 if bracket else 0, 3)), int(rng.integers(1 if bracket else 0, 3)))
    return Entry(
        symbol,
        side,
        stop_price=round(price - side * stop_away, 1) if kinds[0] == 1 else None,
        stop_distance=stop_away if kinds[0] == 2 else None,
        target_price=round(price + side * target_away, 1) if kinds[1] == 1 else None,
        target_distance=target_away if kinds[1] == 2 else None,
    )


def random_decisions(
    rng: np.random.Generator, closes: list[list[float]], *, share: float = 0.5, bracket: bool = False
) -> dict[int, list[Entry | Close]]:
    """Entries, closes and reversals at random steps; `closes` holds the closing prices of each symbol."""
    decisions: dict[int, list[Entry | Close]] = {}
    for step in range(len(closes[0])):
        many: list[Entry | Close] = []
        for symbol, prices in enumerate(closes):
            draw = rng.random()
            if draw < share * 0.25:
                many.append(Close(symbol))
            if draw < share * 0.1 or share * 0.25 <= draw < share:
                many.append(random_wish(rng, prices[step], symbol, bracket=bracket))
        if many:
            decisions[step] = many
    return decisions


def random_settlements(rng: np.random.Generator, grid: list[int], *, heavy: bool) -> list[tuple[int, float, float]]:
    """Settlements at random places of the time axis, in a hole as well; the mark is known at some."""
    settlements = []
    for place in range(grid[-1] + 1):
        if rng.random() < 0.25:
            rate = float(rng.integers(-40, 60)) * (1e-3 if heavy else 1e-5)
            settlements.append((START_MS + place * STEP_MS, rate, float(rng.choice([0.0, 1000.5]))))
    return settlements


def random_scenario(seed: int, *, steps: int = 40, symbols: int = 1, **changes: Any) -> Scenario:
    """A whole random scenario by its seed; `changes` replace the scenario's own values afterwards."""
    rng = np.random.default_rng(seed)
    spread = int(rng.choice([8, 60, 300]))
    last = [random_bars(rng, steps, spread) for _ in range(symbols)]
    mark = [marks_beside(rng, bars, int(rng.choice([0, 90, 2500]))) for bars in last] if rng.integers(0, 2) else None
    grid, place = [], 0
    holes = bool(rng.integers(0, 2))
    for _ in range(steps):
        grid.append(place)
        place += 1 if not holes or rng.random() > 0.08 else int(rng.integers(2, 6))
    heavy = bool(rng.integers(0, 3) == 0)
    instruments = [random_instrument(rng, name) for name in "ABCDEFGH"[:symbols]]
    scenario = Scenario(
        last=last,
        mark=mark,
        decisions=random_decisions(rng, [[bar[3] for bar in bars] for bars in last]),
        funding=[random_settlements(rng, grid, heavy=heavy) for _ in range(symbols)],
        instruments=instruments,
        terms=TERMS._replace(**random_rules(rng)),
        cash=float(rng.choice([60.0, 500.0, 10_000.0, 100_000.0])),
        grid=grid,
    )
    return scenario._replace(**changes)


def random_instrument(rng: np.random.Generator, symbol: str) -> Any:
    """Rules of a symbol: leverage, fees, minima and tiers vary."""
    binance = bool(rng.integers(0, 3) == 0)
    return INSTRUMENT._replace(
        symbol=symbol,
        leverage=float(rng.choice([1, 3, 10, 20, 50])),
        taker_fee_rate=0.00055,
        close_fee_rate=0.0 if binance else 0.00055,
        funding_from_margin=binance,
        min_qty=float(rng.choice([0.001, 0.05])),
        max_market_qty=float(rng.choice([1.5, 500.0])),
        tiers=NARROW_TIERS if rng.integers(0, 2) else INSTRUMENT.tiers,
        slippage_bps=float(rng.choice([0, 2, 10])),
    )


def random_rules(rng: np.random.Generator) -> Mapping[str, Any]:
    """Choices of a run: path, triggers, targets, sizing, caps and stops."""
    sizing = str(rng.choice(["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"]))
    value = {"qty": 1.3, "notional_usdt": 1700.0, "notional_pct": 60.0, "margin_pct": 35.0, "risk_pct": 3.0}[sizing]
    return {
        "path": str(rng.choice(["pessimistic", "adaptive", "optimistic"])),
        "trigger_by": str(rng.choice(["last", "mark"])),
        "take_profit_order": str(rng.choice(["market", "limit"])),
        "limit_rule": str(rng.choice(["trade_through", "touch"])),
        "on_liquidation": str(rng.choice(["continue", "continue", "stop"])),
        "stop_vs_liquidation": str(rng.choice(["warn", "adjust", "reject"])),
        "sizing": sizing,
        "sizing_value": value,
        "costs_in_risk": bool(rng.integers(0, 2)),
        "max_notional_usdt": [None, 900.0][int(rng.integers(0, 2))],
        "max_drawdown_pct": [None, None, 40.0][int(rng.integers(0, 3))],
    }


seeds = st.integers(min_value=0, max_value=2**32 - 1)
