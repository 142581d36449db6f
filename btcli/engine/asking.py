"""Asking the user's strategy: the one place where its code runs during a simulation."""

from __future__ import annotations

import inspect
from dataclasses import fields

from btcli.errors import StrategyError
from btcli.strategies.failing import is_project_file, shortest, strategy_error
from btcli.strategies.guarding import STRAY, end_stray
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import RuntimeSnapshot
from btcli.timeframe import utc_text


def ask(strategy: Strategy, snapshot: RuntimeSnapshot) -> Signal | None:
    """The strategy's answer; raises StrategyError, naming the bar, when it raises or answers anything else.

    A fork that user code made ends here, so that nothing is decided or written twice.
    """
    try:
        answer: object = strategy.decide(snapshot)
    except BaseException as error:
        raise strategy_error(error, f"{_call(strategy)} raised at {_bar(snapshot)}") from error
    if STRAY:
        end_stray()
    if answer is None or type(answer) is Signal:
        return answer
    return _plain_signal(strategy, answer, snapshot)


def _plain_signal(strategy: Strategy, answer: object, snapshot: RuntimeSnapshot) -> Signal:
    """What an answer of a class that extends Signal says; whatever only pretends to be one is refused."""
    if issubclass(type(answer), Signal):
        try:
            return Signal(**{field.name: getattr(answer, field.name) for field in fields(Signal)})
        except BaseException as error:
            raise strategy_error(error, f"{_call(strategy)} answered nonsense at {_bar(snapshot)}") from error
    raise StrategyError(
        f"{_call(strategy)} answered {type(answer).__name__} at {_bar(snapshot)}",
        where=_place(strategy),
        hint="answer with a Signal or None",
    )


def _place(strategy: Strategy) -> str:
    """Where `decide` begins; nothing where it is no function of the user's, such as what Python made of one."""
    code = getattr(inspect.unwrap(type(strategy).decide), "__code__", None)
    if code is None or not is_project_file(code.co_filename):
        return ""
    return f"{shortest(code.co_filename)}:{code.co_firstlineno}"


def _call(strategy: Strategy) -> str:
    return f"{type(strategy).__name__}.decide"


def _bar(snapshot: RuntimeSnapshot) -> str:
    return f"the bar that closed {utc_text(snapshot.ts_close)}"
