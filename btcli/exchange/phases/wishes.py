"""Who is asked at a close, and what becomes of the answer: a wish, the same record whoever fills it in."""

from __future__ import annotations

from btcli.exchange.book.asked import NO_EXPIRY
from btcli.exchange.book.codes import (
    ADD,
    ASK,
    CLOSE_ALL,
    DECISION,
    DONE,
    ENTER,
    EXIT_SIGNAL,
    EXIT_TIMEOUT,
    FLAT,
    IGNORE,
    LOOK,
    NEVER_LOOKED,
    NOT_READY,
    READINESS_CHANGED,
    READY,
    REDUCE,
    REVERSE,
    SIGNALLED,
)
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL, is_given
from btcli.exchange.book.ledger import emit, place
from btcli.exchange.book.orders import forget_bracket, forget_order
from btcli.exchange.book.records import Record
from btcli.exchange.book.tape import deciding_of
from btcli.exchange.book.told import EVENT_TEXTS
from btcli.exchange.formulas.actions import action_of
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.decision import enter, leave, move_margin
from btcli.exchange.phases.moving import move_by_age
from btcli.exchange.phases.standing import note_standing
from btcli.exchange.phases.withdrawing import take_back


@compiled
def next_question(book: Record, tape: Record, step: int) -> int:
    """Consider the symbols that decide at the close of a step, one after the other, up to one that is to be asked.

    ASK or LOOK, with the symbol in the cursor; DONE when there is no other.
    """
    cursor = book["cursor"]
    while cursor["asked"] + 1 < book["n_symbols"]:
        cursor["asked"] = cursor["asked"] + 1
        if deciding_of(tape, cursor["asked"])[step]:
            note_standing(book, cursor["asked"])
            move_by_age(book, cursor["asked"], book["deciders"][cursor["asked"]]["closes"])
            question = _consider(book, cursor["asked"])
            if question != DONE:
                return question
    return DONE


@compiled
def _consider(book: Record, s: int) -> int:
    """Whether a symbol's strategy is asked: once everything is ready, and unless it has nothing to say now."""
    decider = book["deciders"][s]
    is_resting = decider["rests"] == 1 and book["positions"][s]["side"] != FLAT
    if is_resting and decider["readiness"] == READY and book["terms"]["max_bars_in_trade"] == 0:
        return LOOK if book["account"]["step"] >= decider["look_from"] else DONE
    can_decide = is_ready(decider)
    _tell_readiness(book, s, can_decide)
    if _has_closed_for_age(book, s) or not can_decide or is_resting:
        return DONE
    decider["decisions"] = decider["decisions"] + 1
    return ASK


@compiled
def is_ready(decider: Record) -> bool:
    """Whether everything a symbol's strategy reads is there."""
    missing = 0
    for n in range(EVENT_TEXTS):
        missing += decider["reasons"][n]
    return missing == 0


@compiled
def _tell_readiness(book: Record, s: int, can_decide: bool) -> None:
    """Once when trading can begin, and again whenever that changes."""
    decider, account = book["deciders"][s], book["account"]
    if can_decide and decider["first_ts"] == 0:
        decider["first_ts"] = account["ts_close"]
        decider["first_steps"] = account["steps"]
    before, now = decider["readiness"], READY if can_decide else NOT_READY
    decider["readiness"] = now
    if before == now or (before == NEVER_LOOKED and not can_decide):
        return
    place(account, DECISION, 0, 0.0, account["ts_close"])
    event = book["events"][emit(book, READINESS_CHANGED, s)]
    event["code"] = 1 if can_decide else 0
    for n in range(EVENT_TEXTS):
        event["texts"][n] = decider["reasons"][n]


@compiled
def _has_closed_for_age(book: Record, s: int) -> bool:
    """Close a position that has seen `max_bars_in_trade` ltf closes: nobody is asked at that one."""
    decider, position, most = book["deciders"][s], book["positions"][s], book["terms"]["max_bars_in_trade"]
    if most == 0:
        return False
    if decider["trade_id"] != position["trade_id"]:
        decider["trade_id"] = position["trade_id"]
        decider["age"] = 0
    decider["age"] = decider["age"] + 1
    if position["side"] == FLAT or decider["age"] < most:
        return False
    order = book["request"][0]
    forget_order(order, s)
    order["exit_reason"] = EXIT_TIMEOUT
    leave(book)
    return True


@compiled
def follow(book: Record, s: int, wish: Record) -> None:
    """Do what a wish leads to, and tell it; one that leads to nothing is counted."""
    follow_as(book, s, wish, action_of(wish, book["positions"][s]["side"], book["terms"]["on_opposite_signal"]))


@compiled
def follow_as(book: Record, s: int, wish: Record, action: int) -> None:
    """Do one of ACTION_NAMES for a wish, and tell it; nothing is counted."""
    if action == IGNORE:
        book["deciders"][s]["ignored"] = book["deciders"][s]["ignored"] + 1
        return
    _tell_wish(book, s, wish, action)
    if wish["cancels"]:
        take_back(book, s, wish["withdraws"])
    if is_given(wish["add_margin_usdt"]):
        move_margin(book, s, wish["add_margin_usdt"])
    if action in (CLOSE_ALL, REDUCE, REVERSE):
        _ask_to_leave(book, s, wish)
    if action in (ENTER, ADD, REVERSE):
        _ask_to_enter(book, s, wish, action)


@compiled
def _tell_wish(book: Record, s: int, wish: Record, action: int) -> None:
    account, cursor = book["account"], book["cursor"]
    place(account, DECISION, 0, 0.0, account["ts_close"])
    if cursor["keeps_score"]:
        return
    event = book["events"][emit(book, SIGNALLED, s)]
    event["code"] = action
    event["order_id"] = cursor["n_wishes"]
    event["texts"][0] = wish["tag"]
    book["wishes"][cursor["n_wishes"]] = wish
    cursor["n_wishes"] = cursor["n_wishes"] + 1


@compiled
def _ask_to_leave(book: Record, s: int, wish: Record) -> None:
    book["request"][0] = wish["order"]
    order = book["request"][0]
    forget_bracket(order)
    order["symbol"] = s
    order["exit_reason"] = EXIT_SIGNAL
    leave(book)


@compiled
def _ask_to_enter(book: Record, s: int, wish: Record, action: int) -> None:
    """Submit an entry; one that adds is of the trade it adds to, and ends with it."""
    book["request"][0] = wish["order"]
    order = book["request"][0]
    order["symbol"] = s
    order["side"] = wish["direction"]
    order["trade_id"] = book["positions"][s]["trade_id"] if action == ADD else 0
    enter(book)


@compiled
def wish_for(wish: Record, direction: int) -> None:
    """Make a wish one for a side at market, or to leave it: with no stop, no target, and nothing beside."""
    wish["direction"] = direction
    wish["adds"] = 0
    wish["cancels"] = 0
    wish["withdraws"] = 0
    wish["reduce_only"] = 0
    wish["add_margin_usdt"] = NO_LEVEL
    wish["expires_after_ms"] = NO_EXPIRY
    wish["n_targets"] = 0
    for n in range(MAX_TARGETS):
        wish["target_share"][n] = 0.0
    wish["tag"] = 0
    forget_order(wish["order"], 0)
