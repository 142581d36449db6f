"""What a strategy claims of itself is checked: a new instance is asked at a sample of closes of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from btcli.engine.asked import same_answer
from btcli.engine.asking import ask
from btcli.engine.looking import Look, Looks
from btcli.engine.loop import AllLooks
from btcli.errors import StrategyError
from btcli.exchange.face.wish import action_on
from btcli.simulation.parts import Prepared
from btcli.simulation.reloading import loaded_anew
from btcli.strategies.failing import shortest
from btcli.strategies.guarding import visiting
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import ExchangeState, RuntimeSnapshot
from btcli.timeframe import utc_text

BY_MARKET, NOT_IN_POSITION = "decides_by_market = True", "decides_in_position = False"
TRUE = {BY_MARKET: "decides_by_market = False", NOT_IN_POSITION: "decides_in_position = True"}
MONEY = ("equity_usdt", "cash_usdt", "free_margin_usdt", "available_balance_usdt")
OF_A_POSITION = ("qty", "notional_usdt", "entry_price", "unrealized_pnl_usdt", "liquidation_price", "stop_price")
LEVELS = ("stop_price", "stop_distance", "target_price", "target_distance")


@visiting()
def check_claims(parts: Prepared, looks: AllLooks) -> None:
    """Ask freshly loaded strategies at the sampled closes of the recorded pass.

    Raises StrategyError, naming the bar, where `decides_by_market` or `decides_in_position` turns out to be false.
    """
    claiming = {symbol: seen for symbol, seen in looks.items() if seen.by_market or seen.rests}
    if not claiming:
        return
    anew = loaded_anew(parts)
    makers = dict(zip(anew.system.symbols, anew.makers, strict=True))
    for symbol, seen in claiming.items():
        _check(makers[symbol], seen)


def _check(make: Callable[[], Strategy], seen: Looks) -> None:
    """Closes are taken from the last to the first, so that what a strategy keeps leads it elsewhere."""
    claim = BY_MARKET if seen.by_market else NOT_IN_POSITION
    again, elsewhere, holding = make(), make(), make()
    looks = seen.of_answers[::-1]
    for look in looks:
        _require_same(again, look.snapshot, look, claim, "asked again")
    for look in looks if seen.by_market else ():
        other = look.snapshot._replace(exchange=_other_account(look.snapshot, flips=not seen.rests))
        _require_same(elsewhere, other, look, claim, "shown another account")
    for look in (*seen.passed.looks, *looks) if seen.rests else ():
        for snapshot in _in_position(look.snapshot):
            _require_nothing(holding, snapshot)


def _require_same(strategy: Strategy, snapshot: RuntimeSnapshot, look: Look, claim: str, how: str) -> None:
    answer = ask(strategy, snapshot)
    if not same_answer(answer, look.answer):
        _refute(strategy, snapshot, claim, f"it answered {_said(look.answer)}, and {_said(answer)} when {how}")


def _require_nothing(strategy: Strategy, snapshot: RuntimeSnapshot) -> None:
    """In a position that it is not asked in, no answer may lead to anything; raising is none."""
    try:
        answer = ask(strategy, snapshot)
    except StrategyError:
        return
    if answer is not None and action_on(answer, snapshot.exchange.side, "ignore") != "ignore":
        held = "long" if snapshot.exchange.side > 0 else "short"
        _refute(strategy, snapshot, NOT_IN_POSITION, f"it answers {_said(answer)} while {held}")


def _refute(strategy: Strategy, snapshot: RuntimeSnapshot, claim: str, seen: str) -> NoReturn:
    code = getattr(type(strategy).decide, "__code__", None)
    raise StrategyError(
        f"{type(strategy).__name__} says {claim}, which is not true: at the bar of {snapshot.symbol} that closed "
        f"{utc_text(snapshot.ts_close)} {seen}",
        where="" if code is None else f"{shortest(code.co_filename)}:{code.co_firstlineno}",
        hint=f"write {TRUE[claim]} in the class, and it is asked wherever its answer counts",
    )


def _other_account(snapshot: RuntimeSnapshot, *, flips: bool) -> ExchangeState:
    """Half of the money and, where it `flips`, a long position instead of none, or none instead of one."""
    state = snapshot.exchange
    seen: dict[str, Any] = {name: getattr(state, name) / 2 for name in MONEY}
    if flips and state.has_position:
        seen |= {**dict.fromkeys(OF_A_POSITION, 0.0), "has_position": False, "side": 0}
    state = state._replace(**seen)
    return _holding(state, 1, snapshot.mark_price) if flips and not snapshot.exchange.has_position else state


def _in_position(snapshot: RuntimeSnapshot) -> tuple[RuntimeSnapshot, ...]:
    """The snapshot itself where it holds a position, else as if it held either side since just then."""
    state, price = snapshot.exchange, snapshot.mark_price
    if state.has_position:
        return (snapshot,)
    return tuple(snapshot._replace(exchange=_holding(state, side, price)) for side in (1, -1))


def _holding(state: ExchangeState, side: int, price: float) -> ExchangeState:
    return state._replace(has_position=True, side=side, qty=1.0, notional_usdt=price, entry_price=price)


def _said(answer: Signal | None) -> str:
    if answer is None:
        return "nothing"
    given = ((name, getattr(answer, name)) for name in LEVELS)
    levels = ", ".join(f"{name} {value:g}" for name, value in given if value is not None)
    return answer.direction.name + (f" ({levels})" if levels else "")
