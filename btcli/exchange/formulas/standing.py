"""How a position and its account stand at a close, as numbers that rules can name; unknown is NaN."""

from __future__ import annotations

from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.book.states import (
    ADDS,
    AVAILABLE_USDT,
    BARS,
    DAY_PNL_PCT,
    DRAWDOWN_PCT,
    ENTRY_PRICE,
    EQUITY_USDT,
    LOSSES_IN_A_ROW,
    MEMORIES,
    MFE_PCT,
    MOST_BARS,
    MOVE_PCT,
    QTY,
    SCOPES,
    SIDE,
    STOP_PRICE,
    UNREALIZED_PCT,
)
from btcli.exchange.formulas.balances import (
    count_open,
    drawdown_pct,
    free_of,
    margin_held,
    symbol_of,
    unrealized_at,
)
from btcli.exchange.formulas.brackets import stop_level
from btcli.exchange.machine.compiled import compiled

NAN = float("nan")


@compiled
def memory_of(decider: Record, number: int) -> float:
    """Whether a condition was true at one of the last evaluations before this one, and no entry has used that up.

    >>> from btcli.exchange.book.states import memory_state
    >>> true_at, unknown_at = [[7, 4]], [[0, 0]]
    >>> decider = {"evaluations": 9, "true_at": true_at, "unknown_at": unknown_at, "used_until": [8, 0]}
    >>> [memory_of(decider, memory_state(0, bars, scope)) for bars, scope in ((2, 0), (1, 0), (2, 1), (2, 2))]
    [1.0, 0.0, 0.0, 1.0]
    >>> memory_of({**decider, "evaluations": 7}, memory_state(0, 3, 0)), memory_of(decider, memory_state(0, 5, 0))
    (1.0, 1.0)
    """
    asked, scope, now = (number - MEMORIES) // SCOPES, (number - MEMORIES) % SCOPES, decider["evaluations"]
    memory, least = asked // MOST_BARS, max(1, now - asked % MOST_BARS)
    if scope > 0:
        least = max(least, decider["used_until"][scope - 1])
    if last_before(decider["true_at"][memory], now) >= least:
        return 1.0
    return NAN if last_before(decider["unknown_at"][memory], now) >= least else 0.0


@compiled
def last_before(two: Record, now: int) -> int:
    """Of two evaluations, the later first, the last before one; 0 for none."""
    return two[0] if two[0] < now else two[1]


@compiled
def state_of(book: Record, s: int, state: int) -> float:
    """One of STATES at the last close, of symbol s and its account, or a remembered condition of its rules."""
    if state >= MEMORIES:
        return memory_of(book["deciders"][s], state)
    if state >= EQUITY_USDT:
        return account_state(book, state)
    sym = symbol_of(book, s)
    if sym.position["side"] == 0:
        return NAN
    if state == BARS:
        return 1.0 * (book["deciders"][s]["closes"] - sym.position["entry_closes"])
    return price_state(sym, state) if UNREALIZED_PCT <= state <= STOP_PRICE else count_state(sym.position, state)


@compiled
def count_state(position: Record, state: int) -> float:
    """What changes with fills alone; of the exits in parts those that are done.

    >>> from btcli.exchange.book.states import EXITS_DONE
    >>> position = {"qty": 0.25, "entry_price": 100.0, "side": -1, "adds": 2, "parts_done": 5}
    >>> [count_state(position, each) for each in (SIDE, QTY, ADDS, EXITS_DONE)]
    [-1.0, 0.25, 2.0, 2.0]
    """
    if state == SIDE:
        return 1.0 * position["side"]
    if state == QTY:
        return position["qty"]
    if state == ENTRY_PRICE:
        return position["entry_price"]
    if state == ADDS:
        return 1.0 * position["adds"]
    done = 0
    for k in range(MAX_TARGETS):
        done += position["parts_done"] >> k & 1
    return 1.0 * done


@compiled
def price_state(sym: Symbol, state: int) -> float:
    """What moves with prices: percent of the margin at the mark, percent of the entry, and the stop that counts."""
    position = sym.position
    if state == UNREALIZED_PCT:
        margin = margin_held(sym)
        return unrealized_at(position, position["mark"]) / margin * 100.0 + 0.0 if margin > 0.0 else NAN
    if state == MOVE_PCT:
        return move_pct(position, position["last"])
    if state == STOP_PRICE:
        stop = stop_level(position)
        return stop if is_given(stop) else NAN
    is_of_high = (position["side"] > 0) == (state == MFE_PCT)
    move = move_pct(position, position["highest"] if is_of_high else position["lowest"])
    if state == MFE_PCT:
        return move if move > 0.0 else 0.0
    return -move if move < 0.0 else 0.0


@compiled
def move_pct(position: Record, price: float) -> float:
    """How far a price lies from the entry, in percent of it, in the position's favour.

    >>> move_pct({"side": -1, "entry_price": 200.0}, 190.0)
    5.0
    """
    return position["side"] * (price - position["entry_price"]) / position["entry_price"] * 100.0 + 0.0


@compiled
def account_state(book: Record, state: int) -> float:
    """What is of the whole account."""
    account = book["account"]
    if state == EQUITY_USDT:
        return account["equity_usdt"]
    if state == AVAILABLE_USDT:
        used, reserved = account["used_usdt"], account["reserved_usdt"]
        return max(0.0, free_of(account["cash_usdt"], account["equity_usdt"], used, reserved, book["terms"]))
    if state == DRAWDOWN_PCT:
        return drawdown_pct(account)
    if state == DAY_PNL_PCT:
        start = account["day_start_equity_usdt"]
        return (account["equity_usdt"] - start) / start * 100.0 if start > 0.0 else NAN
    return 1.0 * (account["losses_in_a_row"] if state == LOSSES_IN_A_ROW else count_open(book))
