"""What the gates of a symbol's entries look at, as plain numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

from btcli.exchange.book.deciders import BOTH


class OfTrades(NamedTuple):
    """Of the trades of one side, or of both; the fields of book.deciders.GATING."""

    flat_closes: int
    loss_closes: int
    losses: int
    pause_closes: int
    day: int
    entries: int


class Gating(NamedTuple):
    """What is of long and of short, and of both; `filled_ms` is 0 where no entry of the side has filled."""

    own: tuple[OfTrades, OfTrades]
    both: OfTrades
    filled_ms: tuple[int, int]


def gating_of(decider: Any) -> Gating:
    """Of a DECIDER record."""
    long, short, both = (
        OfTrades(*(int(decider["gating"][place][name]) for name in OfTrades._fields)) for place in (0, 1, BOTH)
    )
    filled_ms = int(decider["filled_ms"][0]), int(decider["filled_ms"][1])
    return Gating((long, short), both, filled_ms)
