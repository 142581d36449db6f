"""Columns into registers: the rows of a block of what a recipe reads, unknown where there are none."""

from __future__ import annotations

from btcli.exchange.book.records import Floats, Millis, Record
from btcli.exchange.driver.jobs import INPUT, INPUT_BYTES, NO_ADDRESS
from btcli.exchange.driver.opcodes import NAN, known
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import floats_at, integers_at, record_at


@compiled
def load(job: Record, out: Floats, index: int, lag: int) -> None:
    """Read an input, so many rows before each place; unknown where there is none."""
    source = record_at(job["inputs"] + index * INPUT_BYTES, INPUT)
    place, n = job["place"], len(out)
    if job["rows"] != NO_ADDRESS:
        load_chosen(out, source, integers_at(job["rows"] + 8 * place, n), lag)
        return
    missing = min(max(lag - place, 0), n)
    first, n = place + missing - lag, n - missing
    fill(out[:missing], NAN)
    if source["rows"] == NO_ADDRESS:
        take(out[missing:], floats_at(source["column"] + 8 * first, n))
    else:
        column = floats_at(source["column"], source["length"])
        take_at(out[missing:], column, integers_at(source["rows"] + 8 * first, n))


@compiled
def load_chosen(out: Floats, source: Record, rows: Millis, lag: int) -> None:
    """Read an input, so many rows before some rows."""
    column = floats_at(source["column"], source["length"])
    for k in range(len(out)):
        row = rows[k] - lag
        if row >= 0 and source["rows"] != NO_ADDRESS:
            row = integers_at(source["rows"] + 8 * row, 1)[0]
        out[k] = known(column[row]) if row >= 0 else NAN


@compiled
def take_at(out: Floats, column: Floats, rows: Millis) -> None:
    """Write the numbers of rows, unknown where they are not finite or there is no row."""
    for k in range(len(out)):
        out[k] = known(column[rows[k]]) if rows[k] >= 0 else NAN


@compiled
def fill(out: Floats, value: float) -> None:
    """Write one number everywhere."""
    for k in range(len(out)):
        out[k] = known(value)


@compiled
def take(out: Floats, values: Floats) -> None:
    """Write numbers, unknown where they are not finite."""
    for k in range(len(out)):
        out[k] = known(values[k])


@compiled
def copy(out: Floats, values: Floats) -> None:
    """Write numbers as they are."""
    for k in range(len(out)):
        out[k] = values[k]
