"""Turns the kernel's records into events and trades with names, each with its fields in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import EVENT, TRADE, Records
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling_wishes import closed_events, readiness_fields, signal_fields, step_events

Fields = dict[str, Any]
_AT = {name: index for index, name in enumerate(EVENT.names or ())}
Row = tuple[Any, ...]


def _flags(row: Row) -> Fields:
    bits = row[_AT["flags"]]
    return {name: True for bit, name in codes.FLAG_NAMES.items() if bits & bit} if bits else {}


def _number(row: Row, name: str) -> float:
    return row[_AT[name]] + 0.0  # turns -0.0 into 0.0


def _optional(row: Row, name: str) -> float | None:
    return row[_AT[name]] or None


def _level(row: Row, name: str) -> float | None:
    """A level, which may be zero or below; None when there is none."""
    return None if row[_AT[name]] == NO_LEVEL else _number(row, name)


def _in_path(row: Row) -> Fields:
    """The place inside the bar, for what happened on the path."""
    if row[_AT["phase"]] != codes.PATH:
        return {}
    return {"phase": "path", "leg": row[_AT["leg"]] + 1, "t": _number(row, "t")}


def _order(row: Row) -> Fields:
    side = "buy" if row[_AT["side"]] > 0 else "sell"
    kind = codes.ORDER_TYPE_NAMES[row[_AT["order_type"]]]
    return {"order_id": row[_AT["order_id"]], "side": side, "type": kind, "qty": _number(row, "qty")}


def _capped(row: Row) -> Fields:
    cap = row[_AT["capped_by"]]
    return {"capped_by": codes.CAP_NAMES[cap]} if cap else {}


def _submitted(row: Row) -> Fields:
    fields = _order(row) | {"reference_price": _number(row, "reference_price")}
    for field, name in (("limit_price", "price"), ("trigger_price", "mark_price")):
        if (level := _level(row, name)) is not None:
            fields[field] = level
    for name in ("stop_price", "target_price"):
        if (level := _level(row, name)) is not None:
            fields[name] = level
    if row[_AT["exit_reason"]]:
        fields["exit_reason"] = codes.EXIT_NAMES[row[_AT["exit_reason"]]]
    return fields | _capped(row)


def _moved(row: Row) -> Fields:
    return {
        "order_id": row[_AT["order_id"]],
        "trade_id": row[_AT["trade_id"]],
        "exit_reason": codes.EXIT_NAMES[row[_AT["exit_reason"]]],
        "from_price": _level(row, "have"),
        "stop_price": _level(row, "stop_price"),
    }


def _triggered(row: Row) -> Fields:
    return _order(row) | {"trigger_price": _number(row, "price")} | _in_path(row)


def _margin_added(row: Row) -> Fields:
    return {
        "trade_id": row[_AT["trade_id"]],
        "amount_usdt": _number(row, "margin_usdt"),
        "liquidation_price": _optional(row, "liquidation_price"),
    }


def _cut(row: Row) -> Fields:
    return (
        _position(row) | {"qty_after": _number(row, "need"), "mark_price": _number(row, "mark_price")} | _in_path(row)
    )


def _refused(row: Row) -> Fields:
    fields = _order(row) | {"code": codes.CODE_NAMES[row[_AT["code"]]]}
    return fields | {"have": _number(row, "have"), "need": _number(row, "need")} | _capped(row)


def _cancelled(row: Row) -> Fields:
    return _order(row) | {"code": codes.CODE_NAMES[row[_AT["code"]]]}


def _impact(row: Row) -> Fields:
    """The part of the slippage that the size of the fill caused, where the run models one."""
    return {"impact_usdt": _number(row, "impact_usdt")} if row[_AT["impact_usdt"]] else {}


def _mark(row: Row) -> Fields:
    """The mark that a fill's order cost was held against, where it was."""
    return {"mark_price": _number(row, "mark_price")} if row[_AT["mark_price"]] else {}


def _filled(row: Row) -> Fields:
    fields = _order(row) | {
        "price": _number(row, "price"),
        "reference_price": _number(row, "reference_price"),
        **_impact(row),
        **_mark(row),
        "pnl_usdt": _number(row, "pnl_usdt"),
        "fee_usdt": _number(row, "fee_usdt"),
        "cash_usdt": _number(row, "cash_usdt"),
        "trade_id": row[_AT["trade_id"]],
    }
    if row[_AT["exit_reason"]]:
        fields["exit_reason"] = codes.EXIT_NAMES[row[_AT["exit_reason"]]]
    return fields | _capped(row) | _in_path(row) | _flags(row)


def _funding(row: Row) -> Fields:
    return {
        "trade_id": row[_AT["trade_id"]],
        "funding_ts": row[_AT["funding_ts"]],
        "rate": _number(row, "rate"),
        "mark_price": _number(row, "mark_price"),
        "side": codes.SIDE_NAMES[row[_AT["side"]]],
        "qty": _number(row, "qty"),
        "payment_usdt": _number(row, "funding_usdt"),
        "cash_usdt": _number(row, "cash_usdt"),
        "liquidation_price": _optional(row, "liquidation_price"),
    } | _flags(row)


def _position(row: Row) -> Fields:
    return {
        "trade_id": row[_AT["trade_id"]],
        "side": codes.SIDE_NAMES[row[_AT["side"]]],
        "qty": _number(row, "qty"),
    }


def _opened(row: Row) -> Fields:
    return _position(row) | {
        "entry_price": _number(row, "price"),
        "margin_usdt": _number(row, "margin_usdt"),
        "liquidation_price": _optional(row, "liquidation_price"),
        "stop_price": _level(row, "stop_price"),
        "target_price": _optional(row, "target_price"),
    }


def _closed(row: Row) -> Fields:
    fields = _position(row) | {
        "exit_price": _number(row, "price"),
        "exit_reason": codes.EXIT_NAMES[row[_AT["exit_reason"]]],
        "net_pnl_usdt": _number(row, "net_usdt"),
    }
    return fields | _in_path(row) | _flags(row)


def _liquidated(row: Row) -> Fields:
    fields = _position(row) | {
        "price": _number(row, "price"),
        "mark_price": _number(row, "mark_price"),
        "liquidation_price": _number(row, "liquidation_price"),
        "margin_usdt": _number(row, "margin_usdt"),
        "pnl_usdt": _number(row, "pnl_usdt"),
        "fee_usdt": _number(row, "fee_usdt"),
        "cash_usdt": _number(row, "cash_usdt"),
    }
    return fields | _in_path(row) | _flags(row)


def _disabled(row: Row) -> Fields:
    return {
        "code": codes.CODE_NAMES[row[_AT["code"]]],
        "available_usdt": _number(row, "have"),
        "needed_usdt": _number(row, "need"),
    }


def _stopped(row: Row) -> Fields:
    return {"reason": codes.RUN_STATUS_NAMES[row[_AT["code"]]], "cash_usdt": _number(row, "cash_usdt")}


def _insured(row: Row) -> Fields:
    return {"amount_usdt": _number(row, "pnl_usdt"), "cash_usdt": _number(row, "cash_usdt")}


def _warned(row: Row) -> Fields:
    fields: Fields = {"order_id": row[_AT["order_id"]], "code": codes.CODE_NAMES[row[_AT["code"]]]}
    if row[_AT["code"]] == codes.SHARE_BELOW_STEP:
        fields["trade_id"] = row[_AT["trade_id"]]
        return fields | {"have": _number(row, "have"), "need": _number(row, "need")}
    return fields | {
        "stop_price": _number(row, "have"),
        "liquidation_price": _number(row, "need"),
        "moved_to": _optional(row, "stop_price"),
    }


_TELL: dict[int, Callable[[Row], Fields]] = {
    codes.ORDER_SUBMITTED: _submitted,
    codes.ORDER_REJECTED: _refused,
    codes.ORDER_CANCELLED: _cancelled,
    codes.ORDER_FILLED: _filled,
    codes.FUNDING_SETTLED: _funding,
    codes.POSITION_OPENED: _opened,
    codes.POSITION_CLOSED: _closed,
    codes.LIQUIDATED: _liquidated,
    codes.ENTRIES_DISABLED: _disabled,
    codes.ENTRIES_ENABLED: _disabled,
    codes.RUN_STOPPED: _stopped,
    codes.INSURANCE_COVERED: _insured,
    codes.WARNED: _warned,
    codes.STOP_MOVED: _moved,
    codes.ORDER_TRIGGERED: _triggered,
    codes.MARGIN_ADDED: _margin_added,
    codes.POSITION_CUT: _cut,
    codes.POSITION_CHANGED: _opened,
}
_OF_THE_ACCOUNT = {codes.ENTRIES_DISABLED, codes.ENTRIES_ENABLED, codes.RUN_STOPPED}


def events_of(records: Records, wishes: Records, texts: Texts, symbols: Sequence[str]) -> list[Event]:
    """The events of a slice of the event buffer, in its order; `wishes` is the buffer that signals point into.

    Of the kinds that come in masses only the fields that they have are read.
    """
    tell = _TELL | {
        codes.SIGNALLED: lambda row: signal_fields(row, wishes, texts),
        codes.READINESS_CHANGED: lambda row: readiness_fields(row, texts),
    }
    kinds = records["kind"]
    closes, steps = kinds == codes.TF_CLOSED, kinds == codes.STEPPED
    parts: tuple[tuple[Any, Callable[[Records], Iterable[Event]]], ...] = (
        (closes, lambda some: closed_events(some, texts, symbols)),
        (steps, lambda some: step_events(some, symbols)),
        (~(closes | steps), lambda some: (_event(row, symbols, tell) for row in some.tolist())),
    )
    told: dict[int, Event] = {}
    for which, events in parts:
        places = np.flatnonzero(which)
        told.update(zip(places.tolist(), events(records[places]), strict=True))
    return [told[place] for place in range(len(records))]


def _event(row: Row, symbols: Sequence[str], tell: Mapping[int, Callable[[Row], Fields]]) -> Event:
    kind = row[_AT["kind"]]
    symbol = None if kind in _OF_THE_ACCOUNT else symbols[row[_AT["symbol"]]]
    return Event(row[_AT["ts"]], codes.EVENT_NAMES[kind], symbol, tell[kind](row))


def trades_of(records: Records, symbols: Sequence[str]) -> list[Trade]:
    """The trades of a slice of the trade buffer, in the order in which they ended."""
    return [_trade(dict(zip(TRADE.names or (), row, strict=True)), symbols) for row in records.tolist()]


def _trade(row: dict[str, Any], symbols: Sequence[str]) -> Trade:
    return Trade(
        trade_id=row["trade_id"],
        symbol=symbols[row["symbol"]],
        side=codes.SIDE_NAMES[row["side"]],
        qty=row["qty"],
        entry_ts=row["entry_ts"],
        entry_price=row["entry_price"],
        exit_ts=row["exit_ts"],
        exit_price=row["exit_price"],
        exit_reason=codes.EXIT_NAMES[row["exit_reason"]],
        gross_pnl_usdt=row["gross_usdt"] + 0.0,
        fees_usdt=row["fees_usdt"],
        funding_usdt=row["funding_usdt"] + 0.0,
        net_pnl_usdt=row["gross_usdt"] - row["fees_usdt"] - row["funding_usdt"] + 0.0,
        stop_price=None if row["stop_price"] == NO_LEVEL else row["stop_price"] + 0.0,
        target_price=row["target_price"] or None,
        liquidation_price=row["liquidation_price"] or None,
        mae_usdt=row["mae_usdt"] + 0.0,
        mfe_usdt=row["mfe_usdt"] + 0.0,
        bars_held=row["bars_held"],
        ambiguous=bool(row["is_ambiguous"]),
    )
