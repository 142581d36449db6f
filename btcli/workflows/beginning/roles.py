"""Which candles the roles of a first system have, where candles of one timeframe are the finest."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from btcli.timeframe import Timeframe

DECIDES = ("1h", "4h", "1d")  # of these the shortest that fits is ltf
ABOVE = ("4h", "1d")  # and of these htf


class RoleLengths(NamedTuple):
    """Labels of timeframes by role; `derives` whether those above `exec` are made of its candles."""

    exec: str
    ltf: str
    htf: str
    derives: bool


def role_lengths(stored: Collection[str]) -> tuple[RoleLengths, ...]:
    """What could be run on these timeframes, from fine to coarse; of one `exec` first what has three lengths or two."""
    labels = [each.label for each in sorted(map(Timeframe.parse, stored))]
    found = []
    for base in labels:
        as_stored, derived = _of(base, labels, labels), _of(base, (*DECIDES, *ABOVE), labels)
        found += sorted((as_stored, derived), key=lambda each: each.ltf == each.htf)
    return tuple(dict.fromkeys(found))


def _of(base: str, offered: Collection[str], stored: Collection[str]) -> RoleLengths:
    ltf = _first(base, [each for each in offered if each in DECIDES])
    htf = _first(ltf, [each for each in offered if each in ABOVE], times=4)
    return RoleLengths(base, ltf, htf, derives=not {ltf, htf} <= {*stored})


def _first(below: str, offered: Collection[str], times: int = 1) -> str:
    """The shortest that is offered of those that are a multiple, so many times at least; else the one below."""
    shorter = Timeframe.parse(below)
    fits = (each for each in sorted(map(Timeframe.parse, offered)) if each.ms % shorter.ms == 0)
    return next((each.label for each in fits if each.ms >= times * shorter.ms), below)
