"""A small run with a bit of everything; it must leave the same by machine code and by the rules as they are written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from btcli.exchange.book.codes import DECIDES, OPPOSITE_NAMES
from btcli.exchange.book.records import NOTE_WIDTH, Floats
from btcli.exchange.book.states import ENTRY_PRICE, EQUITY_USDT, STATES
from btcli.exchange.book.terms import Terms
from btcli.exchange.driver.opcodes import ADD, DIV, LOAD, STATE, SUB
from btcli.exchange.driver.program import Holding
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.ruling import Rules, rules_of_rows
from btcli.exchange.face.scoring import Scorer, run_together
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import Market, market_of, with_calendar
from btcli.exchange.formulas.choosing import (
    ADD_WHEN,
    AGED_TARGET,
    OUTPUTS,
    PART_AT,
    PART_OF_LONG,
    PART_STOP,
    PART_WHEN,
    STOP_FOLLOW,
    TARGET_LONG,
)

STEPS, STEP_MS, START_MS = 360, 300_000, 1_704_067_200_000
EIGHT_HOURS_MS = 28_800_000
EVERY = 9  # steps between two decisions
ORDERS: tuple[dict[str, Any], ...] = (
    {"stop_distance": 6.0, "target_distance": 9.0},
    {"type": "limit", "price": 996.0, "expires_after_ms": 5 * STEP_MS, "trail_distance": 4.0},
    {"type": "stop_market", "trigger_price": 1012.0, "stop_price": 1003.0, "break_even_distance": 3.0},
    {},
    {"type": "limit", "price": 1004.0, "post_only": True, "target_price": 1011.0},
)


def mini_run() -> str:
    """The sha256 of all that is told and left: events, trades, rows, counters and state."""
    exchange = SimulatedExchange(_market(), [_instrument("A", 50.0), _instrument("B", 4.0)], _terms(), 4000.0)
    for turn, step in enumerate(range(0, STEPS, EVERY)):
        exchange.advance(step, min(step + EVERY, STEPS))
        if exchange.status == "RUNNING":
            _decide(exchange, turn)
    told = exchange.drain_events(), exchange.drain_trades(), exchange.counters(), exchange.state_hash()
    times, rows = exchange.drain_equity()
    return hashlib.sha256(repr(told).encode() + times.tobytes() + rows.tobytes()).hexdigest()


def mini_scores() -> str:
    """The sha256 of the scores of three runs of rules that run together, the second with other terms."""
    every = np.arange(STEPS) % EVERY == 0
    flags, deciding = np.where(every, DECIDES, 0).astype(np.uint8), np.tile(every.astype(np.uint8), (2, 1))
    market = with_calendar(_market(), Calendar(flags, deciding, np.zeros((0, NOTE_WIDTH), np.int64)))
    instruments, window_ms = [_instrument("A", 50.0), _instrument("B", 4.0)], (START_MS, START_MS + STEPS * STEP_MS)
    scorers = [Scorer() for _ in range(3)]
    for turn, scorer in enumerate(scorers):
        terms = _terms()._replace(on_opposite_signal=OPPOSITE_NAMES[turn])
        scorer.begin(market, instruments, terms, 4000.0, window_ms, [_rules(turn), _rules(turn + 1)])
    run_together(scorers, lambda: True)
    told = [(each.status, each.curve(), each.counters()) for each in scorers]
    results = b"".join(column.tobytes() for each in scorers for column in each.results())
    return hashlib.sha256(repr(told).encode() + results).hexdigest()


def _rules(turn: int) -> Rules:
    """Rules that enter on one side or the other, or leave, at every row; their targets hang on how all stands.

    Where they stay they leave in parts, add, and let stop and target move.
    """
    steps = np.arange(0, STEPS, EVERY)
    which = (np.arange(len(steps)) + turn) % 4  # enter long, enter short, exit long, exit short
    values = np.column_stack([*(np.where(which == n, 1.0, 0.0) for n in range(4)), *np.full((4, len(steps)), 7.0)])
    code = [(LOAD, n, n, 0) for n in range(8)]
    for state in range(EQUITY_USDT, len(STATES)):
        code += [(STATE, OUTPUTS, state, 0), (DIV, OUTPUTS, OUTPUTS, TARGET_LONG)]
        code += [(ADD, TARGET_LONG, TARGET_LONG, OUTPUTS)]
    for side in range(2):
        code += [(LOAD, PART_AT + side, 4, 0), (LOAD, PART_STOP + side, 5, 0)]
        code += [(LOAD, PART_WHEN + PART_OF_LONG + side, 1 - side, 0), (LOAD, ADD_WHEN + side, side, 0)]
        code += [(LOAD, AGED_TARGET + PART_OF_LONG * n + side, 4 + n, 0) for n in range(2)]
        code += [(STATE, STOP_FOLLOW + side, ENTRY_PRICE, 0), (SUB, STOP_FOLLOW + side, STOP_FOLLOW + side, 6)]
    held = Holding(shares=(0.3, 0.5), ages=(0, 2), most_adds=2, follows=True)
    return rules_of_rows(np.array(code, np.int32), np.empty(0), steps, values)._replace(holding=(held, held))


def _decide(exchange: SimulatedExchange, turn: int) -> None:
    """An order of the next kind for each symbol, or what ends a position."""
    for symbol in range(2):
        order = ORDERS[(turn + 2 * symbol) % len(ORDERS)]
        if not exchange.state(symbol)["has_position"]:
            exchange.cancel_orders(symbol)
            exchange.submit_entry(symbol, 1 if (turn + symbol) % 3 else -1, **order)
        elif turn % 4 == 0:
            exchange.submit_close(symbol)
        elif turn % 5 == 0:
            exchange.add_margin(symbol, 7.5)


def _market() -> Market:
    """Two symbols, one with a hole, with marks and settlements."""
    times = START_MS + STEP_MS * np.arange(STEPS, dtype=np.int64)
    walks = [_walk(7), _walk(12_345)]
    marks = [np.round(walk[:, :4] * 1.0002, 2) for walk in walks]
    due = START_MS + EIGHT_HOURS_MS * np.arange(1, 4, dtype=np.int64)
    funding = (due, np.array([0.0004, -0.0007, 0.0001]), np.zeros(len(due)))
    present = [np.ones(STEPS, np.bool_), np.arange(STEPS) % 100 > 2]
    return market_of(
        symbols=("A", "B"),
        ts_open=times,
        step_ms=STEP_MS,
        last=walks,
        mark=marks,
        funding=[funding, funding],
        has_bar=present,
    )


def _walk(seed: int) -> Floats:
    """float64[STEPS, O H L C V], on ticks of 0.1, around 1000."""
    throws = _throws(seed)
    bars, price = [], 10_000
    for _ in range(STEPS):
        moved, above, below, volume = islice(throws, 4)
        closed = max(9000, price + moved % 91 - 45)
        bars.append((price, max(price, closed) + above % 25, min(price, closed) - below % 25, closed, volume % 50))
        price = closed
    return np.array(bars, np.float64) / np.array([10.0, 10.0, 10.0, 10.0, 1.0])


def _throws(seed: int) -> Iterator[int]:
    """Numbers that look random, the same everywhere: of the linear congruence of the C standard's example."""
    while True:
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        yield seed >> 16


def _instrument(symbol: str, leverage: float) -> Instrument:
    tiers = ((20_000.0, 0.01, 0.02, 50.0, 0.0), (1e6, 0.02, 0.05, 20.0, None))
    return Instrument(
        symbol=symbol,
        tick_size="0.1",
        qty_step="0.001",
        min_qty=0.001,
        max_qty=1000.0,
        max_market_qty=500.0,
        min_notional_usdt=5.0,
        taker_fee_rate=0.0006,
        maker_fee_rate=0.0002,
        close_fee_rate=0.0006,
        funding_from_margin=symbol == "B",
        leverage=leverage,
        slippage_bps=2.0,
        stop_slippage_bps=5.0,
        impact_k=0.1,
        max_participation=0.5,
        tiers=tiers,
    )


def _terms() -> Terms:
    return Terms(sizing="margin_pct", sizing_value=12.0, on_liquidation="continue")
