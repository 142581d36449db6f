"""One step of the exchange: phases A to E for all symbols, in the order of the rulebook's section 3."""

from __future__ import annotations

from btcli.exchange.account import is_after_gap, is_flat
from btcli.exchange.boundary import Millis, choose_formula, settle_closing, settle_funding, test_liquidations
from btcli.exchange.closing import (
    close_delisted,
    count_step,
    end_run,
    mark_positions,
    terminal_status,
    test_entries,
    value_account,
    write_row,
)
from btcli.exchange.codes import BOUNDARY, CLOSE, OPEN, RUNNING, STOPS
from btcli.exchange.compiled import compiled, entry
from btcli.exchange.ledger import place
from btcli.exchange.opening import open_bar
from btcli.exchange.path import walk
from btcli.exchange.pricing import Floats, Presence, quote
from btcli.exchange.values import EVENT_CAPACITY, ROW_CAPACITY, TRADE_CAPACITY, Record, Records

EVENTS_PER_STEP = 16  # without funding: the stops of the run and what belongs to them
EVENTS_PER_SYMBOL = 400  # a ladder cuts once a tier
EVENTS_PER_ORDER = 16


@compiled
def begin_step(book: Record, i: int, ts_open: int, ts_close: int) -> None:
    """Forget what belonged to the step before."""
    account = book["account"]
    account["step"] = i
    account["ts_open"] = ts_open
    account["ts_close"] = ts_close
    account["has_liquidated"] = 0
    account["is_halted"] = 0
    account["committed_usdt"] = 0.0
    place(account, BOUNDARY, 0, 0.0, ts_open)
    choose_formula(book, ts_open)
    for s in range(book["n_symbols"]):
        book["positions"][s]["volume_used"] = 0.0
        if book["prices"][s]["has_bar"] and is_after_gap(book["positions"][s], ts_open):
            book["positions"][s]["gap_step"] = i


@compiled
def step(book: Record) -> None:
    """Run one step from the liquidation test to the marks of its close: prices are quoted, settlements made."""
    account = book["account"]
    test_liquidations(book)
    if account["is_halted"] == 0:
        place(account, OPEN, 0, 0.0, account["ts_open"])
        open_bar(book)
    if account["is_halted"] == 0:
        walk(book)
    place(account, CLOSE, 0, 0.0, account["ts_close"])
    mark_positions(book)


@compiled
def record(book: Record) -> int:
    """Close what is delisted, record the account, and judge the stops of the run by it: the first that holds."""
    close_delisted(book)
    value_account(book)
    count_step(book)
    place(book["account"], STOPS, 0, 0.0, book["account"]["ts_close"])
    return terminal_status(book)


@compiled
def finish(book: Record, status: int) -> None:
    """End the run, or test whether entries may go on; when the run ends here, the row shows the account after that."""
    if status != RUNNING:
        end_run(book, status)
    else:
        test_entries(book)
    write_row(book, book["account"]["n_rows"])
    book["account"]["n_rows"] = book["account"]["n_rows"] + 1


@compiled
def due_settlements(book: Record, funding_ts: Millis, ts_close: int) -> int:
    """How many settlements of the time before its close a step could write on the positions it holds or opens."""
    due = 0
    for s in range(book["n_symbols"]):
        row = book["positions"][s]["next_funding"]
        while row < book["instruments"][s]["funding_end"] and funding_ts[row] < ts_close:
            due += 1
            row += 1
    return due


@compiled
def has_room(book: Record, funding_ts: Millis, ts_close: int) -> bool:
    """Whether everything one step can write fits into the buffers."""
    account = book["account"]
    symbols = book["n_symbols"]
    events = EVENTS_PER_STEP + EVENTS_PER_SYMBOL * symbols + EVENTS_PER_ORDER * account["n_orders"]
    if account["funding_due"] < ts_close:
        events += 2 * due_settlements(book, funding_ts, ts_close) + account["n_orders"]  # each may open at one
    trades = 2 * symbols + 2 * account["n_orders"]
    return (
        account["n_events"] + events <= EVENT_CAPACITY
        and account["n_trades"] + trades <= TRADE_CAPACITY
        and account["n_rows"] < ROW_CAPACITY
    )


@entry
def advance(
    ts_open: Millis,
    ts_close: Millis,
    last: Floats,
    mark: Floats,
    has_bar: Presence,
    funding_ts: Millis,
    funding: Floats,
    books: Records,
    i: int,
    j: int,
    until_flat: bool,
) -> int:
    """Run steps i to j - 1 of the tape on the one book in `books`; returns the next step to run.

    Stops early, with the steps done so far complete, when the run has ended or when a buffer wants emptying,
    and with `until_flat` after the first step that leaves no position.
    The tape crosses in its parts, and only the functions called here see any: handing an array on costs a count.
    """
    book = books[0]
    while i < j and book["account"]["status"] == RUNNING and has_room(book, funding_ts, ts_close[i]):
        quote(book, last, mark, has_bar, i)
        begin_step(book, i, ts_open[i], ts_close[i])
        if book["account"]["funding_due"] <= ts_open[i]:
            settle_funding(book, funding_ts, funding)
        step(book)
        is_due = book["account"]["funding_due"] < ts_close[i]
        if is_due:
            settle_closing(book, funding_ts, funding, True)
        status = record(book)
        if is_due and status != RUNNING:
            settle_closing(book, funding_ts, funding, False)
        finish(book, status)
        i += 1
        if until_flat and is_flat(book):
            break
    return i
