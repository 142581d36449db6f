"""The account of the second reading: what is held, what rests, and how a fill is booked (sections 2, 4 and 5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from exchange_reference_margins import Margins, ceil8
from exchange_reference_moment import Moment
from exchange_reference_values import Ended, Fact, Held, Order, Refusal
from exchange_scenarios import Scenario

Bar = list[float]


@dataclass
class World:
    """Everything that decides what comes next."""

    market: Scenario
    cash: float = 0.0
    held: list[Held | None] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    next_id: int = 1
    step: int = -1
    ts: int = 0
    marks: list[float] = field(default_factory=list)
    lasts: list[float] = field(default_factory=list)
    filled: list[int] = field(default_factory=list)  # steps of quantity taken from the bar's volume
    now: Moment = field(default_factory=Moment)
    facts: list[Fact] = field(default_factory=list)
    trades: list[Ended] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    liquidated: set[int] = field(default_factory=set)  # symbols, in this step
    fired: Counter[str] = field(default_factory=Counter)  # how often each line of section 11 decided something
    equity: float = 0.0
    peak: float = 0.0
    disabled: str = ""
    status: str = "RUNNING"
    rows: list[tuple[float, ...]] = field(default_factory=list)
    day: int = -1
    day_equity: float = 0.0
    last_equity: float = 0.0

    def __post_init__(self) -> None:
        """Take the scenario apart."""
        self.terms, self.instruments = self.market.terms, list(self.market.instruments)
        self.symbols = range(len(self.instruments))
        self.sums = [Margins(instrument) for instrument in self.instruments]
        self.cash = self.equity = self.peak = self.last_equity = self.market.cash
        self.held = [None for _ in self.symbols]
        self.marks, self.lasts = [0.0 for _ in self.symbols], [0.0 for _ in self.symbols]
        self.filled = [0 for _ in self.symbols]
        self.times = [int(ts) for ts in self.market.ts_open]
        self.slip = [instrument.slippage_bps / 1e4 for instrument in self.instruments]
        self.stop_slip = [instrument.stop_slippage_bps / 1e4 for instrument in self.instruments]
        self.by_limit = self.terms.take_profit_order == "limit"
        self.through = self.terms.limit_rule == "trade_through"
        self.trigger_series = self.terms.trigger_by
        self.is_cross = self.terms.margin_mode == "cross"
        self.one_series = self.trigger_series == "mark" or self.market.mark is None  # stops and LP

    # What there is

    def has_bar(self, s: int, i: int) -> bool:
        """Whether a symbol has a bar at a step."""
        return self.market.has_bar is None or bool(self.market.has_bar[s][i])

    def bar(self, s: int) -> Bar:
        """The last-price bar of this step."""
        return list(self.market.last[s][self.step])

    def mark_bar(self, s: int) -> Bar:
        """The mark bar of this step."""
        marks = self.market.last if self.market.mark is None else self.market.mark
        return list(marks[s][self.step])

    def series(self, s: int, name: str) -> Bar:
        """One of both bars by the name of its series."""
        return self.mark_bar(s) if name == "mark" else self.bar(s)

    def note(self, line: str) -> None:
        """Count that a line of section 11 decided something."""
        self.fired[line] += 1

    def note_cost(self, where: str, s: int) -> None:
        """Count that the order cost of the mark decided something."""
        if self.instruments[s].order_cost_by_mark:
            self.note(f"the order cost by the mark, {where}")

    def tell(self, kind: str, s: int | None, *said: object) -> None:
        """Note a fact."""
        self.facts.append(Fact(self.ts, kind, "" if s is None else self.instruments[s].symbol, said))

    # Section 2

    @property
    def by_entry(self) -> bool:
        """Whether this step lies before the day from which the mark decides about maintenance margins."""
        return self.times[self.step] < self.terms.maintenance_by_entry_until_ms

    @property
    def unrealized(self) -> float:
        """What the positions are worth at the last marks of their symbols."""
        total = 0.0
        for s in self.symbols:
            p = self.held[s]
            if p:
                total += p.side * self.sums[s].qty(p) * (self.marks[s] - p.entry)
        return total

    def margin_of(self, s: int) -> float:
        """What a position binds."""
        p = self.held[s]
        if p is None:
            return 0.0
        if self.is_cross:
            return self.sums[s].cross_margin(p, self.marks[s], by_entry=self.by_entry)
        return self.sums[s].margin(p)

    @property
    def used(self) -> float:
        """The margins of all positions."""
        return sum(self.margin_of(s) for s in self.symbols)

    @property
    def reserved(self) -> float:
        """The order cost of the limit entries that rest."""
        return sum(self.cost_of(order) for order in self.orders if order.is_reserved)

    def cost_of(self, order: Order) -> float:
        """The order cost of what a limit still asks for, by the mark at which it came to rest."""
        sums = self.sums[order.symbol]
        assert order.price is not None
        return sums.cost(order.side, order.price, sums.lot.multiple(order.lots), order.mark, rests=True)

    @property
    def free(self) -> float:
        """The free margin."""
        return self.cash + (self.unrealized if self.is_cross else 0.0) - self.used - self.reserved

    @property
    def available(self) -> float:
        """What may be spent."""
        return max(0.0, self.free)

    @property
    def maintenance(self) -> float:
        """The sum of maintenance margins."""
        held = [(s, p) for s in self.symbols if (p := self.held[s])]
        return sum(self.sums[s].maintenance(p, self.marks[s], by_entry=self.by_entry) for s, p in held)

    def liquidation_price(self, s: int) -> float:
        """LP of an isolated position, 0 where there is none."""
        p = self.held[s]
        return self.sums[s].liquidation_price(p, by_entry=self.by_entry) if p and not self.is_cross else 0.0

    # Fills

    def taker_price(self, s: int, side: int, raw: float, slip: float, lots: int) -> float:
        """The price of a market-type fill, with slippage and impact."""
        inst, bar = self.instruments[s], self.bar(s)
        if inst.impact_k and bar[4] > 0 and lots:
            sigma = (bar[1] - bar[2]) / bar[0]
            slip += inst.impact_k * sigma * (self.sums[s].lot.multiple(lots) / bar[4]) ** 0.5
        return self.sums[s].tick.toward(raw * (1 + side * slip), side)

    def room(self, s: int) -> int | None:
        """Steps of quantity that the bar's volume still gives to orders; nothing: any."""
        share = self.instruments[s].max_participation
        if not share:
            return None
        return max(0, self.sums[s].lot.down(share * self.bar(s)[4]) - self.filled[s])

    def level_of_limit(self, s: int, side: int, price: float) -> float:
        """The price whose reaching fills a limit."""
        tick = self.sums[s].tick
        return tick.multiple(tick.nearest(price) - side) if self.through else price

    def fact_of_fill(self, s: int, order_id: int, side: int, lots: int, price: float, fee: float) -> None:
        """Tell a fill."""
        if max(lots, self.sums[s].tick.nearest(price)) > 2**50 / 1e9:
            self.note("a fill beyond a million steps")
        self.tell("fill", s, order_id, side, self.sums[s].lot.multiple(lots), price, fee, self.cash)

    def insure(self) -> None:
        """Cash below zero after a fill is covered by the insurance fund."""
        if self.cash < 0:
            self.tell("insured", None, -self.cash)
            self.cash = 0.0

    def capped(self, s: int, p: Held, price: float) -> float:
        """An isolated close never realises a price worse than B."""
        if self.is_cross:
            return price
        worst = self.sums[s].bankruptcy(p)
        return max(price, worst) if p.side > 0 else min(price, worst)

    def reduce(self, s: int, order_id: int, lots: int, price: float, rate: float, reason: str) -> None:
        """Book a fill against the position; a whole close ends the trade."""
        p, sums = self.held[s], self.sums[s]
        assert p is not None
        price = self.capped(s, p, price)
        qty = sums.lot.multiple(lots)
        gross, fee = p.side * qty * (price - p.entry), ceil8(qty * price * rate)
        self.cash += gross
        self.cash -= fee
        p.gross += gross
        p.fees += fee
        p.added *= (p.lots - lots) / p.lots
        p.lots -= lots
        self.fact_of_fill(s, order_id, -p.side, lots, price, fee)
        self.insure()
        if p.lots == 0:
            self.end(s, reason)

    def end(self, s: int, reason: str) -> None:
        """The end of a trade: its bracket goes, and what could only reduce it."""
        p = self.held[s]
        assert p is not None
        ends = (p.gross, p.fees, p.funding, p.ambiguous)
        self.trades.append(Ended(self.instruments[s].symbol, p.side, p.entry_ts, self.ts, reason, *ends))
        self.held[s] = None
        for order in [order for order in self.orders if order.symbol == s and order.reduces]:
            self.cancel(order, "POSITION_CLOSED")

    def forget(self, order: Order) -> None:
        """Take an order that is done out of the book."""
        self.orders = [other for other in self.orders if other is not order]

    def cancel(self, order: Order, code: str) -> None:
        """Take an order out of the book."""
        self.orders = [other for other in self.orders if other is not order]
        self.tell("cancelled", order.symbol, order.id, code)

    def refuse(self, order_id: int, s: int, refusal: Refusal) -> None:
        """An entry that fails a test."""
        self.orders = [other for other in self.orders if other.id != order_id]
        self.refusals[refusal.code] += 1
        self.tell("rejected", s, order_id, *refusal)

    def take_id(self) -> int:
        """The id of the next order."""
        self.next_id += 1
        return self.next_id - 1

    def time_close(self) -> int:
        """The end of this step."""
        return self.times[self.step] + self.market.step_ms
