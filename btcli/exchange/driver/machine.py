"""Runs the code of programs: recipes over many rows by blocks of them, and the code of the loop on one row.

Both apply the same scalar functions. No instruction looks at another row than its own but LOAD, so that the size of
the blocks changes no bit. Code is checked before it gets here (see `program`): nothing is looked at twice.
"""

from __future__ import annotations

import numpy as np

from btcli.exchange.book.records import LOOP_REGISTERS, Floats, Millis, Record
from btcli.exchange.driver.opcodes import (
    ABS,
    ADD,
    AND,
    CONST,
    DIV,
    END,
    EQ,
    FRESH,
    GE,
    GT,
    KNOWN,
    LE,
    LOAD,
    LT,
    MAX,
    MIN,
    MOVE,
    MUL,
    NAN,
    NE,
    NEG,
    NOT,
    OR,
    STATE,
    SUB,
    add,
    apply,
    both,
    div,
    either,
    eq,
    ge,
    greatest,
    gt,
    is_known,
    is_true,
    known,
    le,
    least,
    lt,
    magnitude,
    move,
    mul,
    ne,
    neg,
    negation,
    sub,
)
from btcli.exchange.driver.program import Code
from btcli.exchange.formulas.standing import state_of
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import codes_at, floats_at, integers_at, record_at

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


@entry
def run_recipe(address: int) -> int:
    """Compute the places of a job (its address) up to its end, or until nothing more that is found fits; the next."""
    job = record_at(address, JOB)
    while job["place"] < job["until"]:
        n = min(job["block"], job["until"] - job["place"])
        if job["n_wanted"] > 0 and job["n_found"] + n > job["capacity"]:
            break
        run_block(job, n)
        for k in range(job["n_outputs"]):
            output = record_at(job["outputs"] + k * OUTPUT_BYTES, OUTPUT)
            copy(floats_at(output["column"] + 8 * job["place"], n), register_of(job, output["register"], n))
        if job["n_wanted"] > 0:
            find(job, n)
        job["place"] = job["place"] + n
    return job["place"]


@compiled
def register_of(job: Record, register: int, n: int) -> Floats:
    """The first n places of a register of a block."""
    return floats_at(job["registers"] + 8 * register * job["block"], n)


@compiled
def run_block(job: Record, n: int) -> None:
    """Run the code over the next n places."""
    code = codes_at(job["code"], 4 * job["n_code"])
    constants = floats_at(job["constants"], job["n_constants"])
    for line in range(0, 4 * job["n_code"], 4):
        op, a, b = code[line], code[line + 2], code[line + 3]
        if op == END:
            return
        out = code[line + 1]
        if op == LOAD:
            load(job, register_of(job, out, n), a, b)
        elif op == CONST:
            fill(register_of(job, out, n), constants[a])
        elif op == FRESH:
            load(job, register_of(job, out, n), job["n_inputs"] + a, 0)
        else:
            compute(job, op, out, a, b, n)


@compiled
def compute(job: Record, op: int, out: int, a: int, b: int, n: int) -> None:
    """Run an instruction on registers; one that writes what it reads goes by a spare one, for the sake of vectors."""
    is_in_place = out in (a, b)
    result = register_of(job, SPARE if is_in_place else out, n)
    apply_to_block(op, result, register_of(job, a, n), register_of(job, b, n))
    if is_in_place:
        copy(register_of(job, out, n), result)


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


@compiled
def find(job: Record, n: int) -> None:
    """Note the places of a block at which something wanted is true, and what is."""
    wanted = integers_at(job["wanted"], job["n_wanted"])
    hits = integers_at(job["registers"] + 8 * SPARE * job["block"], n)
    for k in range(n):
        hits[k] = 0
    for w in range(len(wanted)):
        mark_true(hits, register_of(job, wanted[w], n), 1 << w)
    found, which = integers_at(job["found"] + 8 * job["n_found"], n), integers_at(job["which"] + 8 * job["n_found"], n)
    job["n_found"] = job["n_found"] + note_hits(found, which, hits, job["place"])


@compiled
def mark_true(hits: Millis, values: Floats, bit: int) -> None:
    """Set a bit where a value is true."""
    for k in range(len(hits)):
        hits[k] |= bit if is_true(values[k]) else 0


@compiled
def note_hits(found: Millis, which: Millis, hits: Millis, place: int) -> int:
    """Write the places of the hits and what they hit, one after the other; how many there are."""
    count = 0
    for k in range(len(hits)):
        found[count], which[count] = place + k, hits[k]
        count += 1 if hits[k] != 0 else 0
    return count


@compiled
def apply_to_block(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """The result of one instruction on many values: a loop an opcode, over what `apply` does with one."""
    if op < ADD:
        apply_to_each(op, out, a)
    elif op < GT:
        apply_to_pairs(op, out, a, b)
    elif op < AND:
        compare_pairs(op, out, a, b)
    else:
        join_pairs(op, out, a, b)


@compiled
def apply_to_each(op: int, out: Floats, a: Floats) -> None:
    """Instructions that read one register."""
    n = len(out)
    if op == MOVE:
        for k in range(n):
            out[k] = move(a[k])
    elif op == NEG:
        for k in range(n):
            out[k] = neg(a[k])
    elif op == ABS:
        for k in range(n):
            out[k] = magnitude(a[k])
    elif op == NOT:
        for k in range(n):
            out[k] = negation(a[k])


@compiled
def apply_to_pairs(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """Arithmetic on two registers."""
    n = len(out)
    if op == ADD:
        for k in range(n):
            out[k] = add(a[k], b[k])
    elif op == SUB:
        for k in range(n):
            out[k] = sub(a[k], b[k])
    elif op == MUL:
        for k in range(n):
            out[k] = mul(a[k], b[k])
    elif op == DIV:
        for k in range(n):
            out[k] = div(a[k], b[k])
    elif op == MIN:
        for k in range(n):
            out[k] = least(a[k], b[k])
    elif op == MAX:
        for k in range(n):
            out[k] = greatest(a[k], b[k])


@compiled
def compare_pairs(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """Comparisons of two registers."""
    n = len(out)
    if op == GT:
        for k in range(n):
            out[k] = gt(a[k], b[k])
    elif op == GE:
        for k in range(n):
            out[k] = ge(a[k], b[k])
    elif op == LT:
        for k in range(n):
            out[k] = lt(a[k], b[k])
    elif op == LE:
        for k in range(n):
            out[k] = le(a[k], b[k])
    elif op == EQ:
        for k in range(n):
            out[k] = eq(a[k], b[k])
    elif op == NE:
        for k in range(n):
            out[k] = ne(a[k], b[k])


@compiled
def join_pairs(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """What joins two truth values."""
    n = len(out)
    if op == AND:
        for k in range(n):
            out[k] = both(a[k], b[k])
    elif op == OR:
        for k in range(n):
            out[k] = either(a[k], b[k])
    elif op == KNOWN:
        for k in range(n):
            out[k] = is_known(a[k])


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
