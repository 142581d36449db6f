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
    """Every question of a pass in 20 bytes: whose close it was, and digests of what the exchange said and the answer.

    The digests are of this process. With `most`, the pass need not go on once so many questions were asked.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self._closes, self._symbols, self._accounts = array("q"), array("I"), array("q")
        self._answered, self._answers = array("Q"), array("I")  # which questions, of those that were not left open
        self._add_close, self._add_symbol = self._closes.append, self._symbols.append
        self._add_account = self._accounts.append

    def __len__(self) -> int:
        return len(self._closes)

    @property
    def is_enough(self) -> bool:
        """Whether nobody needs to ask any more."""
        return self.most is not None and len(self._closes) >= self.most

    def note(self, index: int, ts_close: int, account: bytes, answer: Signal | None) -> None:
        """One more question, in the order in which they are asked; `account` is what the exchange wrote down."""
        if answer is not None:
            self._answered.append(len(self._closes))
            self._answers.append(_digest(answer))
        self._add_close(ts_close)
        self._add_symbol(index)
        self._add_account(hash(account))

    def columns(self) -> Questions:
        """The columns, one row a question."""
        answers = np.zeros(len(self), np.uint32)
        answers[_column(self._answered)] = _column(self._answers)
        return Questions(_column(self._closes), _column(self._symbols), _column(self._accounts), answers)


def _column(values: array[int]) -> NDArray[Any]:
    """The same memory; its pass is over, or the array could not grow."""
    return np.frombuffer(values, values.typecode) if values else np.zeros(0, values.typecode)


class Questions(NamedTuple):
    """What was asked in a pass: closes in milliseconds UTC, indices of symbols, and digests; 0 for no answer."""

    ts_close: NDArray[np.int64]
    symbol: NDArray[np.uint32]
    account: NDArray[np.int64]
    answer: NDArray[np.uint32]

    def of(self, rows: Any) -> Questions:
        """Some of them."""
        return Questions(*(column[rows] for column in self))


def first_other_answer(
    one: Asked, other: Asked, without: Collection[int] = (), before_ms: int | None = None
) -> Moment | None:
    """Where two passes were first answered differently, though all was the same up to then; None where nowhere.

    Nothing is compared from the first question on at which their accounts differ, or only one of them was asked,
    nor for the symbols with the indices `without`, nor at closes after `before_ms`.
    """
    ours, theirs = _without(one, without), _without(other, without)
    shared = slice(min(len(ours.ts_close), len(theirs.ts_close)))
    ours, theirs = ours.of(shared), theirs.of(shared)
    parted = (ours.ts_close != theirs.ts_close) | (ours.symbol != theirs.symbol) | (ours.account != theirs.account)
    if before_ms is not None:
        parted |= ours.ts_close > before_ms
    alike = int(np.argmax(parted)) if parted.any() else len(parted)
    differs = np.flatnonzero(ours.answer[:alike] != theirs.answer[:alike])
    if not len(differs):
        return None
    return Moment(int(ours.ts_close[differs[0]]), int(ours.symbol[differs[0]]))


def _without(asked: Asked, indices: Collection[int]) -> Questions:
    questions = asked.columns()
    return questions.of(~np.isin(questions.symbol, list(indices))) if indices else questions


def _digest(answer: Signal) -> int:
    said = _said(answer)
    try:
        return hash(said) & _HALF
    except TypeError:  # a field that is no plain value; whoever uses it will say so
        return hash(repr(said)) & _HALF
