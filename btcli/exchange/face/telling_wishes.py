"""Turns the kernel's records of decisions into fields with names: signals, readiness, timeframes that closed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.book.asked import NO_EXPIRY, ORDER, THEN, WISH
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Records
from btcli.exchange.book.told import EVENT
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.fields import NUMBER, TEXT, TRUE, WHOLE, WORD, Field, Layout

Fields = dict[str, Any]
Row = tuple[Any, ...]
_AT = {name: index for index, name in enumerate(EVENT.names or ())}
_IN_WISH = {name: index for index, name in enumerate(WISH.names or ())}
_IN_ORDER = {name: index for index, name in enumerate(ORDER.names or ())}
_TRUTHS = (("add", "adds"), ("cancel", "cancels"), ("reduce_only", "reduce_only"))


def signal_fields(row: Row, wishes: Records, texts: Texts) -> Fields:
    """The fields of a signal event: its direction, what it does, and whatever else was given."""
    (wish,) = wishes[row[_AT["order_id"]] :][:1].tolist()
    order = wish[_IN_WISH["order"]]
    told: Fields = {
        "direction": codes.SIDE_NAMES[wish[_IN_WISH["direction"]]],
        "action": codes.ACTION_NAMES[row[_AT["code"]]],
        **_levels(order, "stop_price", "stop_distance"),
    }
    beside = wish[_IN_WISH["n_targets"]]  # of parts; of a list of targets there is none
    told |= _target(order, beside) if beside < MAX_TARGETS else {}
    told |= _how(wish, order)
    if order[_IN_ORDER["sizing"]] >= 0:
        told["size"] = {codes.SIZING_NAMES[order[_IN_ORDER["sizing"]]]: order[_IN_ORDER["sizing_value"]]}
    if wish[_IN_WISH["n_targets"]]:
        told["targets"] = [_shared(wish, order, n) for n in range(wish[_IN_WISH["n_targets"]])]
    told |= _levels(order, "trail_distance", "trail_activation", "break_even_distance")
    for field, name in _TRUTHS:
        if wish[_IN_WISH[name]]:
            told[field] = True
    if order[_IN_ORDER["qty"]] != NO_LEVEL:
        told["reduce_qty"] = order[_IN_ORDER["qty"]]
    if order[_IN_ORDER["part"]]:
        told["part"] = order[_IN_ORDER["part"]]
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
    if wish[_IN_WISH["expires_after_ms"]] != NO_EXPIRY:
        told["expires_after_ms"] = wish[_IN_WISH["expires_after_ms"]]
    return told


def _levels(order: Row, *names: str) -> Fields:
    given = ((name, order[_IN_ORDER[name]]) for name in names)
    return {name: level for name, level in given if level != NO_LEVEL}


def _target(order: Row, n: int) -> Fields:
    given = ((name, order[_IN_ORDER[name]][n]) for name in ("target_price", "target_distance"))
    return {name: level for name, level in given if level != NO_LEVEL}


def _shared(wish: Row, order: Row, n: int) -> Fields:
    """One of several targets: a price or a distance, its share, and what it makes of the stop of the rest."""
    level = {name.removeprefix("target_"): value for name, value in _target(order, n).items()}
    then = ((name.removeprefix("then_"), order[_IN_ORDER[name]][n]) for name in THEN)
    told = {name: value for name, value in then if value != NO_LEVEL}
    return level | {"share": wish[_IN_WISH["target_share"]][n]} | told


def readiness_fields(row: Row, texts: Texts) -> Fields:
    """Whether everything is ready, and the reasons of the roles that are not, HTF first."""
    reasons = [texts[index] for index in row[_AT["texts"]] if index]
    return {"ready": not reasons} | ({"reasons": reasons} if reasons else {})


_PLAIN = ("stop_price", "stop_distance", "price", "trigger_price", "trail_distance", "trail_activation",
          "break_even_distance", "type", "time_in_force", "post_only", "qty", "part")  # fmt: skip


def _level_if_any(name: str, column: str = "") -> Field:
    return Field(name, NUMBER, column or name, none=NO_LEVEL, may_lack=True)


# A signal without a size and a list of targets of its own, over the columns of `signal_columns`.
SIGNAL: Layout = (
    Field("direction", WORD, "direction", codes.SIDE_NAMES),
    Field("action", WORD, "action", codes.ACTION_NAMES),
    *(_level_if_any(name) for name in ("stop_price", "stop_distance", "target_price", "target_distance")),
    Field("order", WORD, "type", codes.ORDER_TYPE_NAMES, none=codes.MARKET, may_lack=True),
    *(_level_if_any(name) for name in ("price", "trigger_price")),
    Field("time_in_force", WORD, "time_in_force", codes.TIME_IN_FORCE_NAMES, none=codes.GTC, may_lack=True),
    Field("post_only", TRUE, "post_only", only=("post_only", 1)),
    Field("expires_after_ms", WHOLE, "expires_after_ms", none=NO_EXPIRY, may_lack=True),
    *(_level_if_any(name) for name in ("trail_distance", "trail_activation", "break_even_distance")),
    *(Field(name, TRUE, column, only=(column, 1)) for name, column in _TRUTHS),
    _level_if_any("reduce_qty", "qty"),
    Field("part", WHOLE, "part", none=0, may_lack=True),
    _level_if_any("add_margin_usdt"),
    Field("tag", TEXT, "texts", none=0, may_lack=True),
)


def signal_columns(records: Records, wishes: Records) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
    """The columns of SIGNAL for events of signals, and which of them have more to say than it can."""
    wish = wishes[records["order_id"]]
    order = wish["order"]
    columns = {name: order[name] for name in _PLAIN}
    columns |= {name: order[name][:, 0] for name in ("target_price", "target_distance")}
    columns |= {name: wish[name] for name in ("direction", "expires_after_ms", "add_margin_usdt")}
    columns |= {column: np.asarray(wish[column] != 0, np.int64) for _, column in _TRUTHS}
    columns["post_only"] = np.asarray(order["post_only"] != 0, np.int64)
    columns |= {"action": records["code"], "texts": records["texts"], "symbol": records["symbol"]}
    return columns, (order["sizing"] >= 0) | (wish["n_targets"] != 0)
