"""Settlements of the second reading: at the open, at an entry's own moment, and before a last close (section 3, A1)."""

from __future__ import annotations

from collections.abc import Iterable

from exchange_reference_margins import ceil8, floor8
from exchange_reference_world import World


def previous_step(w: World, s: int) -> int:
    """The last step before this one at which a symbol had a bar; -1 where there is none."""
    return next((i for i in range(w.step - 1, -1, -1) if w.has_bar(s, i)), -1)


def settlements(w: World, s: int) -> list[tuple[int, float, float]]:
    """All settlements of a symbol in time order: time, rate and mark, 0 where that is not known."""
    return sorted(w.market.funding[s], key=lambda one: one[0]) if w.market.funding else []


def settle_at_open(w: World, s: int) -> None:
    """A1: what came due since the last bar of a symbol, on what is held from before."""
    before = previous_step(w, s)
    after = w.times[before] if before >= 0 else -1
    for ts, rate, known in settlements(w, s):
        if after < ts <= w.times[w.step] and w.held[s]:
            in_hole = ts != w.times[w.step] and ts >= after + w.market.step_ms
            settle(w, s, w.held[s].lots, rate, w.mark_bar(s)[0] if in_hole or not known else known)  # type: ignore[union-attr]


def settle_at_entry(w: World, s: int, lots: int, *, adds: bool) -> None:
    """A fill of phase B at a settlement's own moment pays for what it opened, where the venue has it so."""
    if w.now.in_path or not w.instruments[s].funding_at_entry:
        return
    for ts, rate, known in settlements(w, s):
        if ts == w.times[w.step]:
            w.note(f"a {'receipt' if rate * w.held[s].side < 0 else 'payment'} at the entry")  # type: ignore[union-attr]
            w.note("a settlement at a fill that adds" if adds else "a settlement at a fill that opens")
            w.note(f"a settlement at a fill, {'wallet' if w.instruments[s].funding_from_margin else 'balance'}")
            settle(w, s, lots, rate, known or w.mark_bar(s)[0], at_entry=True)


def settle_last(w: World, leaving: Iterable[int], reason: str) -> None:
    """What closes at the end of this step first pays what is still unpaid of the time before it."""
    for s in leaving:
        here = w.step if w.has_bar(s, w.step) else previous_step(w, s)
        for ts, rate, known in settlements(w, s):
            if w.held[s] and w.times[here] < ts < w.time_close():
                in_hole = ts >= w.times[here] + w.market.step_ms
                w.note(f"a settlement before a last close, {reason}")
                w.note("a settlement before a last close in a hole" if in_hole else "a settlement in a last bar")
                settle(w, s, w.held[s].lots, rate, w.marks[s] if in_hole or not known else known)  # type: ignore[union-attr]


def settle(w: World, s: int, lots: int, rate: float, mark: float, *, at_entry: bool = False) -> None:
    """One settlement of a quantity."""
    p = w.held[s]
    assert p is not None
    pay = p.side * w.sums[s].lot.multiple(lots) * mark * rate
    paid = ceil8(pay) if pay > 0 else -floor8(-pay)
    available = w.available
    w.cash -= paid
    p.funding += paid
    if w.instruments[s].funding_from_margin:
        p.added -= paid
    elif paid > available and not w.is_cross:
        p.added -= paid - available
    w.tell("funding", s, paid, w.cash, at_entry, w.liquidation_price(s))
