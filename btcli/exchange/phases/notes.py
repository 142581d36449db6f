"""What the close of a step brings beside its prices: timeframes that close, features that become ready."""

from __future__ import annotations

from btcli.exchange.book.codes import NOTE_CLOSE, STEP_TOLD, STEPPED, TF_CLOSED
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.records import NOTE_WIDTH, Record
from btcli.exchange.book.tape import notes_of
from btcli.exchange.book.told import EVENT_TEXTS
from btcli.exchange.machine.compiled import compiled


@compiled
def take_notes(book: Record, tape: Record, flags: int) -> None:
    """Tell what is to be told of the step's close, and take in what is known from there on.

    `notes` are rows of step, kind, symbol and three integers: of a timeframe that closed the texts of its role and
    of its name, and when its bar closed; of readiness the texts of the reasons of htf, mtf and ltf, 0 for none.
    """
    if flags & STEP_TOLD:
        _tell_step(book)
    cursor, notes = book["cursor"], notes_of(tape)
    while cursor["next_note"] < tape["n_notes"]:
        n = cursor["next_note"] * NOTE_WIDTH
        if notes[n] > book["account"]["step"]:
            break
        if notes[n + 1] == NOTE_CLOSE:
            event = book["events"][emit(book, TF_CLOSED, notes[n + 2])]
            event["texts"][0] = notes[n + 3]
            event["texts"][1] = notes[n + 4]
            event["funding_ts"] = notes[n + 5]
        else:
            for reason in range(EVENT_TEXTS):
                book["deciders"][notes[n + 2]]["reasons"][reason] = notes[n + 3 + reason]
        cursor["next_note"] = cursor["next_note"] + 1


@compiled
def _tell_step(book: Record) -> None:
    """The mark of every symbol that has a bar at this step."""
    for s in range(book["n_symbols"]):
        if book["prices"][s]["has_bar"]:
            event = book["events"][emit(book, STEPPED, s)]
            event["mark_price"] = book["positions"][s]["mark"]
            event["have"] = book["account"]["equity_usdt"]
