"""Stops and targets that a strategy moves while it holds: they travel as long as an order does, and then act."""

from __future__ import annotations

from btcli.exchange.book.codes import DECISION, TARGET_MOVED
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.ledger import emit, place
from btcli.exchange.book.records import MOST_MOVES, Record, Symbol
from btcli.exchange.formulas.arriving import arrival
from btcli.exchange.formulas.balances import symbol_of
from btcli.exchange.formulas.brackets import stop_level, stop_that_can_be, tighter
from btcli.exchange.formulas.rounding import multiple, round_against
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.bracket import tell_moved_stop

THE_STOP = 0  # beside targets, which are named from 1 on


@compiled
def ask_to_move(book: Record, s: int, what: int, level: float) -> None:
    """Move a position's stop or one of its targets to a level, rounded away from the entry, once that has arrived."""
    sym = symbol_of(book, s)
    position, inst = sym.position, sym.inst
    away = -position["side"] if what == THE_STOP else position["side"]
    level = round_against(level, away, inst["tick_k"], inst["tick_den"])
    if book["terms"]["delay_bars"] == 0:
        place(book["account"], DECISION, 0, 0.0, book["account"]["ts_close"])
        _move(book, sym, what, level)
        return
    n = min(position["n_moves"], MOST_MOVES - 1)
    position["move_at"][n] = arrival(book)
    position["move_what"][n], position["move_level"][n] = what, level
    position["n_moves"] = n + 1


@compiled
def take_moves(book: Record) -> None:
    """Move what arrives at this open, in the order in which it was asked for."""
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["n_moves"] == 0:
            continue
        left = 0
        for n in range(position["n_moves"]):
            if position["move_at"][n] <= book["account"]["step"]:
                _move(book, symbol_of(book, s), position["move_what"][n], position["move_level"][n])
                continue
            position["move_at"][left] = position["move_at"][n]
            position["move_what"][left] = position["move_what"][n]
            position["move_level"][left] = position["move_level"][n]
            left += 1
        position["n_moves"] = left


@compiled
def _move(book: Record, sym: Symbol, what: int, level: float) -> None:
    if what == THE_STOP:
        _move_stop(book, sym, level)
    else:
        _move_target(book, sym, what - 1, level)


@compiled
def _move_stop(book: Record, sym: Symbol, level: float) -> None:
    """A stop never loosens."""
    position = sym.position
    before = stop_level(position)
    level = stop_that_can_be(level, position["side"], sym.inst)
    position["stop_price"] = tighter(position["stop_price"], level, position["side"])
    tell_moved_stop(book, position, before)


@compiled
def _move_target(book: Record, sym: Symbol, k: int, level: float) -> None:
    """A target is a new order: a limit that is marketable takes at the next open. It lies at one tick at least."""
    position, before = sym.position, sym.position["target_price"][k]
    level = max(level, multiple(1, sym.inst["tick_k"], sym.inst["tick_den"]))
    if level == before:
        return
    position["target_price"][k] = level
    position["new_targets"] = position["new_targets"] | 1 << k
    event = book["events"][emit(book, TARGET_MOVED, position["symbol"])]
    event["order_id"] = position["stop_id"] + 1 + k
    event["trade_id"] = position["trade_id"]
    event["have"] = before
    event["target_price"] = level


@compiled
def move_by_age(book: Record, s: int, closes: int) -> None:
    """Move the target of a position to where it belongs at its age, once its symbol has seen so many closes of ltf."""
    position = book["positions"][s]
    age, reached = closes - position["entry_closes"], position["ages_done"]
    while reached < position["n_ages"] and position["ages"][reached] <= age:
        reached += 1
    if position["side"] == 0 or reached == position["ages_done"]:
        return
    position["ages_done"] = reached
    target = position["entry_price"] + position["side"] * position["age_distances"][reached - 1]
    ask_to_move(book, s, min(position["n_parts"], MAX_TARGETS - 1) + 1, target)
