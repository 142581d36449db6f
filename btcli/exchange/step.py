"""One step of the exchange: phases A to E for all symbols, in the order of the rulebook's section 3."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.account import is_after_gap, is_flat
from btcli.exchange.boundary import settle_funding, test_liquidations
from btcli.exchange.closing import count_step, mark_positions, test_stops, write_row
from btcli.exchange.codes import BOUNDARY, CLOSE, OPEN, RUNNING, STOPS
from btcli.exchange.compiled import compiled, entry
from btcli.exchange.ledger import place
from btcli.exchange.opening import open_bar
from btcli.exchange.path import walk
from btcli.exchange.pricing import quote
from btcli.exchange.values import EVENT_CAPACITY, ROW_CAPACITY, TRADE_CAPACITY, Record, Records, Tape

EVENTS_PER_STEP = 16  # without funding: the stops of the run and what belongs to them
EVENTS_PER_SYMBOL = 400  # a ladder cuts once a tier
EVENTS_PER_ORDER = 16


@compiled
def begin_step(tape: Tape, book: Record, i: int) -> None:
    """Forget what belonged to the step before, and quote the prices of this one."""
    account = book["account"]
    account["step"] = i
    account["ts_open"] = tape.ts_open[i]
    account["ts_close"] = tape.ts_close[i]
    account["has_liquidated"] = 0
    account["is_halted"] = 0
    account["committed_usdt"] = 0.0
    for s in range(book["n_symbols"]):
        book["positions"][s]["volume_used"] = 0.0
        quote(tape, book["prices"][s], s, i)
        if book["prices"][s]["has_bar"] and is_after_gap(book["positions"][s], account["ts_open"]):
            book["positions"][s]["gap_step"] = i


@compiled
def step(tape: Tape, book: Record, i: int) -> None:
    """Run one step."""
    begin_step(tape, book, i)
    account = book["account"]
    place(account, BOUNDARY, 0, 0.0, account["ts_open"])
    for s in range(book["n_symbols"]):
        if book["prices"][s]["has_bar"]:
            settle_funding(tape, book, s)
    test_liquidations(book)
    if account["is_halted"] == 0:
        place(account, OPEN, 0, 0.0, account["ts_open"])
        open_bar(book)
    if account["is_halted"] == 0:
        walk(book)
    _close(book)


@compiled
def _close(book: Record) -> None:
    """Phases D and E; when the run ends here, the row shows the account after that."""
    account = book["account"]
    place(account, CLOSE, 0, 0.0, account["ts_close"])
    mark_positions(book)
    count_step(book)
    place(account, STOPS, 0, 0.0, account["ts_close"])
    test_stops(book)
    write_row(book, account["n_rows"])
    account["n_rows"] = account["n_rows"] + 1


@compiled
def due_settlements(tape: Tape, book: Record, i: int) -> int:
    """How many settlements step i would write."""
    due = 0
    for s in range(book["n_symbols"]):
        row = book["positions"][s]["next_funding"]
        if book["positions"][s]["side"] != 0:
            while row < book["instruments"][s]["funding_end"] and tape.funding_ts[row] <= tape.ts_open[i]:
                due += 1
                row += 1
    return due


@compiled
def has_room(tape: Tape, book: Record, i: int) -> bool:
    """Whether everything one step can write fits into the buffers."""
    account = book["account"]
    symbols = book["n_symbols"]
    events = EVENTS_PER_STEP + EVENTS_PER_SYMBOL * symbols + EVENTS_PER_ORDER * account["n_orders"]
    events += 2 * due_settlements(tape, book, i)
    trades = 2 * symbols + 2 * account["n_orders"]
    return (
        account["n_events"] + events <= EVENT_CAPACITY
        and account["n_trades"] + trades <= TRADE_CAPACITY
        and account["n_rows"] < ROW_CAPACITY
    )


@entry
def advance(
    ts_open: NDArray[np.int64],
    ts_close: NDArray[np.int64],
    last: NDArray[np.float64],
    mark: NDArray[np.float64],
    has_bar: NDArray[np.uint8],
    funding_ts: NDArray[np.int64],
    funding: NDArray[np.float64],
    books: Records,
    i: int,
    j: int,
    until_flat: bool,
) -> int:
    """Run steps i to j - 1 of the tape on the one book in `books`; returns the next step to run.

    Stops early, with the steps done so far complete, when the run has ended or when a buffer wants emptying,
    and with `until_flat` after the first step that leaves no position.
    The tape crosses in its parts: numba takes an array in a tenth of the time of a tuple.
    """
    tape = Tape(ts_open, ts_close, last, mark, has_bar, funding_ts, funding)
    book = books[0]
    while i < j and book["account"]["status"] == RUNNING and has_room(tape, book, i):
        step(tape, book, i)
        i += 1
        if until_flat and is_flat(book):
            break
    return i
