"""Draws whole rule sets, of all keys that the language has, over the expressions of `second_texts`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from second_texts import Written

NAMES = ("close", "open", "htf.close", "htf.open", "mtf.high", "exec.low", "ltf.high", "mtf.close")
GAIN = "position.move_pct"
LATER = ("funding", "mark", "basis", "sma(", "equity", "1e300")  # not told to the second reading, or not exactly
LOSSES = "account.losses_in_a_row"


class Drawn:
    """A rule set by its seed, as a system file has it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self._written = Written(seed, NAMES, ["2", "3"])

    def rules(self) -> dict[str, Any]:
        """Both sides, mostly, with keys inside them and beside them; what does nothing is left to who reads it."""
        rules: dict[str, Any] = {}
        for side in ("long", "short"):
            if not rules or self.draw.random() < 0.85:
                rules[side] = {"enter": self.enter(), **self.some(0.14)}
        beside = self.some(0.14)
        if all("exit" not in each for each in rules.values()) and self.draw.random() < 0.7:
            beside["exit"] = self.condition("leaves")
        return {**rules, **{key: value for key, value in beside.items() if self.is_heard(rules, key)}}

    @staticmethod
    def is_heard(rules: Mapping[str, Mapping[str, Any]], key: str) -> bool:
        """Whether a side has no key of its own, so that the one beside it counts."""
        return any(key not in side for side in rules.values())

    def some(self, share: float) -> dict[str, Any]:
        """Some of the keys that may stand inside a side and beside it."""
        return {key: getattr(self, key)() for key in KEYS if self.draw.random() < share}

    def enter(self) -> str:
        """A condition that is true now and then."""
        if self.draw.random() < 0.15:
            return f"({self.condition()} then {self.condition()} within {self.draw.choice([1, 3, 8])})"
        return self.condition()

    def condition(self, kind: str = "") -> str:
        """Something short that is often true, or anything that can be said."""
        one = self.draw.choice([
            "close > open", "close < open", "rising(close, 2)", "falling(low, 2)", "close > htf.close",
            "close < mtf.open", "cross_above(close, mtf.close)", "close > highest(high, 3)[1]", "time.minute == 30",
            "time.minute < 30", "count(close > open, 4) >= 2", "mtf.close != mtf.close[1]", "exec.close < ltf.open",
            f"{LOSSES} < 2", "account.open_positions < 1", "ETHUSDT.close > ETHUSDT.open",
            "close > open and volume > 8", "1 / (close - open) > 0",
        ])  # fmt: skip
        if kind == "leaves":
            one = self.draw.choice([
                one, "position.bars >= 4", f"{GAIN} > 0.2", f"{GAIN} < -0.2", "position.adds > 0",
                "position.exits_done > 0", "position.side * (close - open) < -2", "close < position.entry_price",
            ])  # fmt: skip
        if self.draw.random() < 0.35:
            one = self.draw.choice([f"({one}) and ({self.any()})", f"({one}) or ({self.any()})", f"not ({one})"])
        return one

    def any(self) -> str:
        """A condition of `second_texts` of which all is told."""
        while True:
            text = self._written.condition(self.draw.choice([0, 1]))
            if not any(word in text for word in (*LATER, "then")):
                return text

    def number(self, *simple: str) -> str:
        """One of these, now and then unknown."""
        text = self.draw.choice(simple)
        return f"{text} * (close - open) / (close - open)" if self.draw.random() < 0.1 else text

    def distance(self) -> str:
        """Above 0."""
        return self.number("4", "0.004 * close", "max(high - low, 2)", "2 * abs(mtf.high - mtf.low) + 1", "9")

    def price(self) -> str:
        """Anywhere about the market."""
        return self.number("close - 3", "close + 3", "htf.low", "htf.high", "mtf.close", "close * 0.995", "low", "high")

    def exit(self) -> str:
        return self.condition("leaves")

    def order(self) -> Any:
        keys = self.draw.choice([("limit",), ("stop",), ("stop", "limit")])
        order: dict[str, Any] = {key: self.price() for key in keys}
        if self.draw.random() < 0.6:
            order["for"] = self.draw.choice([1, 3, "20m", "7m", "1h"])
        return order

    def cancel_when(self) -> str:
        return self.condition()

    def level(self) -> Any:
        return {"price": self.price()} if self.draw.random() < 0.3 else self.distance()

    stop = target = level

    def trail(self) -> Any:
        kind = self.draw.choice(["distance", "pct", "atr"])
        trail = {kind: self.distance() if kind == "distance" else self.number("0.5", "1", "2")}
        return {**trail, "from": self.price()} if self.draw.random() < 0.4 else trail

    def break_even(self) -> Any:
        return self.distance()

    def size(self) -> Any:
        key, number = self.draw.choice([
            ("qty", "0.02"), ("qty", "1000 / close"), ("notional_usdt", "200"),
            ("notional_pct", "min(20, close - open)"), ("margin_pct", "3"), ("risk_pct", "0.1"),
        ])  # fmt: skip
        return {key: self.number(number)}

    def exits(self) -> Any:
        parts = [self.part() for _ in range(self.draw.choice([1, 2, 2, 3, 4]))]
        left = 1.0
        for part in parts:
            part["share"] = min(self.draw.choice([0.2, 0.25, 0.3, 0.5]), round(left, 2))
            left -= part["share"]
        return [part for part in parts if part["share"] > 0]

    def part(self) -> dict[str, Any]:
        part: dict[str, Any] = {"share": 0}
        if self.draw.random() < 0.5:
            part["at"] = self.level()
        else:
            part["when"] = self.condition("leaves")
        kind = self.draw.choice(["", "", "break_even", "stop", "trail", "both"])
        if kind == "break_even":
            part["then"] = kind
        elif kind:
            then = {"stop": self.level(), "trail": self.trail()}
            part["then"] = then if kind == "both" else {kind: then[kind]}
        return part

    def target_by_age(self) -> Any:
        ages = self.draw.choice([[0, 3], [2], [0, 2, 4, 6], [1, 5], list(range(8))])
        return {age: self.number("30", "9", "0.01 * close") if age == 0 else self.number("12", "6", "2", "0", "-2")
                for age in ages}  # fmt: skip

    def stop_follow(self) -> str:
        return self.number("htf.low", "lowest(low, 3)", "close - 6", "close + 6", "position.entry_price", "mtf.high")

    def adds(self) -> Any:
        adds = {"when": self.condition("leaves"), "most": self.draw.choice([1, 2, 5])}
        return {**adds, "apart": self.distance()} if self.draw.random() < 0.5 else adds

    def rearm(self) -> bool:
        return self.draw.random() < 0.8

    def cooldown_bars(self) -> int:
        return self.draw.choice([0, 1, 2, 5])

    def cooldown_after_loss_bars(self) -> int:
        return self.draw.choice([1, 3, 7])

    def pause_after_losses(self) -> Any:
        return {"losses": self.draw.choice([1, 2, 3]), "bars": self.draw.choice([3, 9])}

    def max_entries_per_day(self) -> int:
        return self.draw.choice([1, 2, 4])

    def session(self) -> Any:
        said = {
            "hours": self.draw.choice(["07:00-21:30", "22:15-06:00", "00:00-12:00", "18:00-00:00"]),
            "days": self.draw.choice(["mon", ["tue", "thu-sun"], "sun-mon"]),
            "not_around_funding": self.draw.choice(["10m", "25m"]),
        }
        return {key: said[key] for key in self.draw.choice([["hours"], ["days"], ["not_around_funding"], list(said)])}


KEYS = (
    "exit", "order", "cancel_when", "stop", "target", "trail", "break_even", "size", "rearm", "cooldown_bars",
    "cooldown_after_loss_bars", "pause_after_losses", "max_entries_per_day", "session", "exits", "target_by_age",
    "stop_follow", "adds",
)  # fmt: skip
