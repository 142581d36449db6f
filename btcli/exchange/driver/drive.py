"""The loop over the steps: the only one there is."""

from __future__ import annotations

from btcli.exchange.book.codes import RUNNING
from btcli.exchange.book.records import (
    EVENT_CAPACITY,
    ROW_CAPACITY,
    TRADE_CAPACITY,
    Floats,
    Millis,
    Presence,
    Record,
    Records,
)
from btcli.exchange.driver.step import begin_step, finish, record, step
from btcli.exchange.formulas.balances import is_flat
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.phases.boundary import settle_closing, settle_funding
from btcli.exchange.phases.quoting import quote

EVENTS_PER_STEP = 16  # without funding: the stops of the run and what belongs to them
EVENTS_PER_SYMBOL = 400  # a ladder cuts once a tier
EVENTS_PER_ORDER = 16


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
