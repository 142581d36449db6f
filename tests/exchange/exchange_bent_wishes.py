"""Bends the wishes of a market: levels at or below zero and behind the price, tight targets, shares of nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from exchange_scenarios import Close, Decision, Entry, Scenario

from btcli.exchange.face.request import Target

Bend = Callable[[random.Random, Entry, float], Entry]


def bent(rng: random.Random, market: Scenario) -> dict[int, list[Decision]]:
    """The decisions of a market: some entries bent, of those some behind a close, and some closes bent."""
    share = rng.choice((0.25, 0.5))
    return {
        step: [bent for one in many for bent in _bent(rng, market, step, one, share)]
        for step, many in market.decisions.items()
    }


def _bent(rng: random.Random, market: Scenario, step: int, one: Decision, share: float) -> list[Decision]:
    """What becomes of one decision."""
    if isinstance(one, Close) and rng.random() < share / 3:
        return [_bent_close(rng, one)]
    if not isinstance(one, Entry) or rng.random() > share:
        return [one]
    price = market.last[one.symbol][step][3]
    if market.mark is not None and rng.random() < 0.1:
        return [_between_both_prices(one, price, market.mark[one.symbol][step][3])]
    entry = rng.choice(BENDS)(rng, one, price)
    return [Close(one.symbol), entry] if rng.random() < 0.15 else [entry]


def _bent_close(rng: random.Random, close: Close) -> Close:
    """A close of nothing, or one whose limit or trigger is below one tick."""
    names = [name for name in ("price", "trigger_price") if close.more.get(name) is not None]
    if not names or rng.random() < 0.5:
        return close._replace(more={**close.more, "qty": rng.choice((0.0, 0.0004, -1.0))})
    return close._replace(more={**close.more, rng.choice(names): rng.choice((0.0, -9.0, 0.04))})


def _with(entry: Entry, **more: Any) -> Entry:
    return entry._replace(more={**entry.more, **more})


def _reference(entry: Entry, price: float) -> float:
    """The price that an entry's levels are judged by."""
    limit, trigger = entry.more.get("price"), entry.more.get("trigger_price")
    return float(limit if limit is not None else trigger if trigger is not None else price)


def _level(rng: random.Random, reference: float, behind: int) -> float:
    """A price at or below zero, at a reference, or on the wrong side of it."""
    away = reference + behind * rng.choice((0.0, 0.04, 0.1, 3.0, 90.0))
    return round(rng.choice((0.0, -2.5, 0.04, away, away, away)), 2)


def _distance(rng: random.Random, price: float) -> float:
    """A distance at or below zero, one as long as the price, or one beyond it."""
    return round(rng.choice((0.0, -1.5, price, price * 1.3, price - 0.05, price * 0.97)), 2)


def _order_price(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A limit or trigger below one tick, or at it."""
    names = [name for name in ("price", "trigger_price") if entry.more.get(name) is not None]
    if not names:
        return _stop_price(rng, entry, price)
    return _with(entry, **{rng.choice(names): rng.choice((0.0, -7.0, 0.04, 0.1, 0.000004))})


def _stop_price(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A stop at or below zero, or at or beyond the price."""
    level = _level(rng, _reference(entry, price), entry.side)
    return entry._replace(stop_price=level, stop_distance=None)


def _stop_distance(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A stop without a distance, or one that lies at or below zero."""
    return entry._replace(stop_price=None, stop_distance=_distance(rng, price))


def _trail_distance(rng: random.Random, entry: Entry, price: float) -> Entry:
    """The same of a trailing stop, some of them with an activation behind the price or below zero."""
    activation = rng.choice((None, 0.0, -3.0, round(price - entry.side * rng.randint(0, 40) / 10, 1)))
    distance = rng.choice((_distance(rng, price), rng.randint(5, 300) / 10))
    return _with(entry, trail_distance=distance, trail_activation=activation)


def _break_even(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A break-even without a distance."""
    return _with(entry, break_even_distance=rng.choice((0.0, -price / 100, 0.1)))


def _target_price(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A target at or below zero, or at or behind the price."""
    level = _level(rng, _reference(entry, price), -entry.side)
    return _with(entry, targets=())._replace(target_price=level, target_distance=None)


def _target_distance(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A target without a distance, or one that lies at or below zero for a short."""
    return _with(entry, targets=())._replace(target_price=None, target_distance=_distance(rng, price))


def _several_targets(rng: random.Random, entry: Entry, price: float) -> Entry:
    """Several targets of which one cannot be, or of which some shares are less than a step."""
    reference, side = _reference(entry, price), entry.side
    good = [Target(price=round(reference + side * (n + 1) * rng.randint(1, 60) / 10, 1), share=0.3) for n in range(2)]
    one = rng.choice(
        (
            Target(price=_level(rng, reference, -side), share=0.4),
            Target(distance=_distance(rng, price), share=0.4),
            Target(distance=rng.randint(1, 90) / 10, share=0.4),
        )
    )
    targets = [*good, one]
    rng.shuffle(targets)
    return _with(entry, targets=tuple(targets))._replace(target_price=None, target_distance=None)


def _tiny(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A size of a few steps with targets whose shares may round to nothing."""
    shares = rng.choice(((0.25,) * 4, (0.01, 0.01, 0.98)))
    targets = tuple(Target(distance=(n + 1) * rng.choice((1, 2, 20)) / 10, share=one) for n, one in enumerate(shares))
    size = {"sizing": "qty", "sizing_value": rng.choice((0.003, 0.05, 0.06, 0.075))}
    entry = _with(entry, targets=targets, **size, type="market", price=None, trigger_price=None)
    return entry._replace(stop_price=None, stop_distance=None, target_price=None, target_distance=None)


def _tight_target(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A target so near that a gap passes it, or that the last price has passed where the mark triggers the entry."""
    side, trigger = entry.side, round(price + entry.side * rng.randint(0, 30) / 10, 1)
    market = {"type": "market", "price": None, "trigger_price": None}
    stop = {"type": "stop_market", "price": None, "trigger_price": trigger, "sizing": "qty", "sizing_value": 0.2}
    entry = _with(entry, targets=(), **rng.choice((market, stop, stop)))
    target = round(_reference(entry, price) + side * rng.choice((1, 1, 2, 5, 20)) / 10, 1)
    return entry._replace(target_price=target, target_distance=None)


def _between_both_prices(entry: Entry, price: float, mark: float) -> Entry:
    """A stop entry whose trigger the mark has not reached yet, and whose target the last price has passed."""
    side = 1 if price > mark else -1
    trigger = round(mark + side * 0.2, 1)
    entry = _with(entry, type="stop_market", price=None, trigger_price=trigger, targets=(), expires_after_ms=0)
    entry = _with(entry, sizing="qty", sizing_value=0.2)._replace(side=side, stop_price=None, stop_distance=None)
    return entry._replace(target_price=round(trigger + side * 0.1, 1), target_distance=None)


def _far_stop(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A stop beyond any liquidation price, or below zero; a limit that rests as often as not."""
    limit = round(price - entry.side * rng.randint(1, 60) / 10, 1)
    if rng.random() < 0.5:
        entry = _with(entry, type="limit", price=limit, trigger_price=None, post_only=False, time_in_force="GTC")
    stop = _reference(entry, price) * (1 - entry.side * rng.choice((0.02, 0.05, 0.2, 0.6, 1.0, 1.2)))
    return entry._replace(stop_price=round(stop, 1), stop_distance=None)


def _stop_below_zero(rng: random.Random, entry: Entry, price: float) -> Entry:
    """A small long at market whose stop, fixed or trailing, lies at or below zero."""
    entry = _with(entry, type="market", price=None, trigger_price=None, targets=(), sizing="qty", sizing_value=0.2)
    entry = entry._replace(side=1, stop_price=None, stop_distance=None, target_price=None, target_distance=None)
    kind = rng.randrange(3)
    if kind == 0:
        return entry._replace(stop_price=rng.choice((0.0, -40.0)))
    if kind == 1:
        return entry._replace(stop_distance=round(price * 1.2, 1))
    return _with(entry, trail_distance=round(price * 1.2, 1), trail_activation=None)


BENDS: tuple[Bend, ...] = (
    _order_price,
    _stop_price,
    _stop_distance,
    _trail_distance,
    _break_even,
    _target_price,
    _target_distance,
    _several_targets,
    _tiny,
    _tight_target,
    _tight_target,
    _tight_target,
    _tight_target,
    _far_stop,
    _far_stop,
    _stop_below_zero,
)
