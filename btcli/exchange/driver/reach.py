"""Between which prices a symbol stays over some steps: measured once, read by all that asks about these steps."""

from __future__ import annotations

from btcli.exchange.book.records import C, H, L, O, Record
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.extremes import extremes_at


@compiled
def measure(book: Record, tape: Record, s: int, i: int, k: int) -> None:
    """Write the reach of a symbol over steps i to k - 1, at least one, at all of which it has a bar, into the book."""
    reach = book["reaches"][s]
    if reach["first"] == i and reach["until"] == k:
        return
    last, mark = tape["last"][s], tape["mark"][s]
    reach["first"], reach["until"] = i, k
    reach["last_low"], reach["last_high"] = extremes_at(last[O], last[H], last[L], i, k)
    reach["mark_low"], reach["mark_high"] = extremes_at(mark[O], mark[H], mark[L], i, k)
    reach["mark_close_low"], reach["mark_close_high"] = extremes_at(mark[C], mark[C], mark[C], i, k)
