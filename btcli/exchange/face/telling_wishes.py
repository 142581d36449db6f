"""Turns the kernel's records of decisions into fields with names: signals, readiness, timeframes that closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import EVENT, NO_EXPIRY, ORDER, WISH, Records
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.events import Event

Fields = dict[str, Any]
Row = tuple[Any, ...]
_AT = {name: index for index, name in enumerate(EVENT.names or ())}
_IN_WISH = {name: index for index, name in enumerate(WISH.names or ())}
_IN_ORDER = {name: index for index, name in enumerate(ORDER.names or ())}


def signal_fields(row: Row, wishes: Records, texts: Texts) -> Fields:
    """The fields of a signal event: its direction, what it does, and whatever else was given."""
    (wish,) = wishes[row[_AT["order_id"]] :][:1].tolist()
    order = wish[_IN_WISH["order"]]
    told: Fields = {
        "direction": codes.SIDE_NAMES[wish[_IN_WISH["direction"]]],
        "action": codes.ACTION_NAMES[row[_AT["code"]]],
        **_levels(order, "stop_price", "stop_distance"),
    }
    if not wish[_IN_WISH["n_targets"]]:
        told |= _target(order, 0)
    told |= _how(wish, order)
    if order[_IN_ORDER["sizing"]] >= 0:
        told["size"] = {codes.SIZING_NAMES[order[_IN_ORDER["sizing"]]]: order[_IN_ORDER["sizing_value"]]}
    if wish[_IN_WISH["n_targets"]]:
        told["targets"] = [_shared(wish, order, n) for n in range(wish[_IN_WISH["n_targets"]])]
    told |= _levels(order, "trail_distance", "trail_activation", "break_even_distance")
    for field, name in (("add", "adds"), ("cancel", "cancels"), ("reduce_only", "reduce_only")):
        if wish[_IN_WISH[name]]:
            told[field] = True
    if order[_IN_ORDER["qty"]] != NO_LEVEL:
        told["reduce_qty"] = order[_IN_ORDER["qty"]]
    if wish[_IN_WISH["add_margin_usdt"]] != NO_LEVEL:
        told["add_margin_usdt"] = wish[_IN_WISH["add_margin_usdt"]]
    tag = texts[row[_AT["texts"]][0]]
    return told | ({"tag": tag} if tag else {})


def _how(wish: Row, order: Row) -> Fields:
    """How the order is to enter or to leave, where it is not a market order that waits for nothing."""
    told: Fields = {}
    if order[_IN_ORDER["type"]] != codes.MARKET:
        told["order"] = codes.ORDER_TYPE_NAMES[order[_IN_ORDER["type"]]]
    told |= _levels(order, "price", "trigger_price")
    if order[_IN_ORDER["time_in_force"]] != codes.GTC:
        told["time_in_force"] = codes.TIME_IN_FORCE_NAMES[order[_IN_ORDER["time_in_force"]]]
    if order[_IN_ORDER["post_only"]]:
        told["post_only"] = True
    if wish[_IN_WISH["expires_after"]] != NO_EXPIRY:
        told["expires_after"] = wish[_IN_WISH["expires_after"]]
    return told


def _levels(order: Row, *names: str) -> Fields:
    given = ((name, order[_IN_ORDER[name]]) for name in names)
    return {name: level for name, level in given if level != NO_LEVEL}


def _target(order: Row, n: int) -> Fields:
    given = ((name, order[_IN_ORDER[name]][n]) for name in ("target_price", "target_distance"))
    return {name: level for name, level in given if level != NO_LEVEL}


def _shared(wish: Row, order: Row, n: int) -> Fields:
    """One of several targets: a price or a distance, and its share."""
    level = {name.removeprefix("target_"): value for name, value in _target(order, n).items()}
    return level | {"share": wish[_IN_WISH["target_share"]][n]}


def readiness_fields(row: Row, texts: Texts) -> Fields:
    """Whether everything is ready, and the reasons of the roles that are not, HTF first."""
    reasons = [texts[index] for index in row[_AT["texts"]] if index]
    return {"ready": not reasons} | ({"reasons": reasons} if reasons else {})


def closed_events(records: Records, texts: Texts, symbols: Sequence[str]) -> Iterator[Event]:
    """The timeframes that closed, each with the moment at which its bar did (milliseconds UTC)."""
    columns = (records[name].tolist() for name in ("ts", "symbol", "texts", "funding_ts"))
    for ts, symbol, (role, timeframe, _), bar_ts_close in zip(*columns, strict=True):
        fields = {"role": texts[role], "timeframe": texts[timeframe], "bar_ts_close": bar_ts_close}
        yield Event(ts, codes.EVENT_NAMES[codes.TF_CLOSED], symbols[symbol], fields)


def step_events(records: Records, symbols: Sequence[str]) -> Iterator[Event]:
    """The marks of symbols and the account's equity at closes."""
    columns = (records[name].tolist() for name in ("ts", "symbol", "mark_price", "have"))
    for ts, symbol, mark, equity in zip(*columns, strict=True):
        fields = {"mark_price": mark, "equity_usdt": equity}
        yield Event(ts, codes.EVENT_NAMES[codes.STEPPED], symbols[symbol], fields)
