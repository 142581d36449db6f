"""One step of the exchange: phases A to E for all symbols, in the order of the rulebook's section 3."""

from __future__ import annotations

from btcli.exchange.account import is_after_gap, is_flat
from btcli.exchange.boundary import Millis, choose_formula, settle_funding, test_liquidations
from btcli.exchange.closing import count_step, mark_positions, test_stops, write_row
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
    """Run one step from the liquidation test on: its prices are quoted, its settlements made."""
    account = book["account"]
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
def due_settlements(book: Record, funding_ts: Millis, ts_open: int) -> int:
    """How many settlements the step that opens then would write."""
    due = 0
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        row = position["next_funding"]
        if position["side"] != 0:
            while row < book["instruments"][s]["funding_end"] and funding_ts[row] <= ts_open:
                due += 1
                row += 1
    return due


@compiled
def has_room(book: Record, funding_ts: Millis, ts_open: int) -> bool:
    """Whether everything one step can write fits into the buffers."""
    account = book["account"]
    symbols = book["n_symbols"]
    events = EVENTS_PER_STEP + EVENTS_PER_SYMBOL * symbols + EVENTS_PER_ORDER * account["n_orders"]
    if account["funding_due"] <= ts_open:
        events += 2 * due_settlements(book, funding_ts, ts_open)
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
    while i < j and book["account"]["status"] == RUNNING and has_room(book, funding_ts, ts_open[i]):
        quote(book, last, mark, has_bar, i)
        begin_step(book, i, ts_open[i], ts_close[i])
        if book["account"]["funding_due"] <= ts_open[i]:
            settle_funding(book, funding_ts, funding)
        step(book)
        i += 1
        if until_flat and is_flat(book):
            break
    return i
