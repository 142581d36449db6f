"""One scenario is one small market with the decisions taken in it; every test of the exchange drives one of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.terms import Terms
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.events import Counters, Event, Trade
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import market_of

START_MS = 1_704_067_200_000
STEP_MS = 300_000

# Round numbers, so that expected values can be worked out on paper; the third tier's deduction is 1000 + 1e6 * 0.03.
TIERS = ((100_000.0, 0.01, 0.02, 50.0, 0.0), (1e6, 0.02, 0.05, 20.0, None), (1e7, 0.05, 0.1, 10.0, None))
INSTRUMENT = Instrument(
    symbol="A",
    tick_size="0.1",
    qty_step="0.001",
    min_qty=0.001,
    max_qty=1000.0,
    max_market_qty=500.0,
    min_notional_usdt=5.0,
    taker_fee_rate=0.001,
    maker_fee_rate=0.0002,
    close_fee_rate=0.001,
    funding_from_margin=False,
    leverage=10.0,
    slippage_bps=10.0,
    stop_slippage_bps=20.0,
    tiers=TIERS,
)
TERMS = Terms(sizing="qty", sizing_value=1.0)


class Entry(NamedTuple):
    """An entry to submit, at market unless `more` says otherwise; any number is a level, None is none."""

    symbol: int = 0
    side: int = 1
    stop_price: float | None = None
    stop_distance: float | None = None
    target_price: float | None = None
    target_distance: float | None = None
    more: Mapping[str, Any] = {}


class Close(NamedTuple):
    """A close to submit, of the whole position at market unless `more` says otherwise."""

    symbol: int = 0
    reason: str = "signal"
    more: Mapping[str, Any] = {}


class Cancel(NamedTuple):
    """Take back every order of a symbol."""

    symbol: int = 0


class AddMargin(NamedTuple):
    """Move an amount in USDT into a position's margin."""

    symbol: int = 0
    amount_usdt: float = 0.0


Decision = Entry | Close | Cancel | AddMargin
Decisions = Mapping[int, Sequence[Decision]]
Settlement = tuple[int, float, float]  # time in ms, rate, mark at that time (0: not known)


class Scenario(NamedTuple):
    """A market of one or several symbols, an account, and what is decided at the close of which step."""

    last: Sequence[Sequence[Sequence[float]]]  # [symbol][step] = O H L C V
    mark: Sequence[Sequence[Sequence[float]]] | None = None  # [symbol][step] = O H L C
    decisions: Decisions = {}  # noqa: RUF012 (an immutable default in effect)
    funding: Sequence[Sequence[Settlement]] = ()
    instruments: Sequence[Instrument] = (INSTRUMENT,)
    terms: Terms = TERMS
    cash: float = 10_000.0
    grid: Sequence[int] | None = None  # places of the bars on the time axis; None: no hole
    has_bar: Sequence[Sequence[bool]] | None = None
    start_ms: int = START_MS
    step_ms: int = STEP_MS

    @property
    def steps(self) -> int:
        """How many bars a symbol has."""
        return len(self.last[0])

    @property
    def ts_open(self) -> NDArray[np.int64]:
        """The opening of each bar in milliseconds."""
        grid = range(self.steps) if self.grid is None else self.grid
        return np.array([self.start_ms + self.step_ms * place for place in grid], np.int64)


class Outcome(NamedTuple):
    """All that a run has told."""

    events: list[Event]
    trades: list[Trade]
    row_ts: NDArray[np.int64]
    rows: NDArray[np.float64]
    cash: float
    status: str
    state_hash: str
    counters: Counters


def exchange_of(scenario: Scenario, calendar: Calendar | None = None) -> SimulatedExchange:
    """The exchange of a scenario, before its first step; nobody is asked unless a calendar says so."""
    funding = scenario.funding or [()] * len(scenario.last)
    return SimulatedExchange(
        market_of(
            symbols=[instrument.symbol for instrument in scenario.instruments],
            ts_open=scenario.ts_open,
            step_ms=scenario.step_ms,
            last=[np.array(bars, np.float64) for bars in scenario.last],
            mark=None if scenario.mark is None else [np.array(bars, np.float64) for bars in scenario.mark],
            funding=[_funding_arrays(settlements) for settlements in funding],
            has_bar=None if scenario.has_bar is None else [np.array(bars, bool) for bars in scenario.has_bar],
            calendar=calendar,
        ),
        instruments=scenario.instruments,
        terms=scenario.terms,
        initial_equity_usdt=scenario.cash,
    )


def _funding_arrays(settlements: Sequence[Settlement]) -> tuple[Any, Any, Any]:
    times, rates, marks = zip(*settlements, strict=True) if settlements else ((), (), ())
    return np.array(times, np.int64), np.array(rates, np.float64), np.array(marks, np.float64)


def submit(exchange: SimulatedExchange, decision: Decision) -> int:
    """Hand one decision to the exchange; returns the order's id, 0 where there is none."""
    if isinstance(decision, Cancel):
        exchange.cancel_orders(decision.symbol)
        return 0
    if isinstance(decision, AddMargin):
        exchange.add_margin(decision.symbol, decision.amount_usdt)
        return 0
    if isinstance(decision, Close):
        return exchange.submit_close(decision.symbol, decision.reason, **decision.more)
    return exchange.submit_entry(
        decision.symbol,
        decision.side,
        stop_price=decision.stop_price,
        stop_distance=decision.stop_distance,
        target_price=decision.target_price,
        target_distance=decision.target_distance,
        **decision.more,
    )


def stretches(scenario: Scenario, cuts: Sequence[int] = ()) -> Iterator[tuple[int, int]]:
    """The steps in the stretches between decisions, cut again at `cuts`."""
    ends = sorted({step + 1 for step in scenario.decisions} | set(cuts) | {scenario.steps})
    start = 0
    for end in ends:
        if start < end <= scenario.steps:
            yield start, end
            start = end


def run(scenario: Scenario, cuts: Sequence[int] = (), *, only_when_flat: bool = False) -> Outcome:
    """Drive the scenario from its first step to its end.

    With `only_when_flat` an entry of a symbol that has a position is left out.
    """
    exchange = exchange_of(scenario)
    run_on(exchange, scenario, cuts, only_when_flat=only_when_flat)
    return outcome_of(exchange)


def run_on(
    exchange: SimulatedExchange, scenario: Scenario, cuts: Sequence[int] = (), *, only_when_flat: bool = False
) -> None:
    """Drive an exchange that stands at the scenario's first step to its end."""
    for start, end in stretches(scenario, cuts):
        exchange.advance(start, end)
        if exchange.status != "RUNNING":
            break
        decide(exchange, scenario.decisions.get(end - 1, ()), only_when_flat=only_when_flat)


def decide(exchange: SimulatedExchange, decisions: Sequence[Decision], *, only_when_flat: bool) -> None:
    """Submit what one close decides."""
    for decision in decisions:
        held = exchange.state(decision.symbol)["has_position"]
        closing = any(isinstance(other, Close) and other.symbol == decision.symbol for other in decisions)
        if not isinstance(decision, Entry) or not (only_when_flat and held and not closing):
            submit(exchange, decision)


def told_until(scenario: Scenario, at: int, *, only_when_flat: bool) -> tuple[Any, ...]:
    """What the exchange has told after so many steps, and its state."""
    exchange = exchange_of(scenario)
    for step in range(at):
        if exchange.status == "RUNNING":
            exchange.advance(step, step + 1)
        if exchange.status == "RUNNING":
            decide(exchange, scenario.decisions.get(step, ()), only_when_flat=only_when_flat)
    ts, rows = exchange.drain_equity()
    told = (exchange.drain_events(), exchange.drain_trades(), exchange.status, exchange.state_hash())
    return (*told, ts.tobytes(), rows.tobytes())


def altered_from(scenario: Scenario, other: Scenario, at: int) -> Scenario:
    """A scenario with the bars of another one from a step on."""
    last = [[*bars[:at], *others[at:]] for bars, others in zip(scenario.last, other.last, strict=True)]
    if not scenario.mark:
        return scenario._replace(last=last)
    marks = [[*seen[:at], *[bar[:4] for bar in bars[at:]]] for seen, bars in zip(scenario.mark, last, strict=True)]
    return scenario._replace(last=last, mark=marks)


def outcome_of(exchange: SimulatedExchange) -> Outcome:
    """What the exchange has told so far."""
    row_ts, rows = exchange.drain_equity()
    return Outcome(
        exchange.drain_events(),
        exchange.drain_trades(),
        row_ts,
        rows,
        float(exchange.state()["cash_usdt"]),
        exchange.status,
        exchange.state_hash(),
        exchange.counters(),
    )
