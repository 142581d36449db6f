"""Asking the user's strategy: the one place where its code runs during a simulation."""

from __future__ import annotations

from btcli.errors import StrategyError
from btcli.strategies.failing import shortest, strategy_error
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import RuntimeSnapshot
from btcli.timeframe import utc_text


def ask(strategy: Strategy, snapshot: RuntimeSnapshot) -> Signal | None:
    """The strategy's answer; raises StrategyError, naming the bar, when it raises or answers anything else."""
    try:
        answer: object = strategy.decide(snapshot)
    except Exception as error:
        raise strategy_error(error, f"{_call(strategy)} raised at {_bar(snapshot)}") from error
    if answer is None or isinstance(answer, Signal):
        return answer
    code = type(strategy).decide.__code__
    raise StrategyError(
        f"{_call(strategy)} answered {type(answer).__name__} at {_bar(snapshot)}",
        where=f"{shortest(code.co_filename)}:{code.co_firstlineno}",
        hint="answer with a Signal or None",
    )


def _call(strategy: Strategy) -> str:
    return f"{type(strategy).__name__}.decide"


def _bar(snapshot: RuntimeSnapshot) -> str:
    return f"the bar that closed {utc_text(snapshot.ts_close)}"
