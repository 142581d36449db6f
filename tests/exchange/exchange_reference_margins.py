"""Numbers and margins of the second reading: sections 1 and 2 of the rulebook, for one symbol."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from exchange_scenarios import Entry

from btcli.exchange.instrument import Instrument


class Ended(NamedTuple):
    """A trade as the reference tells it."""

    side: int
    qty: float
    entry_ts: int
    entry_price: float
    exit_ts: int
    exit_price: float
    reason: str
    fees: float
    funding: float
    net: float
    ambiguous: bool


@dataclass(frozen=True)
class Grid:
    """Multiples of a decimal k / den."""

    k: int
    den: int

    @classmethod
    def of(cls, text: str) -> Grid:
        """The grid of a decimal such as "0.1"."""
        places = max(0, -int(Decimal(text).normalize().as_tuple().exponent))
        return cls(int(Decimal(text).scaleb(places)), 10**places)

    def multiple(self, n: int) -> float:
        """The double nearest to n steps."""
        return (n * self.k) / self.den

    def down(self, value: float) -> int:
        """The last step at or below a value."""
        return math.floor(value / (self.k / self.den) + 1e-9)

    def up(self, value: float) -> int:
        """The first step at or above a value."""
        return math.ceil(value / (self.k / self.den) - 1e-9)

    def toward(self, value: float, sign: int) -> float:
        """Rounded up for a positive sign, down for a negative one."""
        return self.multiple(self.up(value) if sign > 0 else self.down(value))


def ceil8(x: float) -> float:
    """Section 1: paid amounts."""
    return math.ceil(x * 1e8 * (1 - 2.0**-50)) / 1e8


def floor8(x: float) -> float:
    """Section 1: received amounts."""
    return math.floor(x * 1e8 * (1 + 2.0**-50)) / 1e8


@dataclass
class Held:
    """An open position; `added` is X of section 2."""

    side: int
    qty: float
    entry: float
    entry_ts: int
    stop: float
    target: float
    fees: float
    added: float = 0.0
    funding: float = 0.0


@dataclass
class Asked:
    """A submitted entry that waits for the next open."""

    side: int
    qty: float
    wish: Entry


class Margins:
    """What a position of one symbol needs and when it is lost."""

    def __init__(self, inst: Instrument) -> None:
        """Take the symbol's rules apart."""
        self.inst, self.lev = inst, inst.leverage
        self.taker, self.maker, self.close_rate = inst.taker_fee_rate, inst.maker_fee_rate, inst.close_fee_rate
        self.tiers = [*self._tiers()]

    def _tiers(self) -> Iterator[tuple[float, float, float, float]]:
        deduction = limit_before = rate_before = 0.0
        for n, (limit, rate, _, max_leverage, printed) in enumerate(self.inst.tiers):
            deduction = printed if printed is not None else deduction + limit_before * (rate - rate_before) * (n > 0)
            limit_before, rate_before = limit, rate
            yield limit, rate, max_leverage, deduction

    def tier(self, value: float) -> int:
        """The first tier that holds a value, else the last."""
        return next((n for n, tier in enumerate(self.tiers) if value <= tier[0]), len(self.tiers) - 1)

    def bankruptcy(self, p: Held) -> float:
        """The takeover price B."""
        moved = p.added / (1 - p.side * self.close_rate)
        return p.entry * (1 - p.side / self.lev) - p.side * moved / p.qty

    def margin(self, p: Held | None) -> float:
        """The position margin PM."""
        if p is None:
            return 0.0
        close_fee = p.qty * (p.entry * (1 - p.side / self.lev)) * self.close_rate
        return p.entry * p.qty / self.lev + close_fee + p.added

    def is_beyond(self, p: Held, mark: float) -> bool:
        """The liquidation condition at a mark."""
        _, rate, _, deduction = self.tiers[self.tier(mark * p.qty)]
        moved = p.added / (1 - p.side * self.close_rate)
        return p.entry * p.qty / self.lev + moved + p.side * p.qty * (mark - p.entry) <= mark * p.qty * rate - deduction

    def liquidation_price(self, p: Held) -> float:
        """LP, or 0 when there is none above zero."""
        moved, value = p.added / (1 - p.side * self.close_rate), p.entry * p.qty
        prices = []
        for n, (_, rate, _, deduction) in enumerate(self.tiers):
            top = value - p.side * value / self.lev - p.side * moved - p.side * deduction
            prices.append(top / (p.qty - p.side * p.qty * rate))
            if self.tier(prices[-1] * p.qty) == n:
                return max(prices[-1], 0.0)
        borders = [
            limit / p.qty
            for (limit, *_), here, after in zip(self.tiers, prices, prices[1:], strict=False)
            if here * p.qty > limit >= after * p.qty
        ]
        return borders[0]

    def cost(self, side: int, price: float, qty: float) -> float:
        """What an order needs."""
        value = price * qty
        return value / self.lev + value * self.taker + value * (1 - side / self.lev) * self.close_rate
