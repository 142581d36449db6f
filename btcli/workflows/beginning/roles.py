"""Which candles the roles of a first system have, where candles of one timeframe are the finest."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from btcli.timeframe import UNIT_MS, Timeframe

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
    """`ltf` is `exec` where that is an hour or longer."""
    ltf = (
        base
        if Timeframe.parse(base).ms >= UNIT_MS["h"]
        else _above(base, [each for each in offered if each in DECIDES])
    )
    htf = _above(ltf, [each for each in offered if each in ABOVE])
    return RoleLengths(base, ltf, htf, derives=not {ltf, htf} <= {*stored})


def _above(below: str, offered: Collection[str]) -> str:
    """The shortest that is offered of those that are a multiple and longer; else the one below."""
    shorter = Timeframe.parse(below)
    fits = (each for each in sorted(map(Timeframe.parse, offered)) if each > shorter and each.ms % shorter.ms == 0)
    return next((each.label for each in fits), below)
