"""Random orders of every type, and markets in which they meet: seeded, prices on the tick."""

from __future__ import annotations

from typing import Any

import numpy as np
from exchange_markets import TICKS, random_scenario, random_wish
from exchange_scenarios import STEP_MS, AddMargin, Cancel, Close, Decision, Entry, Scenario

from btcli.exchange.face.request import Target

KINDS = ("market", "limit", "limit", "stop_market", "stop_limit")


def _levels(rng: np.random.Generator, kind: str, side: int, price: float) -> dict[str, float]:
    """The limit and trigger of a type, at or beyond the price so that some take and most rest."""

    def beyond(sign: int) -> float:
        return round(price + sign * int(rng.integers(-20, 300)) / TICKS, 1)

    fields = {}
    if kind in ("stop_market", "stop_limit"):
        fields["trigger_price"] = beyond(side)
    if kind in ("limit", "stop_limit"):
        fields["price"] = beyond(-side)
    return fields


def random_entry(rng: np.random.Generator, price: float, symbol: int = 0) -> Entry:
    """An entry of any type with any bracket."""
    wish, kind = random_wish(rng, price, symbol), str(rng.choice(KINDS))
    more: dict[str, Any] = {"type": kind, **_levels(rng, kind, wish.side, price)}
    more["time_in_force"] = str(rng.choice(["GTC", "GTC", "GTC", "IOC", "FOK"]))
    more["post_only"] = "limit" in kind and bool(rng.integers(0, 4) == 0)
    more["expires_after_ms"] = int(rng.choice([0, 0, 1, 3, 8])) * STEP_MS + int(rng.choice([0, 0, 1, -1]))
    more |= {"sizing": "qty", "sizing_value": int(rng.integers(1, 3000)) / 1000} if rng.integers(0, 2) else {}
    if rng.integers(0, 3) == 0:
        more["trail_distance"] = int(rng.integers(5, 400)) / TICKS
        activation = round(price + wish.side * int(rng.integers(0, 300)) / TICKS, 1)
        if rng.integers(0, 2):
            more["trail_activation"] = activation
    if rng.integers(0, 4) == 0:
        more["break_even_distance"] = int(rng.integers(1, 300)) / TICKS
    if rng.integers(0, 3) == 0:
        wish = wish._replace(target_price=None, target_distance=None)
        more["targets"] = tuple(Target(distance=int(rng.integers(5, 400)) / TICKS, share=0.3) for _ in range(3))
    return wish._replace(more=more)


def random_close(rng: np.random.Generator, price: float, symbol: int = 0) -> Close:
    """A close of any type, of the whole or of a part."""
    kind, side = str(rng.choice(KINDS)), int(rng.choice([-1, 1]))
    more: dict[str, Any] = {"type": kind, **_levels(rng, kind, side, price)}
    qty = int(rng.integers(1, 1500)) / 1000
    if rng.integers(0, 2):
        more["qty"] = qty
    return Close(symbol, more=more)


def random_orders(
    rng: np.random.Generator, closes: list[list[float]], *, share: float = 0.7
) -> dict[int, list[Decision]]:
    """Decisions of every kind at random steps; `closes` holds the closing prices of each symbol."""
    decisions: dict[int, list[Decision]] = {}
    for step in range(len(closes[0])):
        many: list[Decision] = []
        for symbol, prices in enumerate(closes):
            draw = rng.random()
            if draw < share:
                many.append(random_entry(rng, prices[step], symbol))
            if rng.random() < 0.15:
                many.append(random_close(rng, prices[step], symbol))
            if rng.random() < 0.08:
                many.append(Cancel(symbol))
            if rng.random() < 0.05:
                many.append(AddMargin(symbol, float(rng.integers(1, 200))))
        if many:
            decisions[step] = many
    return decisions


def _present(rng: np.random.Generator, steps: int, symbols: int) -> list[list[bool]]:
    """Which symbol has a bar at which step: holes, late listings and delistings; the first symbol has all."""
    there = [[True] * steps]
    for _ in range(symbols - 1):
        first, last = int(rng.integers(0, 6)), steps - int(rng.integers(0, 6)) * int(rng.integers(0, 2))
        there.append([first <= step < last and rng.random() > 0.05 for step in range(steps)])
    return there


def order_scenario(seed: int, *, symbols: int = 1, **changes: Any) -> Scenario:
    """A random scenario with orders of every type, either margin mode, the ladder, volume and delays."""
    market = random_scenario(seed, symbols=symbols)
    rng = np.random.default_rng(seed + 1)
    terms = market.terms._replace(
        margin_mode=str(rng.choice(["isolated", "isolated", "cross"])),
        liquidation=str(rng.choice(["full", "ladder"])),
        zero_volume=str(rng.choice(["fill", "cancel"])),
        max_open_positions=[None, None, 1][int(rng.integers(0, 3))],
        daily_loss_pct=[None, None, 5.0][int(rng.integers(0, 3))],
        delay_bars=int(rng.choice([0, 0, 2])),
    )
    instruments = [
        instrument._replace(
            impact_k=float(rng.choice([0.0, 0.3])), max_participation=[None, None, 0.1][int(rng.integers(0, 3))]
        )
        for instrument in market.instruments
    ]
    market = market._replace(
        terms=terms,
        instruments=instruments,
        decisions=random_orders(rng, [[bar[3] for bar in bars] for bars in market.last]),
        has_bar=_present(rng, market.steps, symbols),
    )
    return market._replace(**changes)
