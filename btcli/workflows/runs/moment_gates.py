"""The gates of a run's rules at one close, from the run itself: it is run again up to there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from btcli.config.findings import key_of
from btcli.config.model import System
from btcli.config.rules import Side
from btcli.engine.ground import NO_STEP, SymbolColumns
from btcli.engine.truths import Rows, values_at
from btcli.exchange.book.codes import CODE_NAMES, DAILY_LOSS_REACHED
from btcli.exchange.book.records import DAY_MS
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.expressions.tree import Node, read_at_closes, states_of
from btcli.simulation.gates_seen import Now, Seen, SeenGate, gates_seen
from btcli.simulation.ruled import names_of
from btcli.simulation.rules_looked import namer, numbers_of_params

DISABLED = "entries_disabled"  # by the account, whatever rules say

Stopped = Callable[[int], SimulatedExchange | None]  # how the exchange stands before rules are looked at at a step


class Close(NamedTuple):
    """A close of ltf of one symbol: its row, and the rows of all closes at which all was ready."""

    place: int  # of the symbol
    row: int
    ready: Rows


def gates_at(system: System, columns: SymbolColumns, close: Close, stopped: Stopped) -> tuple[SeenGate, ...]:
    """Every gate of the entries of a symbol at a close; none where the run has ended by then."""
    symbol = system.symbols[close.place]
    rules = system.strategy_of(symbol).rules
    assert rules is not None
    steps, ts_close = columns.ground.steps, columns.ground.bars_of("ltf").ts_close
    exchange = stopped(int(steps[close.row]))
    if exchange is None:
        return ()
    closes = np.flatnonzero(steps != NO_STEP)
    count = int(np.searchsorted(closes, close.row, side="right"))
    now = Now(int(ts_close[close.row]), count, ts_close[closes])
    seen = dict(_seen(system, columns, symbol, close, closes[:count]))
    found = gates_seen(rules, key_of(system.rules_path(symbol)), exchange.deciders.gating(close.place), now, seen)
    return (*_disabled(exchange, close.place, now), *found)


def _disabled(exchange: SimulatedExchange, index: int, now: Now) -> Iterator[SeenGate]:
    """That the account may not enter at all, and why."""
    code = exchange.state(index)["entries_disabled_reason"]
    if code:
        until_ms = (now.at_ms // DAY_MS + 1) * DAY_MS if code == CODE_NAMES[DAILY_LOSS_REACHED] else None
        yield SeenGate("", DISABLED, "risk", True, code, until_ms)


def _seen(
    system: System, columns: SymbolColumns, symbol: str, close: Close, so_far: Rows
) -> Iterator[tuple[Side, Seen]]:
    """What the gates of each side look at beside trades."""
    from btcli.strategies.rules.parts import conditions_of
    from btcli.strategies.rules.sessions import inside

    written = system.strategy_of(symbol)
    assert written.rules is not None
    ts_close = columns.ground.bars_of("ltf").ts_close
    for each in conditions_of(written.rules, names_of(system, written)):
        if each.rule != "enter":
            continue
        seen, session = Seen(), written.rules.whole(each.side, "session")
        if session is not None:
            rows = close.ready[np.searchsorted(close.ready, close.row) :]
            values = _column(system, columns, symbol, inside(session), rows)
            opens = rows[1:][values[1:] == 1.0]
            is_inside = bool(values[0]) if np.isfinite(values[0]) else None
            seen = seen._replace(inside=is_inside, opens_ms=int(ts_close[opens[0]]) if len(opens) else None)
        if written.rules.value(each.side, "rearm"):
            known = close.ready[: np.searchsorted(close.ready, close.row, side="right")]
            rows = known if states_of(each.node) else so_far
            false = rows[_column(system, columns, symbol, each.node, rows) == 0.0]
            seen = seen._replace(false_ms=int(ts_close[false[-1]]) if len(false) else 0)
        yield each.side, seen


def _column(
    system: System, columns: SymbolColumns, symbol: str, node: Node, rows: Rows
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What an expression was at some closes of ltf, ascending."""
    from btcli.strategies.rules.assembling import columns_at_closes

    written = system.strategy_of(symbol)
    wanted: Mapping[str, Node] = {"c": read_at_closes(node, namer(system, written, [node]))}
    return values_at(columns_at_closes(wanted, numbers_of_params(written)), columns, ["c"], rows)[:, 0]
