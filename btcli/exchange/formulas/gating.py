"""What holds an entry by rules back: sessions, entries of the day, pauses, cooldowns, and entries that are not armed.

A gate beside the sides looks at the trades of both, one inside a side at its own.

Source: the rules language, section 2.
"""

from __future__ import annotations

from btcli.exchange.book.deciders import BOTH
from btcli.exchange.book.records import DAY_MS, Floats, Record
from btcli.exchange.formulas.choosing import FALSE_MS_LONG, SESSION_LONG, place_of
from btcli.exchange.machine.compiled import compiled

# The gates, in the order in which they are asked: the first that is closed is counted.
GATE_NAMES = (
    "session",
    "max_entries_per_day",
    "pause_after_losses",
    "cooldown_after_loss_bars",
    "cooldown_bars",
    "rearm",
)
SESSION, MAX_ENTRIES_PER_DAY, PAUSE_AFTER_LOSSES, COOLDOWN_AFTER_LOSS_BARS, COOLDOWN_BARS, REARM = range(6)
OPEN = -1
NEVER_YET = 0  # milliseconds UTC


@compiled
def closed_gate(entering: Record, decider: Record, registers: Floats, side: int, ts_close: int) -> int:
    """The first gate that holds an entry of a side back at a close, milliseconds UTC; OPEN where none does."""
    p = place_of(side)
    if entering["has_session"] and registers[SESSION_LONG + p] != 1.0:
        return SESSION
    own, both, day = decider["gating"][p], decider["gating"][BOTH], ts_close // DAY_MS
    closes, mine, shared = decider["closes"], entering["own"], entering["both"]
    if is_spent(mine, own, day) or is_spent(shared, both, day):
        return MAX_ENTRIES_PER_DAY
    if is_within(closes, own["pause_closes"], mine["pause_bars"]):
        return PAUSE_AFTER_LOSSES
    if is_within(closes, both["pause_closes"], shared["pause_bars"]):
        return PAUSE_AFTER_LOSSES
    if is_within(closes, own["loss_closes"], mine["cooldown_after_loss_bars"]):
        return COOLDOWN_AFTER_LOSS_BARS
    if is_within(closes, both["loss_closes"], shared["cooldown_after_loss_bars"]):
        return COOLDOWN_AFTER_LOSS_BARS
    if is_within(closes, own["flat_closes"], mine["cooldown_bars"]):
        return COOLDOWN_BARS
    if is_within(closes, both["flat_closes"], shared["cooldown_bars"]):
        return COOLDOWN_BARS
    false_ms = last_false(decider["false_ms"][p], registers[FALSE_MS_LONG + p])
    return REARM if entering["rearms"] and not is_armed(decider["filled_ms"][p], false_ms) else OPEN


@compiled
def is_within(closes: int, since: int, bars: int) -> bool:
    """Whether a close of ltf is one of the first `bars` after something that so many closes had been seen before.

    >>> [is_within(closes, 7, 2) for closes in (8, 9, 10)], is_within(1, 0, 2)
    ([True, True, False], False)
    """
    return since > 0 and closes - since <= bars


@compiled
def is_spent(gates: Record, gating: Record, day: int) -> bool:
    """Whether a day has had all the entries that it may have.

    >>> [is_spent({"max_entries_per_day": most}, {"day": 9, "entries": 2}, 9) for most in (0, 2, 3)]
    [False, True, False]
    >>> is_spent({"max_entries_per_day": 2}, {"day": 9, "entries": 2}, 10)
    False
    """
    most = gates["max_entries_per_day"]
    return most > 0 and gating["day"] == day and gating["entries"] >= most


@compiled
def last_false(seen_ms: int, column_ms: float) -> int:
    """When an entry's condition was false last, of what was seen and what its column says, which may be unknown."""
    return max(seen_ms, int(column_ms)) if column_ms > 0.0 else seen_ms


@compiled
def is_armed(filled_ms: int, false_ms: int) -> bool:
    """Whether a condition was false at a close after the last fill, milliseconds UTC; before a fill it always is.

    A close at the moment of the fill came before it.

    >>> is_armed(NEVER_YET, NEVER_YET), is_armed(1000, 1000), is_armed(1000, 1001)
    (True, False, True)
    """
    return filled_ms == NEVER_YET or false_ms > filled_ms
