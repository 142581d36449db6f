"""Random markets whose entries leave in parts: at prices and by orders, each with what it makes of the stop."""

from __future__ import annotations

import random
from typing import Any

from exchange_orders import order_scenario
from exchange_scenarios import Close, Decision, Entry, Scenario

from btcli.exchange.face.request import Target, Then

SHARES = ((0.5, 0.5), (0.3, 0.3), (0.25, 0.25, 0.5), (1 / 3, 1 / 3, 1 / 3), (0.0004, 0.6), (1.0,), (0.2, 0.2, 0.2, 0.4))


def parted_scenario(seed: int, *, symbols: int = 1) -> Scenario:
    """A market with orders of every type, most of whose entries leave in parts, and some of whose closes are parts."""
    market, rng = order_scenario(seed, symbols=symbols), random.Random(seed + 9_173)
    decisions = {
        step: [_parted(rng, one, market.last[one.symbol][step][3]) for one in many]
        for step, many in market.decisions.items()
    }
    return market._replace(decisions=decisions)


def _parted(rng: random.Random, one: Decision, price: float) -> Decision:
    if isinstance(one, Close):
        qty = rng.randrange(1, 600) / 1000
        parted = one._replace(more={**one.more, "part": rng.randrange(1, 5), "qty": qty})
        return parted if rng.random() < 0.8 else one
    if not isinstance(one, Entry) or rng.random() < 0.2:
        return one
    shares = rng.choice(SHARES)
    has_target = len(shares) < 4 and rng.random() < 0.3
    parts = tuple(_part(rng, one.side, price, share) for share in shares)
    more: dict[str, Any] = {**one.more, "targets": parts, "parts": True}
    target = {"target_price": None, "target_distance": rng.randrange(50, 900) / 10 if has_target else None}
    return one._replace(more=more, **target)


def _part(rng: random.Random, side: int, price: float, share: float) -> Target:
    then = Then(
        stop_price=round(price + side * rng.randrange(-400, 100) / 10, 2) if rng.random() < 0.2 else None,
        trail_distance=rng.randrange(5, 200) / 10 if rng.random() < 0.3 else None,
        trail_activation=round(price + side * rng.randrange(0, 300) / 10, 1) if rng.random() < 0.3 else None,
    )
    if then.stop_price is None and rng.random() < 0.4:
        then = then._replace(stop_distance=rng.choice((0.0, rng.randrange(-100, 300) / 10, -4000.0)))
    kind = rng.random()
    if kind < 0.3:
        return Target(None, None, share, then)
    away = rng.randrange(2, 300) / 10
    return Target(None, away, share, then) if kind < 0.8 else Target(round(price + side * away, 1), None, share, then)
