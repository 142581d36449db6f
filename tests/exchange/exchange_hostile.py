"""Random markets that go wrong: sizes that climb the tiers, accounts too small for what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from exchange_markets import NARROW_TIERS
from exchange_orders import order_scenario
from exchange_scenarios import STEP_MS, Decision, Entry, Scenario

from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.request import Target

SIZES = {"margin_pct": 60.0, "notional_pct": 800.0, "risk_pct": 8.0}


def hostile_scenario(seed: int, *, symbols: int = 1, margin_mode: str = "isolated") -> Scenario:
    """Orders of every type on an account that is often liquidated, in full or down the ladder."""
    rng = np.random.default_rng(seed + 77)
    market = order_scenario(seed, symbols=symbols, cash=float(rng.choice([400.0, 3000.0, 30000.0])))
    sizing = str(rng.choice(list(SIZES)))
    terms = market.terms._replace(
        margin_mode=margin_mode,
        liquidation=str(rng.choice(["ladder", "ladder", "full"])),
        on_liquidation=str(rng.choice(["continue", "continue", "stop"])),
        sizing=sizing,
        sizing_value=SIZES[sizing],
        max_notional_usdt=None,
        max_open_positions=None,
        daily_loss_pct=None,
    )
    instruments = [
        one._replace(
            leverage=float(rng.choice([5, 10, 20])),
            tiers=NARROW_TIERS if rng.integers(0, 4) else one.tiers,
            max_market_qty=500.0,
            liquidation_fee_rate=0.0125 * (seed % 2),
        )
        for one in market.instruments
    ]
    decisions = {step: [_sized(one, rng) for one in many] for step, many in market.decisions.items()}
    return market._replace(terms=terms, instruments=instruments, decisions=decisions)


def _sized(decision: Decision, rng: np.random.Generator) -> Decision:
    """Half of the entries take the run's size instead of their own."""
    if not isinstance(decision, Entry) or not rng.integers(0, 2):
        return decision
    more: dict[str, Any] = {key: value for key, value in decision.more.items() if not key.startswith("sizing")}
    return decision._replace(more=more)


def varied_scenario(seed: int, *, symbols: int = 1, margin_mode: str = "isolated") -> Scenario:
    """The same with other ticks, steps, fees and leverages, several targets of both kinds, delays and midnights."""
    rng = np.random.default_rng(seed + 991)
    hostile = hostile_scenario(seed, symbols=symbols, margin_mode=margin_mode)
    market = hostile if seed % 2 else order_scenario(seed, symbols=symbols)
    terms = market.terms._replace(
        max_drawdown_pct=[None, 25.0][int(rng.integers(0, 2))],
        stop_equity_usdt=float(rng.choice([0.0, 300.0])),
        daily_loss_pct=[None, 0.5, 3.0][int(rng.integers(0, 3))],
        delay_bars=int(rng.choice([0, 0, 1, 3])),
    )
    places = list(market.grid or range(market.steps))
    first, night = int(rng.choice([0, 262, 280])), int(rng.integers(5, 35))
    decisions = {
        step: [_with_targets(one, rng, market.last[one.symbol][step][3]) for one in many]
        for step, many in market.decisions.items()
    }
    funding = [[(ts + first * STEP_MS, rate, mark) for ts, rate, mark in one] for one in market.funding]
    return market._replace(
        terms=terms,
        instruments=[_varied(one, rng) for one in market.instruments],
        decisions=decisions,
        funding=funding,
        grid=[place + first + 288 * (first > 0 and n >= night) for n, place in enumerate(places)],
    )


def _varied(one: Instrument, rng: np.random.Generator) -> Instrument:
    """Other rules of a symbol; its ticks hold every price of the bars."""
    taker = float(rng.choice([0.0, 0.00055, 0.003]))
    return one._replace(
        tick_size=str(rng.choice(["0.1", "0.05", "0.02", "0.01"])),
        qty_step=str(rng.choice(["0.001", "0.01", "0.025"])),
        min_qty=0.05,
        max_qty=float(rng.choice([2.0, 1000.0])),
        min_notional_usdt=float(rng.choice([0.0, 5.0, 100.0])),
        leverage=float(rng.choice([1.0, 2.5, 7.0, 12.5, 33.0])),
        stop_slippage_bps=float(rng.choice([0.0, 5.0, 80.0])),
        taker_fee_rate=taker,
        close_fee_rate=taker if one.close_fee_rate else 0.0,
    )


def _with_targets(decision: Decision, rng: np.random.Generator, price: float) -> Decision:
    """A third of the entries close in parts that make a whole, by prices and distances."""
    if not isinstance(decision, Entry) or rng.integers(0, 3):
        return decision
    targets = []
    for share in [0.5, 0.5] if rng.integers(0, 2) else [0.25] * 4:
        if rng.integers(0, 2):
            targets.append(
                Target(price=round(price + decision.side * int(rng.integers(-50, 400)) / 10, 1), share=share)
            )
        else:
            targets.append(Target(distance=int(rng.integers(1, 300)) / 10, share=share))
    more = {**decision.more, "targets": tuple(targets)}
    return decision._replace(target_price=None, target_distance=None, more=more)
