"""Runs recipes over many rows by blocks of them: loads columns, computes registers, writes columns, finds places.

No instruction looks at another row than its own but LOAD, so that the size of the blocks changes no bit. Code is
checked before it gets here (see `program`): nothing is looked at twice.
"""

from __future__ import annotations

from btcli.exchange.book.records import Record
from btcli.exchange.driver.blocks import apply_to_block
from btcli.exchange.driver.finding import find
from btcli.exchange.driver.jobs import JOB, OUTPUT, OUTPUT_BYTES, SPARE, register_of
from btcli.exchange.driver.loading import copy, fill, load
from btcli.exchange.driver.opcodes import CONST, END, FRESH, LOAD
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import codes_at, floats_at, record_at


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
