"""Draws rules as somebody might write them, from all words of the language, whether btcli has them already or not."""

from __future__ import annotations

import random
from collections.abc import Sequence

PRICES = ("open", "high", "low", "close", "volume", "hl2", "hlc3", "ohlc4")
SIGNS = ("<", "<=", ">", ">=", "==", "!=")
COMING = (
    "time.hour", "time.minute", "time.weekday", "time.day", "time.month", "funding_rate", "minutes_to_funding", "mark",
    "basis", "funding_rate", "minutes_to_funding", "mark", "basis", "position.bars",
    "position.move_pct", "account.equity_usdt", "account.losses_in_a_row", "ETHUSDT.htf.close", "ETHUSDT.ltf.high",
    "ETHUSDT.close", "ETHUSDT.htf.hl2", "ETHUSDT.mtf.low", "ETHUSDT.exec.close", "ETHUSDT.htf.sma(close, 4)",
    "ETHUSDT.mtf.max(high, 2)", "ETHUSDT.mom(close, 2)",
)  # fmt: skip


class Written:
    """Draws the texts of rules over these features, and parameters of all roles."""

    def __init__(self, seed: int, features: Sequence[str], params: Sequence[str]) -> None:
        self.draw = random.Random(seed)
        self._features, self._params = features, params

    def name(self) -> str:
        """A price or a feature of a role, now and then a function written where it is used, or a word to come."""
        kind = self.draw.random()
        if kind < 0.06:
            return self.draw.choice(COMING)
        role = self.draw.choice(["", "ltf.", "exec.", "mtf.", "htf."])
        if kind < 0.16:
            function = self.draw.choice(["sma", "max", "min", "mom"])
            role = self.draw.choice([*("" for _ in range(function in ("sma", "mom"))), "ltf.", "mtf.", "htf."])
            return f"{role}{function}({self.draw.choice(PRICES[:4])}, {self.draw.choice([2, 4, 8])})"
        if kind < 0.55:
            return self.draw.choice(self._features)
        return role + self.draw.choice(PRICES)

    def number(self, depth: int) -> str:
        """A number: a name, a parameter, arithmetic, or what looks back."""
        kind = self.draw.random()
        if depth <= 0 or kind < 0.4:
            return self.draw.choices([self.name(), self.draw.choice(self._params), self._constant()], [8, 1, 1])[0]
        one, two, three = (self.number(depth - 1) for _ in range(3))
        bars = self.draw.choice([1, 1, 2, 3, 5, 8])
        return self.draw.choice(
            [
                f"({one} + {two})",
                f"({one} - {two})",
                f"{one} * {self._constant()}",
                f"({one} / {two})",
                f"(-{one})",
                f"abs({one})",
                f"min({one}, {two})",
                f"max({one},{two}, {three})",
                f"({one})[{bars}]",
                f"{self.name()}[{bars}]",
                f"highest({one}, {bars})",
                f"lowest({one}, {bars})",
                f"count({self.condition(depth - 1)}, {bars})",
                f"bars_since({self.condition(depth - 1)})",
            ]
        )

    def condition(self, depth: int) -> str:
        """A condition: a comparison, a chain, a cross, or what joins them."""
        kind, bars = self.draw.random(), self.draw.choice([1, 2, 3, 5])
        if depth <= 0 or kind < 0.4:
            one, two, three = (self.number(depth - 1) for _ in range(3))
            sign, other = self.draw.choice(SIGNS), self.draw.choice(SIGNS)
            cross = self.draw.choice(["cross_above", "cross_below"])
            return self.draw.choice(
                [
                    f"{one} {sign} {two}",
                    f"({one} {sign} {two} {other} {three})",
                    f"{cross}({one}, {two})",
                    f"{self.draw.choice(['rising', 'falling'])}({one}, {bars})",
                ]
            )
        left, right = self.condition(depth - 1), self.condition(depth - 1)
        if kind < 0.43:
            return f"({left} then {right} within {bars})"
        return self.draw.choice(
            [
                f"({left} and {right})",
                f"({left} or {right})",
                f"not ({left})",
                f"({left})[{bars}]",
                f"{left} or {right} and not ({left})",
            ]
        )

    def _constant(self) -> str:
        return self.draw.choice(["0", "1", "2", "0.5", "3", "1e-4", "1e300", "4"])
