"""Random markets that go wrong: sizes that climb the tiers, accounts too small for what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from exchange_markets import NARROW_TIERS
from exchange_orders import order_scenario
from exchange_scenarios import Decision, Entry, Scenario

SIZES = {"margin_pct": 60.0, "notional_pct": 800.0, "risk_pct": 8.0}


def hostile_scenario(seed: int, *, symbols: int = 1, margin_mode: str = "isolated") -> Scenario:
    """Orders of every type on an account that is often liquidated, in full or down the ladder."""
    rng = np.random.default_rng(seed + 77)
    market = order_scenario(seed, symbols=symbols, cash=float(rng.choice([400.0, 3000.0, 30000.0])))
    sizing = str(rng.choice(list(SIZES)))
    rules = market.rules._replace(
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
        )
        for one in market.instruments
    ]
    decisions = {step: [_sized(one, rng) for one in many] for step, many in market.decisions.items()}
    return market._replace(rules=rules, instruments=instruments, decisions=decisions)


def _sized(decision: Decision, rng: np.random.Generator) -> Decision:
    """Half of the entries take the run's size instead of their own."""
    if not isinstance(decision, Entry) or not rng.integers(0, 2):
        return decision
    more: dict[str, Any] = {key: value for key, value in decision.more.items() if not key.startswith("sizing")}
    return decision._replace(more=more)
