"""Registers into places: where in a block something wanted is true."""

from __future__ import annotations

from btcli.exchange.book.records import Floats, Millis, Record
from btcli.exchange.driver.jobs import SPARE, register_of
from btcli.exchange.driver.opcodes import is_true
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import integers_at


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
