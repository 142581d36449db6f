"""The loop over the steps: the only one there is."""

from __future__ import annotations

from btcli.exchange.book.codes import DECIDES, DONE, ENDED, FULL, NOTED, RUNNING, STEP_TOLD
from btcli.exchange.book.records import (
    BOOK,
    EVENT_CAPACITY,
    EVENTS_KEPT,
    ROW_CAPACITY,
    TRADE_CAPACITY,
    WISH_CAPACITY,
    Millis,
    Record,
)
from btcli.exchange.book.tape import TAPE, closes_of, flags_of, opens_of, settlements_of
from btcli.exchange.driver.observe import see
from btcli.exchange.driver.passing import pass_quietly
from btcli.exchange.driver.quiet import quiet_until
from btcli.exchange.driver.quoting import quote
from btcli.exchange.driver.ruled import question_at
from btcli.exchange.driver.step import begin_step, finish, record, step
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import integers_at, record_at
from btcli.exchange.phases.boundary import settle_closing, settle_funding
from btcli.exchange.phases.notes import take_notes
from btcli.exchange.phases.wishes import follow

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
def run_step(book: Record, tape: Record, i: int) -> None:
    """Run step i of the tape in full: phases A to E. The caller has made room for what it can write."""
    ts_open, ts_close = opens_of(tape)[i], closes_of(tape)[i]
    quote(book, tape, i)
    begin_step(book, i, ts_open, ts_close)
    if book["account"]["funding_due"] <= ts_open:
        settle_funding(book, tape)
    step(book)
    is_due = book["account"]["funding_due"] < ts_close
    if is_due:
        settle_closing(book, tape, True)
    status = record(book)
    if is_due and status != RUNNING:
        settle_closing(book, tape, False)
    finish(book, status)


@compiled
def go_on(book: Record, tape: Record, until: int) -> int:
    """Run the steps before `until` from where the book's cursor stands; why it came back, see `drive`."""
    cursor, flags = book["cursor"], flags_of(tape)
    if cursor["is_answered"]:
        cursor["is_answered"] = 0
        follow(book, cursor["asked"], book["wish"][0])
    while book["account"]["status"] == RUNNING:
        i = cursor["step"]
        if i >= until:
            return DONE
        if not has_room(book, settlements_of(tape), closes_of(tape)[i]):
            return FULL
        question = question_at(book, tape, i - 1) if i > 0 and flags[i - 1] & DECIDES else DONE
        if question != DONE:
            see(book, cursor["asked"])
            return question
        k = quiet_until(book, tape, i, until)
        if k > i:
            pass_quietly(book, tape, i, k)
        else:
            run_step(book, tape, i)
        i = max(i, k - 1)  # the step done last
        if flags[i] & (NOTED | STEP_TOLD):
            take_notes(book, tape, flags[i])
        cursor["step"] = i + 1
        cursor["asked"] = -1
    return ENDED


@entry
def drive(tape_at: int, book_at: int, until: int) -> int:
    """Run the steps before `until` of the TAPE at an address on the BOOK at another, from where its cursor stands.

    An answer that lies in the book is followed first. Comes back with everything done so far complete and says why:
    DONE (the closes up to `until` are not asked about yet), ASK or LOOK with the symbol in the cursor and what it
    sees in the book, FULL, or ENDED.
    """
    return go_on(record_at(book_at, BOOK), record_at(tape_at, TAPE), until)


@entry
def drive_together(pairs_at: int, count: int, until: int, piece: int) -> int:
    """Run the steps before `until` on several books, each over its tape, in turns of `piece` steps.

    `pairs_at` is the address of int64[count * 2]: of each run the address of its TAPE and that of its BOOK. The prices
    that one has read lie in the processor's cache for the others. DONE when all came so far or ended, else FULL.
    """
    pairs, first = integers_at(pairs_at, 2 * count), until
    for n in range(count):
        first = min(first, record_at(pairs[2 * n + 1], BOOK)["cursor"]["step"])
    while first < until:
        first = min(first + piece, until)
        for n in range(count):
            if go_on(record_at(pairs[2 * n + 1], BOOK), record_at(pairs[2 * n], TAPE), first) == FULL:
                return FULL
    return DONE
