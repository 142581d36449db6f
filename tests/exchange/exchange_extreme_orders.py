"""Hostile orders: every type with every bracket at once, at prices that were seen before, of any size, to the end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from exchange_scenarios import STEP_MS, AddMargin, Cancel, Close, Decision, Entry

from btcli.exchange.face.instrument import Instrument, decimal_parts
from btcli.exchange.face.request import Target

KINDS = ("market", "market", "limit", "limit", "stop_market", "stop_limit")
AWAY = (0.001, 0.01, 0.05, 0.4)
FAR = (0.0005, 0.005, 0.03, 0.3, 2.0)


class Curve(NamedTuple):
    """The prices of a symbol in ticks, O H L C a bar."""

    tick: str
    rows: Sequence[tuple[int, int, int, int]]

    def price(self, ticks: int) -> float:
        """A number of ticks as a price."""
        k, den = decimal_parts(self.tick)
        return float(max(1, ticks) * k / den)

    def at(self, step: int) -> float:
        """The close of a bar."""
        return self.price(self.rows[step][3])

    def bar(self, step: int) -> list[float]:
        """O H L C of a bar as prices."""
        return [self.price(ticks) for ticks in self.rows[step]]

    def level(self, rng: random.Random, step: int, sign: int) -> float:
        """A price on one side of the close, sometimes at it or beyond, sometimes exactly at one that was seen."""
        draw, close = rng.random(), self.rows[step][3]
        if draw < 0.2:
            return self.price(rng.choice(self.rows[rng.randint(0, step)]))
        width = max(1, int(close * rng.choice(AWAY)))
        return self.price(close + sign * rng.randint(-(width // 4), width) * (draw > 0.3))

    def distance(self, rng: random.Random, step: int) -> float:
        """A distance of one tick up to twice the price."""
        return self.price(int(self.rows[step][3] * rng.choice(FAR) * rng.random()))


Listed = tuple[Curve, Instrument, float]


def _levels(rng: random.Random, curve: Curve, step: int, kind: str, side: int) -> dict[str, Any]:
    more: dict[str, Any] = {"type": kind, "expires_after_ms": rng.choice((0, 0, 0, 1, 2, 9)) * STEP_MS}
    if kind in ("stop_market", "stop_limit"):
        more["trigger_price"] = curve.level(rng, step, side)
    if kind in ("limit", "stop_limit"):
        more["price"] = curve.level(rng, step, -side)
        more["time_in_force"] = rng.choice(("GTC", "GTC", "GTC", "IOC", "FOK"))
        more["post_only"] = more["time_in_force"] == "GTC" and rng.random() < 0.25
    return more


def _targets(rng: random.Random, curve: Curve, step: int, side: int) -> tuple[Target, ...]:
    shares = [rng.random() + 0.05 for _ in range(rng.randint(1, 4))]
    whole = rng.choice((1.0, 1.6)) * sum(shares)
    return tuple(
        Target(distance=curve.distance(rng, step), share=share / whole)
        if rng.random() < 0.5
        else Target(price=curve.level(rng, step, side), share=share / whole)
        for share in shares
    )


def bracket(rng: random.Random, curve: Curve, step: int, side: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The stop and target of an entry in their short form, and several targets in the long one."""
    stop, target = rng.randint(0, 3), rng.randint(0, 4)
    drawn = {
        "stop_price": (curve.level(rng, step, -side), stop == 1),
        "stop_distance": (curve.distance(rng, step), stop == 2),
        "target_price": (curve.level(rng, step, side), target == 1),
        "target_distance": (curve.distance(rng, step), target == 2),
    }
    short = {name: level for name, (level, is_wanted) in drawn.items() if is_wanted}
    return short, {"targets": _targets(rng, curve, step, side)} if target == 3 else {}


def random_size(rng: random.Random, listed: Listed, step: int) -> dict[str, Any]:
    """A quantity: the smallest, a part of the usual, or far more than anybody has."""
    curve, inst, value = listed
    usual = value / curve.at(step)
    qty = rng.choice((inst.min_qty, inst.min_qty * 1.5, usual, 3 * usual, rng.random() * usual + inst.min_qty, 1e9))
    return {"sizing": "qty", "sizing_value": qty}


def _entry(rng: random.Random, listed: Listed, step: int, symbol: int) -> Entry:
    curve, side = listed[0], rng.choice((-1, 1))
    short, more = bracket(rng, curve, step, side)
    more |= _levels(rng, curve, step, rng.choice(KINDS), side)
    if rng.random() < 0.5:
        more |= random_size(rng, listed, step)
    if rng.random() < 0.33:
        more["trail_distance"] = curve.distance(rng, step)
        activation = curve.level(rng, step, side)
        if rng.choice((0, 1)):
            more["trail_activation"] = activation
    if rng.random() < 0.25:
        more["break_even_distance"] = curve.distance(rng, step)
    return Entry(symbol, side, **short, more=more)


def random_exit(rng: random.Random, listed: Listed, step: int, symbol: int, kinds: Sequence[str] = KINDS) -> Close:
    """A close of the whole or of a part."""
    more = _levels(rng, listed[0], step, rng.choice(kinds), rng.choice((-1, 1)))
    for name in ("time_in_force", "post_only"):
        more.pop(name, None)
    qty = listed[1].min_qty * rng.randint(1, 50)
    if rng.choice((0, 1)):
        more["qty"] = qty
    return Close(symbol, more=more)


def random_requests(
    rng: random.Random, curves: Sequence[Listed], has_bar: Sequence[Sequence[bool]]
) -> dict[int, list[Decision]]:
    """Decisions of every kind in any order at every step, the last ones included, for symbols that have a bar."""
    share, decisions = rng.choice((0.2, 0.6, 0.95)), {}
    for step in range(len(has_bar[0])):
        many: list[Decision] = []
        for symbol, listed in enumerate(curves):
            if not has_bar[symbol][step]:
                continue
            count = rng.choice((1, 1, 1, 3, 6)) if rng.random() < share else 0
            many += [_entry(rng, listed, step, symbol) for _ in range(count)]
            if rng.random() < 0.12:
                many.append(random_exit(rng, listed, step, symbol))
            if rng.random() < 0.06:
                many.append(Cancel(symbol))
            if rng.random() < 0.05:
                many.append(AddMargin(symbol, listed[2] * rng.random() * 0.3))
        rng.shuffle(many)
        if many:
            decisions[step] = many
    return decisions
