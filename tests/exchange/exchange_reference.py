"""A second, slow reading of the rulebook for one symbol, in plain Python and sharing nothing with the exchange.

It follows the page section by section, market entries with brackets on one isolated position, and favours the page's
own words over speed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from exchange_reference_margins import Asked, Ended, Grid, Held, Margins, ceil8, floor8
from exchange_scenarios import STEP_MS, Close, Entry, Scenario

Bar = Sequence[float]


@dataclass
class Reference:
    """The account, and the walk through the steps."""

    market: Scenario
    cash: float = 0.0
    held: Held | None = None
    asked: list[Asked] = field(default_factory=list)
    closing: str = ""
    trades: list[Ended] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    status: str = "RUNNING"
    disabled: bool = False
    liquidated: bool = False
    peak: float = 0.0
    equity: float = 0.0

    def __post_init__(self) -> None:
        """Take the symbol's rules apart."""
        self.rules, self.inst = self.market.rules, self.market.instruments[0]
        self.margins = Margins(self.inst)
        self.cash = self.equity = self.peak = self.market.cash
        self.tick, self.lot = Grid.of(self.inst.tick_size), Grid.of(self.inst.qty_step)
        self.slip, self.stop_slip = self.inst.slippage_bps / 1e4, self.inst.stop_slippage_bps / 1e4
        self.taker, self.maker, self.lev = self.margins.taker, self.margins.maker, self.margins.lev
        self.times = [int(ts) for ts in self.market.ts_open]
        self.settlements = list(self.market.funding[0]) if self.market.funding else []

    @property
    def available(self) -> float:
        """What may be spent."""
        return max(0.0, self.cash - self.margins.margin(self.held))

    # Section 3

    def run(self) -> Reference:
        """Walk all steps."""
        for i in range(self.market.steps):
            self.step(i)
            if self.status != "RUNNING":
                break
            self.decide(i)
        return self

    def step(self, i: int) -> None:
        """Phases A to E of one step."""
        last = self.market.last[0][i]
        mark = last if self.market.mark is None else self.market.mark[0][i]
        self.liquidated = False
        self.boundary(i, mark)
        halted = self.liquidated and self.rules.on_liquidation == "stop"
        if not halted:
            self.opening(i, last, mark)
            halted = self.liquidated and self.rules.on_liquidation == "stop"
        if not halted and self.held:
            self.path(i, last, mark)
        self.closing_time(i, last, mark)

    def boundary(self, i: int, mark: Bar) -> None:
        """A: settlements in time order, then the test at the mark's open."""
        before = self.times[i - 1] if i else -1
        for ts, rate, known in self.settlements:
            if before < ts <= self.times[i] and self.held:
                in_hole = ts != self.times[i]
                self.settle(self.held, rate, mark[0] if in_hole or not known else known)
        if self.held and self.margins.is_beyond(self.held, mark[0]):
            self.take_over(self.held, i, False)

    def settle(self, p: Held, rate: float, mark: float) -> None:
        """One settlement."""
        pay = p.side * p.qty * mark * rate
        paid = ceil8(pay) if pay > 0 else -floor8(-pay)
        available = self.available
        self.cash -= paid
        p.funding += paid
        if self.inst.funding_from_margin:
            p.added -= paid
        elif paid > available:
            p.added -= paid - available

    def take_over(self, p: Held, i: int, ambiguous: bool) -> None:
        """A full liquidation: the margin is lost exactly."""
        price = self.margins.bankruptcy(p)
        self.closing, self.asked, self.liquidated = "", [], True
        self.end(p, self.times[i], price, "liquidation", p.qty * price * self.margins.close_rate, ambiguous)

    def end(self, p: Held, ts: int, price: float, reason: str, fee: float, ambiguous: bool) -> None:
        """Book the end of a position."""
        gross = p.side * p.qty * (price - p.entry)
        self.cash += gross
        self.cash -= fee
        self.cash = max(self.cash, 0.0)
        fees = p.fees + fee
        self.held, self.closing = None, ""
        self.trades.append(
            Ended(
                p.side,
                p.qty,
                p.entry_ts,
                p.entry,
                ts,
                price,
                reason,
                fees,
                p.funding,
                gross - fees - p.funding,
                ambiguous,
            )
        )

    def sell_out(self, ts: int, raw: float, slip: float, reason: str, ambiguous: bool = False) -> None:
        """Close by a market-type order near a price, never worse than the bankruptcy price."""
        p = self.held
        assert p is not None
        price = self.tick.toward(raw * (1 - p.side * slip), -p.side)
        worst = self.margins.bankruptcy(p)
        price = max(price, worst) if p.side > 0 else min(price, worst)
        self.end(p, ts, price, reason, ceil8(p.qty * price * self.taker), ambiguous)

    def fill_limit_target(self, ts: int, ambiguous: bool = False) -> None:
        """Close at the target's own price as maker."""
        p = self.held
        assert p is not None
        self.end(p, ts, p.target, "target", ceil8(p.qty * p.target * self.maker), ambiguous)

    @property
    def by_limit(self) -> bool:
        """Whether targets are limit orders."""
        return self.rules.take_profit_order == "limit"

    def target_level(self, p: Held) -> float:
        """The price whose reaching fills the target."""
        if self.by_limit and self.rules.limit_rule == "trade_through":
            n = round(p.target / (self.tick.k / self.tick.den))
            return self.tick.multiple(n + p.side)
        return p.target

    def opening(self, i: int, last: Bar, mark: Bar) -> None:
        """B: exits by order id, then entries."""
        reason = self.closing
        if self.held:
            self.exits_at_open(i, last, mark)
        if self.held and reason:
            self.sell_out(self.times[i], last[0], self.slip, reason)
        self.closing = ""
        asked, self.asked = self.asked, []
        hole = i > 0 and self.times[i] != self.times[i - 1] + STEP_MS
        for one in asked:
            if not hole:
                self.enter(one, i, last, mark)

    def exits_at_open(self, i: int, last: Bar, mark: Bar) -> None:
        """A stop or target that its series opens at or beyond."""
        p = self.held
        assert p is not None
        trigger = mark[0] if self.rules.trigger_by == "mark" else last[0]
        if p.stop and p.side * (trigger - p.stop) <= 0:
            self.sell_out(self.times[i], last[0], self.stop_slip, "stop")
        elif p.target and self.by_limit and p.side * (last[0] - self.target_level(p)) >= 0:
            self.fill_limit_target(self.times[i])
        elif p.target and not self.by_limit and p.side * (trigger - p.target) >= 0:
            self.sell_out(self.times[i], last[0], self.slip, "target")

    def enter(self, one: Asked, i: int, last: Bar, mark: Bar) -> None:
        """Fill a market entry, or refuse it."""
        side = one.side
        price = self.tick.toward(last[0] * (1 + side * self.slip), side)
        qty = one.qty
        if self.margins.cost(side, price, qty) > self.available:
            qty = self.lot.multiple(self.lot.down(self.available / self.margins.cost(side, price, 1.0)))
        stop, target = self.levels(one, price)
        new = Held(side, qty, price, self.times[i], stop, target, 0.0)
        code = self.refusal(new)
        if code:
            self.refuse(code)
            return
        new.fees = ceil8(qty * price * self.taker)
        self.cash -= new.fees
        if stop:
            new.stop = self.guarded_stop(new)
        self.held = new
        if self.margins.is_beyond(new, mark[0]):
            self.take_over(new, i, False)
        else:
            self.exits_at_open(i, last, mark)

    def levels(self, one: Asked, price: float) -> tuple[float, float]:
        """Stop and target on the tick, away from the entry."""
        wish, side = one.wish, one.side
        stop = wish.stop_price or (wish.stop_distance and price - side * wish.stop_distance)
        target = wish.target_price or (wish.target_distance and price + side * wish.target_distance)
        return (self.tick.toward(stop, -side) if stop else 0.0, self.tick.toward(target, side) if target else 0.0)

    def refusal(self, new: Held) -> str:
        """The first test that an entry fails."""
        value = new.entry * new.qty
        limit, _, max_leverage, _ = self.margins.tiers[self.margins.tier(value)]
        tests = [
            ("BELOW_MIN_QTY", new.qty < self.inst.min_qty),
            ("BELOW_MIN_NOTIONAL", value < self.inst.min_notional_usdt),
            ("ABOVE_RISK_LIMIT", value > limit),
            ("LEVERAGE_ABOVE_TIER", self.lev > max_leverage),
            ("STOP_BEYOND_FILL", bool(new.stop) and new.side * (new.entry - new.stop) <= 0),
            ("INSUFFICIENT_ENTRY_GATE", self.margins.cost(new.side, new.entry, new.qty) > self.available * (1 + 1e-9)),
        ]
        code = next((code for code, fails in tests if fails), "")
        if not code and self.rules.stop_vs_liquidation == "reject" and self.is_stop_beyond_liquidation(new):
            return "STOP_BEYOND_LIQUIDATION"
        return code

    def is_stop_beyond_liquidation(self, p: Held) -> bool:
        """Whether the stop lies beyond LP."""
        price = self.margins.liquidation_price(p)
        return bool(p.stop) and price > 0 and p.side * (p.stop - price) < 0

    def guarded_stop(self, p: Held) -> float:
        """The stop, moved before LP where the rules say so."""
        if self.rules.stop_vs_liquidation != "adjust" or not self.is_stop_beyond_liquidation(p):
            return p.stop
        in_ticks = self.margins.liquidation_price(p) / (self.tick.k / self.tick.den)
        return self.tick.multiple(math.floor(in_ticks) + 1 if p.side > 0 else math.ceil(in_ticks) - 1)

    def refuse(self, code: str) -> None:
        """Count a refusal."""
        self.refusals[code] = self.refusals.get(code, 0) + 1

    def path(self, i: int, last: Bar, mark: Bar) -> None:
        """C: the three legs of both series."""
        p = self.held
        assert p is not None
        high_first = self.is_high_first(p, last)
        order = (0, 1, 2, 3) if high_first else (0, 2, 1, 3)
        trigger = mark if self.rules.trigger_by == "mark" else last
        liquidation = self.margins.liquidation_price(p)
        for start, finish in pairwise(order):
            hits = []
            if liquidation:
                hits.append((reached(mark[start], mark[finish], liquidation, -p.side), 0, "liquidation"))
            if p.stop:
                hits.append((reached(trigger[start], trigger[finish], p.stop, -p.side), 1, "stop"))
            if p.target:
                series = last if self.by_limit else trigger
                hits.append((reached(series[start], series[finish], self.target_level(p), p.side), 2, "target"))
            hits = sorted(hit for hit in hits if hit[0] <= 1)
            if hits:
                t, _, kind = hits[0]
                there = last[start] + t * (last[finish] - last[start])
                self.fire(p, i, kind, there, self.is_ambiguous(p, kind, liquidation, last, mark))
                return

    def is_high_first(self, p: Held, last: Bar) -> bool:
        """Which extreme comes first."""
        against = p.side < 0
        if self.rules.path == "pessimistic":
            return against
        if self.rules.path == "optimistic":
            return not against
        size = self.tick.k / self.tick.den
        up, down = round((last[1] - last[0]) / size), round((last[0] - last[2]) / size)
        return against if up == down else up < down

    def fire(self, p: Held, i: int, kind: str, there: float, ambiguous: bool) -> None:
        """What one reached level does."""
        by_mark = self.rules.trigger_by == "mark"
        if kind == "liquidation":
            self.take_over(p, i, ambiguous)
        elif kind == "stop":
            self.sell_out(self.times[i], there if by_mark else p.stop, self.stop_slip, "stop", ambiguous)
        elif self.by_limit:
            self.fill_limit_target(self.times[i], ambiguous)
        else:
            self.sell_out(self.times[i], there if by_mark else p.target, self.slip, "target", ambiguous)

    def is_ambiguous(self, p: Held, kind: str, liquidation: float, last: Bar, mark: Bar) -> bool:
        """Whether the order of events inside the bar decided."""
        trigger = mark if self.rules.trigger_by == "mark" else last
        stop = bool(p.stop) and trigger[2] <= p.stop <= trigger[1]
        forced = bool(liquidation) and mark[2] <= liquidation <= mark[1]
        series = last if self.by_limit else trigger
        target = bool(p.target) and series[2] <= self.target_level(p) <= series[1]
        return (stop or forced) if kind == "target" else target or (stop and forced)

    def closing_time(self, i: int, last: Bar, mark: Bar) -> None:
        """D and E."""
        p = self.held
        self.equity = self.cash + (p.side * p.qty * (mark[3] - p.entry) if p else 0.0)
        self.peak = max(self.peak, self.equity)
        fallen = (self.peak - self.equity) / self.peak * 100 if self.peak > 0 else 0.0
        if self.liquidated and self.rules.on_liquidation == "stop":
            self.status = "LIQUIDATED"
        elif self.equity <= self.rules.stop_equity_usdt:
            self.status = "EQUITY_FLOOR_HIT"
        elif self.rules.max_drawdown_pct is not None and fallen >= self.rules.max_drawdown_pct:
            self.status = "MAX_DRAWDOWN_HIT"
        ended = self.status != "RUNNING"
        if not ended:
            smallest = max(self.inst.min_qty, self.lot.multiple(self.lot.up(self.inst.min_notional_usdt / last[3])))
            self.disabled = p is None and self.available < self.margins.cost(1, last[3], smallest)
        if not ended and i == self.market.steps - 1:
            self.status = "END_OF_DATA"
        if self.status != "RUNNING" and self.held:
            self.sell_out(self.times[i] + STEP_MS, last[3], self.slip, "run_stopped" if ended else "end_of_data")

    # Sections 7 and 8

    def decide(self, i: int) -> None:
        """Submit what the scenario wants at this close; an entry in a position waits for a close beside it."""
        wishes = self.market.decisions.get(i, ())
        closes = any(isinstance(wish, Close) for wish in wishes)
        for wish in wishes:
            if isinstance(wish, Close):
                self.closing = wish.reason if self.held else ""
            elif self.held is None or closes:
                self.submit(wish, self.market.last[0][i][3])

    def submit(self, wish: Entry, price: float) -> None:
        """Size an entry and put it in the way of the next open, or refuse it."""
        if self.disabled:
            self.refuse("ENTRIES_DISABLED")
            return
        wanted = self.wanted(wish, price)
        if wanted is None:
            self.refuse("NO_STOP_TO_SIZE_BY")
            return
        reverses = self.held is not None and self.closing != "" and wish.side != self.held.side
        available = self.available + (self.margins.margin(self.held) if reverses else 0.0)
        unit = self.margins.cost(wish.side, price * (1 + wish.side * self.slip), 1.0)
        caps = [wanted, available / unit, self.inst.max_market_qty]
        if self.rules.max_notional_usdt:
            caps.append(self.rules.max_notional_usdt / price)
        qty = self.lot.multiple(self.lot.down(min(caps)))
        if qty < self.inst.min_qty:
            self.refuse("BELOW_MIN_QTY")
        elif qty * price < self.inst.min_notional_usdt:
            self.refuse("BELOW_MIN_NOTIONAL")
        else:
            self.asked.append(Asked(wish.side, qty, self.rounded(wish)))

    def rounded(self, wish: Entry) -> Entry:
        """The wish with its prices on the tick, away from the entry."""
        stop = self.tick.toward(wish.stop_price, -wish.side) if wish.stop_price else 0.0
        target = self.tick.toward(wish.target_price, wish.side) if wish.target_price else 0.0
        return wish._replace(stop_price=stop, target_price=target)

    def wanted(self, wish: Entry, price: float) -> float | None:
        """The size before any cap; nothing when there is no stop to size by."""
        mode, value = self.rules.sizing, self.rules.sizing_value
        share = self.equity * value / 100
        if mode == "risk_pct":
            stop = wish.stop_price or (wish.stop_distance and price - wish.side * wish.stop_distance)
            if not stop:
                return None
            costs = price * (self.taker + self.slip) + stop * (self.taker + self.stop_slip)
            return share / (abs(price - stop) + (costs if self.rules.costs_in_risk else 0.0))
        sizes = {
            "qty": value,
            "notional_usdt": value / price,
            "notional_pct": share / price,
            "margin_pct": share * self.lev / price,
        }
        return sizes[mode]


def reached(a: float, b: float, level: float, sign: int) -> float:
    """The fraction of the leg from a to b at which it reaches a level in its direction; infinity when it does not."""
    if sign * (b - a) <= 0 or sign * (level - a) < 0:
        return math.inf
    return (level - a) / (b - a)


def reference(market: Scenario) -> Reference:
    """The outcome of a scenario by the second reading."""
    return Reference(market).run()
