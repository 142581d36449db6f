"""The block `strategy.rules`: what enters and leaves a position, as expressions, and where each is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from btcli.config.findings import KeyPath, listed
from btcli.config.other_symbols import texts_of
from btcli.config.rule_gates import Bars, Pause, Session, Switch, Times
from btcli.config.rule_parts import MOST_AGES, MOST_PARTS, PART_EXPRESSIONS, Adds, ByAge, Exits, plain
from btcli.config.rule_values import (
    FOR,
    ORDER_KEYS,
    SIZE_KEYS,
    TRAIL_KEYS,
    Expression,
    Level,
    OneSize,
    Order,
    Trail,
    rule_key,
)
from btcli.config.types import Section

Side = Literal["long", "short"]
SIDES: tuple[Side, ...] = ("long", "short")
PATH: KeyPath = ("strategy", "rules")


def own_rules(symbol: str) -> KeyPath:
    """Where the rules of one symbol stand."""
    return ("strategy", "per_symbol", symbol, "rules")


class _Entry(Section):
    """What a side alone has."""

    enter: Expression = rule_key("condition: enters when flat")


class SharedKeys(Section):
    """Keys of a side that may stand beside the sides too, for both: this is their one list."""

    exit: Expression = rule_key("condition: closes all that is held")
    order: Order = rule_key("market, or the prices that the entry waits for: limit, stop, or both; and for how long")
    cancel_when: Expression = rule_key("condition: takes back an entry of the side that waits")
    stop: Level = rule_key("distance from the fill, USDT per coin, or a price, as known when the entry is decided")
    target: Level = rule_key("distance from the fill, USDT per coin, or a price, as known when the entry is decided")
    trail: Trail = rule_key("how far behind the best price the stop follows, and from which price on")
    break_even: Expression = rule_key("profit, USDT per coin, at which the stop moves to the entry")
    size: OneSize = rule_key("how large the entry is, instead of risk.sizing: one of its keys with an expression")
    rearm: Switch = rule_key("true: enter has to be false after an entry that filled before there is another one")
    cooldown_bars: Bars = rule_key("closes of ltf without an entry after a trade has ended")
    cooldown_after_loss_bars: Bars = rule_key("the same after a trade that ended with a loss")
    pause_after_losses: Pause = rule_key("closes of ltf without an entry after so many losing trades in a row")
    max_entries_per_day: Times = rule_key("entries that may fill in a UTC day, those that add not counted")
    session: Session = rule_key("when entries are made; what is held is left at any time")
    exits: Exits = rule_key("parts of what was entered, each with where it leaves and what it makes of the stop")
    target_by_age: ByAge = rule_key("by how many ltf bars it was held the target's distance from the entry")
    stop_follow: Expression = rule_key("a price that the stop is at, at each ltf close while held; it never loosens")
    adds: Adds = rule_key("when one more entry's size is added, how often at most, and how far from the last fill")


class RulesOfSide(SharedKeys, _Entry):  # the keys of the last base come first
    """What one side does; what is left out here is as beside the sides."""


class _Sides(Section):
    """The sides themselves."""

    long: RulesOfSide = rule_key("when to be long, and when no more; left out: never")
    short: RulesOfSide = rule_key("when to be short, and when no more; left out: never")


class Rules(SharedKeys, _Sides):
    """Conditions instead of code; keys beside the sides are for each side that has none of its own."""

    @cached_property
    def plain(self) -> Mapping[str, Any]:
        """The same as plain values, by the keys that are written; pydantic would first build what dumps them."""
        said: Mapping[str, Any] = plain(self)
        return said

    @cached_property
    def texts(self) -> tuple[tuple[KeyPath, str], ...]:
        """Every text that is written in them, with the keys that lead to it."""
        return tuple(texts_of(self.plain))

    def said(self, side: Side, key: str) -> str | None:
        """The expression of one of EXPRESSIONS for a side: its own, else that of both; None where there is neither."""
        value = self.value(side, key)
        return None if value is None else str(value)

    def value(self, side: Side, key: str) -> Any:
        """What is written for one of EXPRESSIONS or SETTINGS for a side, as `said` finds it."""
        path = self.place(side, key)
        if path is None:
            return None
        return _found(self, path)

    def whole(self, side: Side, key: str) -> Any:
        """All that is written under one of RULE_KEYS that counts for a side; None where it is not."""
        path = self.place_of_key(side, key)
        return None if path is None else _found(self, path)

    def place(self, side: Side, key: str) -> KeyPath | None:
        """Where that expression is written, below `strategy.rules`; None where there is none."""
        name, *below = key.split(".")
        path, value = self.place_of_key(side, name), self.whole(side, name)
        if path is None:
            return None
        for part in below:
            step, value = _step(value, part)
            if step is None:
                return None
            path = (*path, step)
        is_list = isinstance(value, tuple) and any(isinstance(each, Mapping) for each in value)
        return None if is_list or isinstance(value, (Mapping, Section)) else path

    def place_of_key(self, side: Side, key: str) -> KeyPath | None:
        """Where one of RULE_KEYS that counts for a side is written, whatever it holds; None where it is not."""
        own: RulesOfSide | None = getattr(self, side)
        if own is None or own.enter is None:
            return None
        if getattr(own, key) is not None:
            return (side, key)
        return (key,) if key in SHARED and getattr(self, key) is not None else None


def _found(rules: Rules, path: KeyPath) -> Any:
    value: Any = rules
    for part in path:
        value = getattr(value, str(part)) if isinstance(value, Section) else value[part]
    return value


def _step(value: Any, part: str) -> tuple[str | int | None, Any]:
    """The key or place that a part of a key names in a value, and what is there; of ages their order is the place."""
    if isinstance(value, Section):
        return (part, getattr(value, part)) if getattr(value, part, None) is not None else (None, None)
    if part.isdecimal():
        places = list(value) if isinstance(value, Mapping) else range(len(value)) if isinstance(value, tuple) else ()
        return (places[int(part)], value[places[int(part)]]) if int(part) < len(places) else (None, None)
    return (part, value[part]) if isinstance(value, Mapping) and part in value else (None, None)


SHARED = tuple(SharedKeys.model_fields)  # these may stand beside the sides, for both
RULE_KEYS = ("enter", *SHARED)
EXPRESSIONS = (  # every key that holds one
    "enter",
    "exit",
    *(f"order.{key}" for key in ORDER_KEYS),
    "cancel_when",
    "stop",
    "stop.price",
    "target",
    "target.price",
    *(f"trail.{key}" for key in TRAIL_KEYS),
    "break_even",
    *(f"size.{key}" for key in SIZE_KEYS),
    *(f"exits.{n}.{key}" for n in range(MOST_PARTS) for key in PART_EXPRESSIONS),
    *(f"target_by_age.{n}" for n in range(MOST_AGES)),
    "stop_follow",
    "adds.when",
    "adds.apart",
)
SETTINGS = (  # every key that holds none
    f"order.{FOR}",
    "rearm",
    "cooldown_bars",
    "cooldown_after_loss_bars",
    *(f"pause_after_losses.{key}" for key in Pause.model_fields),
    "max_entries_per_day",
    *(f"session.{key}" for key in Session.model_fields),
    *(f"exits.{n}.share" for n in range(MOST_PARTS)),
    "adds.most",
)
SAYS = f"a side of rules has {listed(RULE_KEYS)}; {listed(SHARED)} may stand beside the sides, for both"
