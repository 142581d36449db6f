"""Numbers and margins of the second reading: sections 1, 2 and 10 of the rulebook, for one symbol."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from exchange_reference_values import Held

from btcli.exchange.face.instrument import Instrument


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
        x = value / (self.k / self.den)
        return math.floor(x + slack(x))

    def up(self, value: float) -> int:
        """The first step at or above a value."""
        x = value / (self.k / self.den)
        return math.ceil(x - slack(x))

    def nearest(self, value: float) -> int:
        """The step of a value that lies on the grid."""
        return round(value / (self.k / self.den))

    def toward(self, value: float, sign: int) -> float:
        """Rounded up for a positive sign, down for a negative one."""
        return self.multiple(self.up(value) if sign > 0 else self.down(value))


def slack(x: float) -> float:
    """Section 1: how far from a multiple a number of steps still counts as that multiple."""
    return max(1e-9, x * 2.0**-50)


def ceil8(x: float) -> float:
    """Section 1: paid amounts."""
    return math.ceil(x * 1e8 * (1 - 2.0**-50)) / 1e8


def floor8(x: float) -> float:
    """Section 1: received amounts."""
    return math.floor(x * 1e8 * (1 + 2.0**-50)) / 1e8


class Margins:
    """What a position of one symbol needs and when it is lost."""

    def __init__(self, inst: Instrument) -> None:
        """Take the symbol's rules apart."""
        self.inst, self.lev = inst, inst.leverage
        self.taker, self.maker, self.close_rate = inst.taker_fee_rate, inst.maker_fee_rate, inst.close_fee_rate
        self.tick, self.lot = Grid.of(inst.tick_size), Grid.of(inst.qty_step)
        self.tiers = [*self._tiers()]

    def _tiers(self) -> Iterator[tuple[float, float, float, float]]:
        deduction = limit_before = rate_before = 0.0
        for n, (limit, rate, _, max_leverage, printed) in enumerate(self.inst.tiers):
            assert limit is not None
            assert rate is not None
            assert max_leverage is not None
            deduction = printed if printed is not None else deduction + limit_before * (rate - rate_before) * (n > 0)
            limit_before, rate_before = limit, rate
            yield limit, rate, max_leverage, deduction

    def tier(self, value: float) -> int:
        """The first tier that holds a value, else the last."""
        return next((n for n, tier in enumerate(self.tiers) if value <= tier[0]), len(self.tiers) - 1)

    def qty(self, p: Held) -> float:
        """Coins of a position."""
        return self.lot.multiple(p.lots)

    def moved(self, p: Held) -> float:
        """X' of section 2."""
        return p.added / (1 - p.side * self.close_rate)

    def close_fee(self, p: Held) -> float:
        """The fee to close at the bankruptcy price of the entry."""
        return self.qty(p) * (p.entry * (1 - p.side / self.lev)) * self.close_rate

    def bankruptcy(self, p: Held) -> float:
        """The takeover price B."""
        return p.entry * (1 - p.side / self.lev) - p.side * self.moved(p) / self.qty(p)

    def margin(self, p: Held) -> float:
        """The margin PM of an isolated position."""
        return p.entry * self.qty(p) / self.lev + self.close_fee(p) + p.added

    def judged_by(self, p: Held, mark: float, *, by_entry: bool) -> float:
        """The price that stands for a position's value: the entry before the formula's date, the mark since."""
        return p.entry if by_entry else mark

    def cross_margin(self, p: Held, mark: float, *, by_entry: bool) -> float:
        """What a position uses of a cross account."""
        return self.judged_by(p, mark, by_entry=by_entry) * self.qty(p) / self.lev + self.close_fee(p)

    def maintenance_bare(self, p: Held, mark: float, *, by_entry: bool) -> float:
        """The maintenance margin without the fee to close."""
        value = self.judged_by(p, mark, by_entry=by_entry) * self.qty(p)
        _, rate, _, deduction = self.tiers[self.tier(value)]
        return value * rate - deduction

    def maintenance(self, p: Held, mark: float, *, by_entry: bool) -> float:
        """The maintenance margin MM, with the fee to close."""
        return self.maintenance_bare(p, mark, by_entry=by_entry) + self.close_fee(p)

    def is_beyond(self, p: Held, mark: float, *, by_entry: bool) -> bool:
        """The liquidation condition at a mark."""
        qty = self.qty(p)
        left = p.entry * qty / self.lev + self.moved(p) + p.side * qty * (mark - p.entry)
        return left <= self.maintenance_bare(p, mark, by_entry=by_entry)

    def liquidation_price(self, p: Held, *, by_entry: bool) -> float:
        """LP, or 0 when there is none above zero."""
        qty, moved = self.qty(p), self.moved(p)
        if by_entry:
            spare = p.entry * qty / self.lev + moved - self.maintenance_bare(p, p.entry, by_entry=True)
            return max(p.entry - p.side * spare / qty, 0.0)
        value, prices = p.entry * qty, []
        for n, (_, rate, _, deduction) in enumerate(self.tiers):
            top = value - p.side * value / self.lev - p.side * moved - p.side * deduction
            prices.append(top / (qty - p.side * qty * rate))
            if self.tier(prices[-1] * qty) == n:
                return max(prices[-1], 0.0)
        borders = [
            limit / qty
            for (limit, *_), here, after in zip(self.tiers, prices, prices[1:], strict=False)
            if here * qty > limit >= after * qty
        ]
        return borders[0]

    def cost(self, side: int, price: float, qty: float, mark: float, *, rests: bool = False) -> float:
        """What an order needs at a price: that of its fill, or the limit at which it rests."""
        if self.inst.order_cost_by_mark:
            at = max(price, mark) if rests and side < 0 else price
            return at * qty / self.lev + qty * max(0.0, side * (at - mark))
        value = price * qty
        return value / self.lev + value * self.taker + value * (1 - side / self.lev) * self.close_rate
