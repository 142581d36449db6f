"""What the strategies of a pass were asked and said, so small that passes can be held against each other."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.strategies.signal import Signal

_said = attrgetter(*(each.name for each in fields(Signal)))
_INDEX_BITS = 20
_HALF = 0xFFFFFFFF


def same_answer(one: Signal | None, other: Signal | None) -> bool:
    """Whether two answers say the same in every field."""
    if one is None or other is None:
        return one is other
    return bool(_said(one) == _said(other))


class Moment(NamedTuple):
    """The close at which a symbol, by its index, was asked."""

    ts_close: int
    symbol: int


class Asked:
    """Every question of a pass in 16 bytes: whose close it was, and digests of what the exchange said and the answer.

    The digests are of this process. With `most`, the pass need not go on once so many questions were asked.
    """

    def __init__(self, most: int | None = None) -> None:
        self._moments, self._accounts, self._answers = array("q"), array("I"), array("I")
        self._most = most

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def is_enough(self) -> bool:
        """Whether nobody needs to ask any more."""
        return self._most is not None and len(self._moments) >= self._most

    def note(self, index: int, ts_close: int, account: bytes, answer: Signal | None) -> None:
        """One more question, in the order in which they are asked; `account` is what the exchange wrote down."""
        self._moments.append(ts_close << _INDEX_BITS | index)
        self._accounts.append(hash(account) & _HALF)
        self._answers.append(0 if answer is None else _digest(answer))

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]:
        """Moments, accounts and answers, one row a question."""
        return (
            np.array(self._moments, np.int64),
            np.array(self._accounts, np.uint32),
            np.array(self._answers, np.uint32),
        )


def first_other_answer(
    one: Asked, other: Asked, without: Collection[int] = (), before_ms: int | None = None
) -> Moment | None:
    """Where two passes were first answered differently, though all was the same up to then; None where nowhere.

    Nothing is compared from the first question on at which their accounts differ, or only one of them was asked,
    nor for the symbols with the indices `without`, nor at closes after `before_ms`.
    """
    columns, others = _without(one, without), _without(other, without)
    shared = min(len(columns[0]), len(others[0]))
    moments, accounts, answers = (column[:shared] for column in columns)
    others = [column[:shared] for column in others]
    parted = (moments != others[0]) | (accounts != others[1])
    if before_ms is not None:
        parted |= moments >> _INDEX_BITS > before_ms
    alike = int(np.argmax(parted)) if parted.any() else shared
    differs = np.flatnonzero(answers[:alike] != others[2][:alike])
    if not len(differs):
        return None
    moment = int(moments[differs[0]])
    return Moment(moment >> _INDEX_BITS, moment & (1 << _INDEX_BITS) - 1)


def _without(asked: Asked, indices: Collection[int]) -> list[NDArray[Any]]:
    columns = asked.columns()
    stays = ~np.isin(columns[0] & (1 << _INDEX_BITS) - 1, list(indices))
    return [column[stays] for column in columns]


def _digest(answer: Signal) -> int:
    said = _said(answer)
    try:
        return hash(said) & _HALF
    except TypeError:  # a field that is no plain value; whoever uses it will say so
        return hash(repr(said)) & _HALF
