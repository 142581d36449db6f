"""Systems of rules, each with the strategy that a trader would write in Python for it; neither knows of the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from btcli.strategies import Direction, RuntimeSnapshot, Signal, Size, Strategy

FEATURES = """{ltf: {f: "ema(close, 5)", s: "ema(close, 13)", atr: "atr(14)"}, htf: {wide: "atr(5)"}}"""
ENTERING = "long: {enter: close > open and f > s}, short: {enter: close < open and f < s}"
LEAVING = "long: {enter: close > open and f > s}, stop: atr, target: atr"
Words = Callable[[RuntimeSnapshot, int], Mapping[str, Any]]  # of a signal, for a side


class Twin(Strategy):
    """Enters with a candle and two means that go the same way, and asks for what a function says beside."""

    def __init__(self, words: Words) -> None:
        super().__init__(None)
        self._words = words

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        ltf = snapshot.ltf
        assert ltf.bar is not None
        opened = ltf.bar.open
        if ltf.close > opened and ltf["f"] > ltf["s"]:
            return Signal(Direction.LONG, **self._words(snapshot, 1))
        if ltf.close < opened and ltf["f"] < ltf["s"]:
            return Signal(Direction.SHORT, **self._words(snapshot, -1))
        return None


def levels(snapshot: RuntimeSnapshot, side: int) -> dict[str, Any]:
    """Prices on both sides of the close."""
    close, atr = snapshot.ltf.close, snapshot.ltf["atr"]
    return {"stop_price": close - side * 3 * atr, "target_price": close + side * 6 * atr}


def trailing(snapshot: RuntimeSnapshot, side: int) -> dict[str, Any]:
    """Behind the best price, from a profit on."""
    far = 2 * snapshot.ltf["atr"]
    return {"trail_distance": far, "trail_activation": snapshot.ltf.close + side * far, "stop_distance": 3 * far}


def even(snapshot: RuntimeSnapshot, side: int) -> dict[str, Any]:
    """To the entry after half of the way, long and short apart."""
    far = snapshot.ltf["atr"]
    return {"stop_distance": 3 * far, "target_distance": 6 * far, "break_even_distance": (3 if side > 0 else 2) * far}


def sized(snapshot: RuntimeSnapshot, side: int) -> dict[str, Any]:
    """The calmer the larger when long, by the risk when short."""
    atr = snapshot.ltf["atr"]
    size = Size("notional_pct", min(9, 300 / atr)) if side > 0 else Size("risk_pct", 0.5)
    return {"size": size, "stop_distance": 2 * atr}


TWINS: tuple[tuple[str, Words], ...] = (
    (
        """long: {enter: close > open and f > s, stop: {price: close - 3 * atr}, target: {price: close + 6 * atr}},
        short: {enter: close < open and f < s, stop: {price: close + 3 * atr}, target: {price: close - 6 * atr}}""",
        levels,
    ),
    (
        """long: {enter: close > open and f > s, trail: {distance: 2 * atr, from: close + 2 * atr}},
        short: {enter: close < open and f < s, trail: {distance: 2 * atr, from: close - 2 * atr}},
        stop: 3 * (2 * atr)""",
        trailing,
    ),
    (
        """long: {enter: close > open and f > s, break_even: 3 * atr}, break_even: 2 * atr,
        short: {enter: close < open and f < s}, stop: 3 * atr, target: 6 * atr""",
        even,
    ),
    (f"{ENTERING}, trail: {{pct: 0.08}}", lambda seen, _: {"trail_distance": 0.08 / 100 * seen.ltf.close}),
    (f"{ENTERING}, trail: {{atr: 1.5}}", lambda seen, _: {"trail_distance": 1.5 * seen.ltf["atr"]}),
    (
        """long: {enter: close > open and f > s, size: {notional_pct: "min(9, 300 / atr)"}}, stop: 2 * atr,
        short: {enter: close < open and f < s}, size: {risk_pct: 0.5}""",
        sized,
    ),
    (f"{ENTERING}, break_even: atr", lambda seen, _: {"break_even_distance": seen.ltf["atr"]}),
    (
        f"{ENTERING}, stop: {{price: '0'}}, target: 3 * htf.wide",
        lambda seen, _: {"stop_price": 0.0, "target_distance": 3 * seen.htf["wide"]},
    ),
)


class Waiting(Strategy):
    """Asks to be long at a price of its own, again with each candle that goes its way, and leaves with the means.

    While it waits for a fill it takes back what waits: with each new order, and where the price has run away.
    """

    def __init__(self, words: Words) -> None:
        super().__init__(None)
        self._words = words

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        ltf, waits = snapshot.ltf, snapshot.exchange.open_orders > 0
        assert ltf.bar is not None
        if snapshot.exchange.has_position:
            return Signal(Direction.FLAT) if ltf["f"] < ltf["s"] else None
        if ltf.close > ltf.bar.open and ltf["f"] > ltf["s"]:
            return Signal(Direction.LONG, cancel=waits, **self._words(snapshot, 1))
        if waits and abs(ltf.close - ltf["s"]) > 3 * ltf["atr"]:
            return Signal(Direction.FLAT, cancel=True)
        return None


def limit(snapshot: RuntimeSnapshot, _: int) -> dict[str, Any]:
    """A little below the close."""
    return {"order": "limit", "price": snapshot.ltf.close - snapshot.ltf["atr"], "target_distance": 5000.0}


def stop(snapshot: RuntimeSnapshot, _: int) -> dict[str, Any]:
    """A little above the close."""
    return {"order": "stop_market", "trigger_price": snapshot.ltf.close + snapshot.ltf["atr"]}


def stop_limit(snapshot: RuntimeSnapshot, _: int) -> dict[str, Any]:
    """Once it has risen, at what it was."""
    return {"order": "stop_limit", "trigger_price": snapshot.ltf.close + 9, "price": snapshot.ltf.close}


WAITS = """long: {enter: close > open and f > s, exit: f < s}, cancel_when: abs(close - s) > 3 * atr"""
WAITING: tuple[tuple[str, Words], ...] = (
    (f"{WAITS}, order: {{limit: close - atr}}, target: 5000", limit),
    (f"{WAITS}, order: {{stop: close + atr}}", stop),
    (f"{WAITS}, order: {{limit: close, stop: close + 9}}", stop_limit),
    (
        f"{WAITS}, order: {{limit: close - atr, for: 2}}",
        lambda seen, _: {"order": "limit", "price": seen.ltf.close - seen.ltf["atr"], "expires_after": 2},
    ),
    (
        f"{WAITS}, order: {{stop: close + atr, for: 4m}}",
        lambda seen, _: {
            "order": "stop_market",
            "trigger_price": seen.ltf.close + seen.ltf["atr"],
            "expires_after": "4m",
        },
    ),
)
PARTS = {  # of each key of a part, how the part is written and how with another value
    "share": ("share: 0.3, at: atr", "share: 0.2, at: atr"),
    "at": ("share: 0.25, at: 2 * atr", "share: 0.25, at: atr"),
    "at.price": ("share: 0.25, at: {price: 2 * close - s}", "share: 0.25, at: {price: 3 * close - 2 * s}"),
    "when": ("share: 0.25, when: abs(close - s) > 2 * atr", "share: 0.25, when: abs(close - s) > atr"),
    "then.stop": ("share: 0.25, at: atr, then: {stop: 2 * atr}", "share: 0.25, at: atr, then: {stop: atr}"),
    "then.stop.price": (
        "share: 0.25, at: atr, then: {stop: {price: s}}",
        "share: 0.25, at: atr, then: {stop: {price: close}}",
    ),
    "then.trail.distance": (
        "share: 0.25, at: atr, then: {trail: {distance: 3 * atr}}",
        "share: 0.25, at: atr, then: {trail: {distance: 2 * atr}}",
    ),
    "then.trail.pct": (
        "share: 0.25, at: atr, then: {trail: {pct: 0.2}}",
        "share: 0.25, at: atr, then: {trail: {pct: 0.1}}",
    ),
    "then.trail.atr": (
        "share: 0.25, at: atr, then: {trail: {atr: 3}}",
        "share: 0.25, at: atr, then: {trail: {atr: 2}}",
    ),
    "then.trail.from": (
        "share: 0.25, at: atr, then: {trail: {atr: 2, from: 2 * close - s}}",
        "share: 0.25, at: atr, then: {trail: {atr: 2, from: close}}",
    ),
}


def _exits(place: int, part: str) -> str:
    """Exits of which the part at this place is written so, behind others that leave with a little."""
    return f"exits: [{', '.join([*['{share: 0.1, at: 9 * atr}'] * place, f'{{{part}}}'])}]"


def _by_age(place: int, distance: str) -> str:
    """A target of which the distance of the age at this place is written so."""
    return f"target_by_age: {{{', '.join(f'{age}: {distance if age == place else 9999}' for age in range(place + 1))}}}"


# Of each key of strategy.rules what it depends on, and two values of which the second changes what happens.
KEYS: Mapping[str, tuple[str, str, str]] = {
    "enter": ("stop: 3 * atr", "long: {enter: close > open}", "long: {enter: close > open and f > s}"),
    "exit": (ENTERING, "exit: close > s + 5 * atr", "exit: close > s + atr"),
    "order.limit": (ENTERING, "order: {limit: close - atr}", "order: {limit: close}"),
    "order.stop": (ENTERING, "order: {stop: close + atr}", "order: {stop: close + 2 * atr}"),
    "order.for": (ENTERING, "order: {limit: close - 2 * atr, for: 2}", "order: {limit: close - 2 * atr, for: 5m}"),
    "cancel_when": (
        "long: {enter: 'cross_above(f, s)', exit: f < s}, order: {limit: close - 3 * atr}",
        "cancel_when: f < s",
        "cancel_when: close < open",
    ),
    "stop": (ENTERING, "stop: 3 * atr", "stop: 2 * atr"),
    "stop.price": (f"{ENTERING}, target: 3 * atr", "stop: {price: close - 90}", "stop: {price: close - 60}"),
    "target": (ENTERING, "target: 3 * atr", "target: 2 * atr"),
    "target.price": (f"{ENTERING}, stop: 3 * atr", "target: {price: close + 90}", "target: {price: close + 60}"),
    "trail.distance": (ENTERING, "trail: {distance: 3 * atr}", "trail: {distance: 2 * atr}"),
    "trail.pct": (ENTERING, "trail: {pct: 0.2}", "trail: {pct: 0.1}"),
    "trail.atr": (ENTERING, "trail: {atr: 3}", "trail: {atr: 2}"),
    "trail.from": (
        "long: {enter: close > open and f > s}, stop: 9 * atr",
        "trail: {distance: 2 * atr, from: close + 2 * atr}",
        "trail: {distance: 2 * atr, from: close + 4 * atr}",
    ),
    "break_even": (f"{ENTERING}, stop: 4 * atr", "break_even: 3 * atr", "break_even: 2 * atr"),
    "rearm": (f"{LEAVING}", "rearm: false", "rearm: true"),
    "cooldown_bars": (LEAVING, "cooldown_bars: 2", "cooldown_bars: 3"),
    "cooldown_after_loss_bars": (LEAVING, "cooldown_after_loss_bars: 5", "cooldown_after_loss_bars: 9"),
    "pause_after_losses.losses": (
        LEAVING,
        "pause_after_losses: {losses: 2, bars: 15}",
        "pause_after_losses: {losses: 3, bars: 15}",
    ),
    "pause_after_losses.bars": (
        LEAVING,
        "pause_after_losses: {losses: 2, bars: 15}",
        "pause_after_losses: {losses: 2, bars: 25}",
    ),
    "max_entries_per_day": (LEAVING, "max_entries_per_day: 3", "max_entries_per_day: 4"),
    "session.hours": (LEAVING, "session: {hours: 03:00-06:00}", "session: {hours: 03:00-07:30}"),
    "session.days": (LEAVING, "session: {days: mon-tue}", "session: {days: [tue, wed]}"),
    "session.not_around_funding": (
        LEAVING,
        "session: {not_around_funding: 10m}",
        "session: {not_around_funding: 40m}",
    ),
    "size.qty": (ENTERING, "size: {qty: 0.01}", "size: {qty: 0.02}"),
    "size.notional_usdt": (ENTERING, "size: {notional_usdt: 500}", "size: {notional_usdt: '400 + atr'}"),
    "size.notional_pct": (ENTERING, "size: {notional_pct: 20}", "size: {notional_pct: 30}"),
    "size.margin_pct": (ENTERING, "size: {margin_pct: 20}", "size: {margin_pct: 30}"),
    "size.risk_pct": (f"{ENTERING}, stop: 3 * atr", "size: {risk_pct: 1}", "size: {risk_pct: 0.5}"),
    **{
        f"exits.{n}.{key}": (ENTERING, _exits(n, value), _exits(n, other))
        for n in range(4)
        for key, (value, other) in PARTS.items()
    },
    **{
        f"target_by_age.{n}": (f"{ENTERING}, stop: 9 * atr", _by_age(n, "4 * atr"), _by_age(n, "2 * atr"))
        for n in range(8)
    },
    "stop_follow": (f"{ENTERING}, stop: 9 * atr", "stop_follow: close - 4 * atr", "stop_follow: close - 3 * atr"),
    "adds.when": (ENTERING, "adds: {when: close > open, most: 2}", "adds: {when: f > s, most: 2}"),
    "adds.most": (ENTERING, "adds: {when: close > open, most: 2}", "adds: {when: close > open, most: 3}"),
    "adds.apart": (
        ENTERING,
        "adds: {when: close > open, most: 2, apart: atr}",
        "adds: {when: close > open, most: 2, apart: 3 * atr}",
    ),
}
