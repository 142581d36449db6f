"""What one run of a recipe works on: a record of addresses, and the registers of its blocks."""

from __future__ import annotations

import numpy as np

from btcli.exchange.book.records import LOOP_REGISTERS, Floats, Record
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import floats_at

BLOCK = 512
SPARE = LOOP_REGISTERS  # a register that no code names
NO_ADDRESS = 0

# What one call of `run_recipe` works on. Every field but numbers is the address of an array that the caller keeps.
JOB = np.dtype(
    [
        ("n_code", "i8"),
        ("code", "i8"),  # int32[instructions * 4]
        ("n_constants", "i8"),
        ("constants", "i8"),  # float64[constants]
        ("n_inputs", "i8"),
        ("inputs", "i8"),  # of INPUT, then one for each role whose bars may be FRESH
        ("rows", "i8"),  # int64[places]: the row to compute at each; 0: a place is a row
        ("place", "i8"),  # next to be computed
        ("until", "i8"),
        ("n_outputs", "i8"),
        ("outputs", "i8"),  # of OUTPUT
        ("n_wanted", "i8"),
        ("wanted", "i8"),  # int64[wanted]: registers; where one is true the place is found
        ("found", "i8"),  # int64[capacity]: places, ascending
        ("which", "i8"),  # int64[capacity]: of each a bit for each of the wanted that is true there
        ("capacity", "i8"),  # at least a block where something is wanted
        ("n_found", "i8"),
        ("registers", "i8"),  # float64[(SPARE + 1) * block]
        ("block", "i8"),
    ]
)
INPUT = np.dtype([("length", "i8"), ("column", "i8"), ("rows", "i8")])  # float64[length]; its row at each row, or 0
OUTPUT = np.dtype([("register", "i8"), ("column", "i8")])  # float64[places]
INPUT_BYTES, OUTPUT_BYTES = INPUT.itemsize, OUTPUT.itemsize


@compiled
def register_of(job: Record, register: int, n: int) -> Floats:
    """The first n places of a register of a block."""
    return floats_at(job["registers"] + 8 * register * job["block"], n)
