"""The loop over the steps: the only one there is."""

from __future__ import annotations

from btcli.exchange.book.codes import DECIDES, DONE, ENDED, FULL, NOTED, RUNNING, STEP_TOLD
from btcli.exchange.book.records import (
    EVENT_CAPACITY,
    EVENTS_KEPT,
    ROW_CAPACITY,
    TRADE_CAPACITY,
    WISH_CAPACITY,
    Floats,
    Millis,
    Presence,
    Record,
    Records,
)
from btcli.exchange.driver.observe import see
from btcli.exchange.driver.passing import pass_quietly
from btcli.exchange.driver.quiet import quiet_until
from btcli.exchange.driver.quoting import quote
from btcli.exchange.driver.step import begin_step, finish, record, step
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import borrowed
from btcli.exchange.phases.boundary import settle_closing, settle_funding
from btcli.exchange.phases.notes import take_notes
from btcli.exchange.phases.wishes import follow, next_question

EVENTS_PER_STEP = 16  # without funding: the stops of the run and what belongs to them
EVENTS_PER_SYMBOL = 416  # a ladder cuts once a tier; at the close 4 are told, and a decision tells 8
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
    """Whether everything one step can write fits into the buffers, and little waits to be told."""
    account = book["account"]
    symbols = book["n_symbols"]
    events = EVENTS_PER_STEP + EVENTS_PER_SYMBOL * symbols + EVENTS_PER_ORDER * account["n_orders"]
    if account["funding_due"] < ts_close:
        events += 2 * due_settlements(book, funding_ts, ts_close) + account["n_orders"]  # each may open at one
    trades = 2 * symbols + 2 * account["n_orders"]
    return (
        account["n_events"] <= EVENTS_KEPT
        and account["n_events"] + events <= EVENT_CAPACITY
        and account["n_trades"] + trades <= TRADE_CAPACITY
        and account["n_rows"] < ROW_CAPACITY
        and book["cursor"]["n_wishes"] + symbols <= WISH_CAPACITY
    )


@compiled
def run_step(
    book: Record,
    ts_open: Millis,
    ts_close: Millis,
    last: Floats,
    mark: Floats,
    has_bar: Presence,
    funding_ts: Millis,
    funding: Floats,
    i: int,
) -> None:
    """Run step i of the tape in full: phases A to E. The caller has made room for what it can write."""
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


@entry
def drive(
    ts_open: Millis,
    ts_close: Millis,
    last: Floats,
    mark: Floats,
    has_bar: Presence,
    funding_ts: Millis,
    funding: Floats,
    flags: Presence,
    deciding: Presence,
    notes: Millis,
    books: Records,
    until: int,
) -> int:
    """Run the steps of the tape before `until` on the one book in `books`, from where its cursor stands.

    Comes back with everything done so far complete and says why: DONE (the closes up to `until` are not asked about
    yet), ASK or LOOK with the symbol in the cursor and what it sees in the book, FULL, or ENDED.
    """
    ts_open, ts_close, last, mark = borrowed(ts_open), borrowed(ts_close), borrowed(last), borrowed(mark)
    has_bar, funding_ts, funding = borrowed(has_bar), borrowed(funding_ts), borrowed(funding)
    flags, deciding, notes = borrowed(flags), borrowed(deciding), borrowed(notes)
    book = books[0]
    cursor = book["cursor"]
    while book["account"]["status"] == RUNNING:
        i = cursor["step"]
        if i >= until:
            return DONE
        if not has_room(book, funding_ts, ts_close[i]):
            return FULL
        question = next_question(book, deciding, i - 1) if i > 0 and flags[i - 1] & DECIDES else DONE
        if question != DONE:
            see(book, cursor["asked"])
            return question
        k = quiet_until(book, ts_open, ts_close, last, mark, has_bar, flags, i, until)
        if k > i:
            pass_quietly(book, ts_open, ts_close, last, mark, has_bar, i, k)
        else:
            run_step(book, ts_open, ts_close, last, mark, has_bar, funding_ts, funding, i)
        i = max(i, k - 1)  # the step done last
        if flags[i] & (NOTED | STEP_TOLD):
            take_notes(book, notes, flags[i])
        cursor["step"] = i + 1
        cursor["asked"] = -1
    return ENDED


@entry
def answer(books: Records) -> None:
    """Follow the wish in the book, the answer of the symbol that was asked."""
    book = books[0]
    follow(book, book["cursor"]["asked"], book["wish"][0])
