"""The records the rules read and write; every field has one meaning and, in its name or comment, a unit.

All fields are int64 or float64, so that a record has no padding and equal states have equal bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.asked import ORDER, THEN, WISH
from btcli.exchange.book.deciders import DECIDER, MAX_TARGETS, MOST_AGES
from btcli.exchange.book.progress import CURSOR, REACH, SCORE
from btcli.exchange.book.terms import TERMS
from btcli.exchange.book.told import EVENT, TRADE

Floats = NDArray[np.float64]
Millis = NDArray[np.int64]
Presence = NDArray[np.uint8]
Records = NDArray[np.void]
Record = Any  # one element of a record array: numba's Record when compiled, numpy.void when interpreted

MAX_SYMBOLS = 128
MAX_TIERS = 64
MOST_DELAY = 31  # bars that a stop or target may take to be moved
MOST_MOVES = MOST_DELAY + 1 + MOST_AGES  # on their way at the same time: a stop each close, a target each age
MAX_ORDERS = 4096  # live at the same time
EVENT_CAPACITY = 131_072  # between two emptyings
EVENTS_KEPT = 8192  # from so many on they are asked to be told: what is written again stays in the processor's cache
TRADE_CAPACITY = 16_384
ROW_CAPACITY = 16_384
WISH_CAPACITY = 1024  # told and not yet emptied
CODE_CAPACITY = 64
NOTE_WIDTH = 6  # step, what it is of, symbol, and three integers
DAY_CAPACITY = 32_768  # of a score: 89 years
SEEN_WIDTH = 22  # see states
REGISTERS = 64  # of a recipe
LOOP_REGISTERS = 256  # of the code that runs inside the loop: its outputs, and what it works with

NEVER_DUE = 2**62  # milliseconds: no settlement follows
NEVER = 2**62  # a step that no run has
NOT_YET = -(2**63)  # a moment that has not come
DAY_MS = 86_400_000

# Columns of a candle and of an equity row (see events.EQUITY_COLUMNS).
O, H, L, C, V = range(5)
LAST_COLUMNS, MARK_COLUMNS = 5, 4
ROW_WIDTH = 11
ROW_EQUITY = 0
ROW_UNREALIZED, ROW_USED, ROW_MAINTENANCE = 2, 3, 6  # the sums over the positions; the rest follows from them

INSTRUMENT = np.dtype(
    [
        ("tick_k", "i8"),  # tick size = tick_k / tick_den
        ("tick_den", "f8"),
        ("step_k", "i8"),  # quantity step = step_k / step_den
        ("step_den", "f8"),
        ("min_qty", "f8"),
        ("max_qty", "f8"),
        ("max_market_qty", "f8"),
        ("min_notional_usdt", "f8"),
        ("taker_fee_rate", "f8"),
        ("maker_fee_rate", "f8"),
        ("close_fee_rate", "f8"),  # kept in the margin for closing: the taker rate, or 0 where the venue keeps none
        ("liquidation_fee_rate", "f8"),  # clearance fee of a cross liquidation, limited by what is left
        ("funding_from_margin", "i8"),  # 1: funding is charged to the position's margin, 0: to the balance first
        ("order_cost_by_mark", "i8"),  # 1: an order costs its initial margin and the loss it opens with, 0: with fees
        ("funding_at_entry", "i8"),  # 1: a fill that opens at a settlement's time pays it
        ("leverage", "f8"),
        ("slippage", "f8"),  # fraction of the price
        ("stop_slippage", "f8"),
        ("impact_k", "f8"),  # of the square-root impact; 0: none
        ("max_participation", "f8"),  # share of a bar's volume that may fill; 0: no limit
        ("last_step", "i8"),  # of the tape: step of the last bar of a symbol that is delisted; else past the end
        ("funding_end", "i8"),  # of the tape: row after its last settlement
        ("risk_limit_usdt", "f8"),  # of the last tier
        ("tiers", "f8", (MAX_TIERS, 5)),  # limit m initial max_leverage deduction; rows after the last repeat it
    ]
)

ACCOUNT = np.dtype(
    [
        # balances at the last close of a step, in USDT; cash is always up to date
        ("initial_equity_usdt", "f8"),
        ("cash_usdt", "f8"),
        ("unrealized_usdt", "f8"),
        ("equity_usdt", "f8"),
        ("used_usdt", "f8"),
        ("reserved_usdt", "f8"),  # order cost of the resting limit entries
        ("maintenance_usdt", "f8"),
        ("peak_equity_usdt", "f8"),
        ("committed_usdt", "f8"),  # order cost of the entries submitted at this decision
        # how the run stands
        ("status", "i8"),
        ("entries_disabled", "i8"),  # the code, 0: enabled
        ("day", "i8"),  # UTC day of the last close
        ("day_start_equity_usdt", "f8"),
        ("has_liquidated", "i8"),  # a position was liquidated in this step
        ("is_halted", "i8"),  # nothing fills any more in this step
        ("funding_due", "i8"),  # time of the next settlement of any symbol
        # place of the next event
        ("step", "i8"),
        ("ts_open", "i8"),  # of the step's bars
        ("ts_close", "i8"),
        ("ts", "i8"),
        ("phase", "i8"),
        ("leg", "i8"),
        ("t", "f8"),
        # fill levels of the buffers
        ("n_orders", "i8"),
        ("n_events", "i8"),
        ("n_trades", "i8"),
        ("n_rows", "i8"),
        ("next_order_id", "i8"),
        ("next_trade_id", "i8"),
        # sums over the run
        ("entry_attempts", "i8"),
        ("steps", "i8"),
        ("steps_in_position", "i8"),
        ("steps_disabled", "i8"),
        ("liquidations", "i8"),
        ("ambiguous_trades", "i8"),
        ("losses_in_a_row", "i8"),  # trades that ended with a loss since the last one that did not
        ("fees_usdt", "f8"),
        ("maker_fees_usdt", "f8"),
        ("funding_paid_usdt", "f8"),
        ("funding_received_usdt", "f8"),
        ("slippage_usdt", "f8"),
        ("impact_usdt", "f8"),
        ("turnover_usdt", "f8"),
        ("nearest_liquidation", "f8"),  # smallest |mark close / LP - 1| seen; negative: none yet
    ]
)

POSITION = np.dtype(
    [
        ("symbol", "i8"),  # index
        ("side", "i8"),  # +1 long, -1 short, 0 flat
        ("qty", "f8"),
        ("entry_price", "f8"),
        ("extra_margin_usdt", "f8"),  # X of the rulebook
        ("liquidation_price", "f8"),  # 0: none
        ("stop_price", "f8"),  # NO_LEVEL: none; one at or below zero is never reached
        ("adjusted_stop", "f8"),  # the stop that was moved before the liquidation price; 0: none was
        ("trail_price", "f8"),  # the trailing stop once it follows; NO_LEVEL: not yet or none
        ("trail_distance", "f8"),  # 0: none
        ("trail_activation", "f8"),  # price whose touch starts it; NO_LEVEL: from the entry on
        ("break_even_distance", "f8"),  # profit per coin that moves the stop to the entry; 0: none
        ("target_price", "f8", (MAX_TARGETS,)),  # 0: none
        ("target_share", "f8", (MAX_TARGETS,)),  # of the whole position; of a part of the first quantity
        ("n_parts", "i8"),  # of its targets those that are parts: each is done once, at its price or by an order
        ("parts_done", "i8"),  # as bits
        ("parts_due", "i8"),  # as bits: filled in this step, and to move the stop at its close
        ("parts_qty", "f8"),  # closed by them
        *((name, "f8", (MAX_TARGETS,)) for name in THEN),
        ("n_ages", "i8"),  # of a target that moves with its age: how often
        ("ages_done", "i8"),
        ("ages", "i8", (MOST_AGES,)),  # ltf closes, ascending
        ("age_distances", "f8", (MOST_AGES,)),  # from the entry
        ("new_targets", "i8"),  # as bits: moved since the last open, so that they have not rested yet
        ("n_moves", "i8"),  # of its stop and targets that were asked for and have not arrived
        ("move_at", "i8", (MOST_MOVES,)),  # step
        ("move_what", "i8", (MOST_MOVES,)),  # 0: the stop, else a target, from 1 on
        ("move_level", "f8", (MOST_MOVES,)),
        ("stop_id", "i8"),  # its targets follow: stop_id + 1, ...
        ("path_entry_step", "i8"),  # step of an entry made inside a bar; -1: none
        ("volume_used", "f8"),  # of this step's bar, in coins
        ("mark", "f8"),  # last mark close
        ("last", "f8"),  # last trade close
        ("closed_at", "i8"),  # ts_close of its last bar; 0: none yet
        ("gap_step", "i8"),  # step of the last bar that follows a hole; 0: none
        ("walks", "i8"),  # something lies within this step's bar
        ("nearest_ticks", "i8"),  # from this bar's open to the nearest resting entry
        ("nearest_side", "i8"),  # of that entry
        ("high_first", "i8"),  # the path of this step's bar
        # the trade this position is
        ("trade_id", "i8"),
        ("entry_ts", "i8"),
        ("entry_step", "i8"),
        ("entry_closes", "i8"),  # closes of ltf that its symbol had seen before its first fill; see DECIDER
        ("last_entry_price", "f8"),  # of the fill that opened it or added to it last
        ("first_qty", "f8"),  # filled by the order that opened it
        ("adds", "i8"),  # other orders that added to it
        ("highest", "f8"),  # price since its first fill, that fill's own among them
        ("lowest", "f8"),
        ("opened_qty", "f8"),
        ("closed_qty", "f8"),
        ("exit_price", "f8"),  # average of the exits
        ("gross_usdt", "f8"),
        ("fees_usdt", "f8"),
        ("funding_usdt", "f8"),
        ("mae_usdt", "f8"),
        ("mfe_usdt", "f8"),
        ("is_ambiguous", "i8"),
        ("next_funding", "i8"),  # row of the next settlement
        ("settled_ts", "i8"),  # of the last settlement at an open, kept where a fill there takes part; 0: none
        ("settled_rate", "f8"),
        ("settled_mark", "f8"),  # 0: not known
        ("initial_stop_price", "f8"),
        ("initial_target_price", "f8"),
    ]
)

PRICES = np.dtype(
    [
        ("has_bar", "i8"),  # 0: the symbol has no bar at this step, and the prices are those of its last one
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("mark_open", "f8"),
        ("mark_high", "f8"),
        ("mark_low", "f8"),
        ("mark_close", "f8"),
    ]
)

# One record holds everything that a step changes: it is passed as one pointer, which compiles and runs much faster
# than a tuple of arrays. Capacities are fixed, so that the type never depends on the run; untouched pages cost nothing.
BOOK = np.dtype(
    [
        ("account", ACCOUNT),
        ("terms", TERMS),
        ("n_symbols", "i8"),
        ("positions", POSITION, (MAX_SYMBOLS,)),
        ("instruments", INSTRUMENT, (MAX_SYMBOLS,)),
        ("prices", PRICES, (MAX_SYMBOLS,)),  # of this step
        ("refusals", "i8", (CODE_CAPACITY,)),  # by code
        ("cursor", CURSOR),
        ("score", SCORE),
        ("reaches", REACH, (MAX_SYMBOLS,)),
        ("deciders", DECIDER, (MAX_SYMBOLS,)),
        ("seen", "f8", (SEEN_WIDTH,)),  # what the one that is asked sees
        ("wish", WISH, (1,)),  # the answer
        ("registers", "f8", (LOOP_REGISTERS,)),  # of rules, while they are evaluated
        ("request", ORDER, (1,)),  # an order to submit
        ("orders", ORDER, (MAX_ORDERS,)),  # live, ascending by id, n_orders of them
        ("events", EVENT, (EVENT_CAPACITY,)),
        ("wishes", WISH, (WISH_CAPACITY,)),  # told, n_wishes of them
        ("trades", TRADE, (TRADE_CAPACITY,)),
        ("rows", "f8", (ROW_CAPACITY, ROW_WIDTH)),
        ("row_ts", "i8", (ROW_CAPACITY,)),
        ("days", "f8", (DAY_CAPACITY,)),  # of a score: equity at the end of each UTC day
    ]
)


class Symbol(NamedTuple):
    """One symbol at work: its position, its instrument, and the terms of the run."""

    position: Record
    inst: Record
    terms: Record


class Fill(NamedTuple):
    """A decided fill: how much at which price, what it would have been without slippage, and what it costs."""

    side: int
    qty: float
    price: float
    reference: float
    impact: float  # fraction of the reference price
    fee_rate: float
    order_id: int
    order_type: int
    reason: int  # of the exit; 0 for entries
    capped_by: int
    flags: int
