"""The code of the loop, run on one row: what its columns hold at a close, and how symbol and account stand there.

It applies the scalar functions that blocks apply. Code is checked before it gets here (see `program`): nothing is
looked at twice.
"""

from __future__ import annotations

from btcli.exchange.book.records import Floats, Record
from btcli.exchange.driver.opcodes import CONST, END, LOAD, STATE, apply, known
from btcli.exchange.driver.program import Code
from btcli.exchange.formulas.standing import state_of
from btcli.exchange.machine.compiled import compiled


@compiled
def run_row(code: Code, first: int, constants: Floats, values: Floats, book: Record, s: int) -> None:
    """Run the code of the loop, int32[instructions * 4], from one of its instructions to the next END.

    `values` is what its columns hold at one close, float64[reads]. It works on the registers of the book, and reads
    how symbol s and its account stand.
    """
    registers = book["registers"]
    for line in range(4 * first, len(code), 4):
        op, out, a, b = code[line], code[line + 1], code[line + 2], code[line + 3]
        if op == END:
            return
        if op == LOAD:
            registers[out] = known(values[a])
        elif op == CONST:
            registers[out] = known(constants[a])
        elif op == STATE:
            registers[out] = known(state_of(book, s, a))
        else:
            registers[out] = apply(op, registers[a], registers[b])
