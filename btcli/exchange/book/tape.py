"""The columns of a tape by their addresses."""

from __future__ import annotations

import numpy as np

from btcli.exchange.book.records import (
    LAST_COLUMNS,
    MARK_COLUMNS,
    MAX_SYMBOLS,
    NOTE_WIDTH,
    Floats,
    Millis,
    Presence,
    Record,
)
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import bytes_at, floats_at, integers_at

# What the world does: prices and settlements in steps, as the addresses of columns that are read only.
TAPE = np.dtype(
    [
        ("n_steps", "i8"),
        ("n_notes", "i8"),
        ("n_settlements", "i8"),
        ("ts_open", "i8"),  # int64[steps], milliseconds UTC
        ("ts_close", "i8"),  # int64[steps]; steps may differ in length
        ("flags", "i8"),  # uint8[steps]: bits of what a close brings beside the step
        ("notes", "i8"),  # int64[notes * NOTE_WIDTH], ascending in step; see phases.notes
        ("funding_ts", "i8"),  # int64[settlements] of all symbols, one after the other, ascending in each
        ("funding_rate", "i8"),  # float64[settlements]
        ("funding_mark", "i8"),  # float64[settlements]; 0 is not known: the bar's mark open is used
        ("has_bar", "i8", (MAX_SYMBOLS,)),  # uint8[steps]
        ("deciding", "i8", (MAX_SYMBOLS,)),  # uint8[steps]: 1 where the symbol may decide
        ("last", "i8", (MAX_SYMBOLS, LAST_COLUMNS)),  # float64[steps] each: O H L C V
        ("mark", "i8", (MAX_SYMBOLS, MARK_COLUMNS)),  # float64[steps] each: O H L C; those of `last` without marks
    ]
)


@compiled
def opens_of(tape: Record) -> Millis:
    """When each step opens, milliseconds UTC."""
    return integers_at(tape["ts_open"], tape["n_steps"])


@compiled
def closes_of(tape: Record) -> Millis:
    """When each step closes, milliseconds UTC."""
    return integers_at(tape["ts_close"], tape["n_steps"])


@compiled
def last_of(tape: Record, s: int, column: int) -> Floats:
    """A column (O, H, L, C or V) of a symbol's candles, one price a step."""
    return floats_at(tape["last"][s, column], tape["n_steps"])


@compiled
def mark_of(tape: Record, s: int, column: int) -> Floats:
    """A column (O, H, L or C) of a symbol's mark candles, one price a step."""
    return floats_at(tape["mark"][s, column], tape["n_steps"])


@compiled
def presence_of(tape: Record, s: int) -> Presence:
    """At which steps a symbol has a bar."""
    return bytes_at(tape["has_bar"][s], tape["n_steps"])


@compiled
def deciding_of(tape: Record, s: int) -> Presence:
    """At the closes of which steps a symbol may decide."""
    return bytes_at(tape["deciding"][s], tape["n_steps"])


@compiled
def flags_of(tape: Record) -> Presence:
    """What the close of each step brings."""
    return bytes_at(tape["flags"], tape["n_steps"])


@compiled
def notes_of(tape: Record) -> Millis:
    """The notes, one after the other."""
    return integers_at(tape["notes"], tape["n_notes"] * NOTE_WIDTH)


@compiled
def settlements_of(tape: Record) -> Millis:
    """When funding is settled: of all symbols, one after the other."""
    return integers_at(tape["funding_ts"], tape["n_settlements"])


@compiled
def rates_of(tape: Record) -> Floats:
    """The funding rate of each settlement, a fraction."""
    return floats_at(tape["funding_rate"], tape["n_settlements"])


@compiled
def settlement_marks_of(tape: Record) -> Floats:
    """The mark of each settlement; 0 where it is not known."""
    return floats_at(tape["funding_mark"], tape["n_settlements"])
