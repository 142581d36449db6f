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


(
    _PHASE, _LEG, _T, _ORDER_ID, _TRADE_ID, _SIDE, _TYPE, _EXIT, _CAP, _FLAGS, _QTY, _PRICE, _REFERENCE, _IMPACT, _PNL,
    _FEE, _CASH, _STOP, _TARGET, _LP, _MARK, _MARGIN, _NET,
) = (
    _AT[name]
    for name in (
        "phase", "leg", "t", "order_id", "trade_id", "side", "order_type", "exit_reason", "capped_by", "flags", "qty",
        "price", "reference_price", "impact_usdt", "pnl_usdt", "fee_usdt", "cash_usdt", "stop_price", "target_price",
        "liquidation_price", "mark_price", "margin_usdt", "net_usdt",
    )
)  # fmt: skip


def _add_flags(fields: Fields, row: Row) -> Fields:
    if bits := row[_FLAGS]:
        fields.update({name: True for bit, name in codes.FLAG_NAMES.items() if bits & bit})
    return fields


def _add_exit(fields: Fields, row: Row) -> None:
    if row[_EXIT]:
        fields["exit_reason"] = codes.EXIT_NAMES[row[_EXIT]]


def _add_cap(fields: Fields, row: Row) -> Fields:
    if row[_CAP]:
        fields["capped_by"] = codes.CAP_NAMES[row[_CAP]]
    return fields


def _add_place(fields: Fields, row: Row) -> Fields:
    """The place inside the bar, for what happened on the path."""
    if row[_PHASE] == codes.PATH:
        fields["phase"], fields["leg"], fields["t"] = "path", row[_LEG] + 1, row[_T] + 0.0
    return fields


def _number(row: Row, name: str) -> float:
    return row[_AT[name]] + 0.0  # turns -0.0 into 0.0


def _optional(row: Row, name: str) -> float | None:
    return row[_AT[name]] or None


def _level(row: Row, name: str) -> float | None:
    """A level, which may be zero or below; None when there is none."""
    return None if row[_AT[name]] == NO_LEVEL else _number(row, name)


def _order(row: Row) -> Fields:
    return {
        "order_id": row[_ORDER_ID],
        "side": "buy" if row[_SIDE] > 0 else "sell",
        "type": codes.ORDER_TYPE_NAMES[row[_TYPE]],
        "qty": row[_QTY] + 0.0,
    }


def _submitted(row: Row) -> Fields:
    fields = _order(row)
    fields["reference_price"] = row[_REFERENCE] + 0.0
    for field, at in (
        ("limit_price", _PRICE),
        ("trigger_price", _MARK),
        ("stop_price", _STOP),
        ("target_price", _TARGET),
    ):
        if row[at] != NO_LEVEL:
            fields[field] = row[at] + 0.0
    _add_exit(fields, row)
    return _add_cap(fields, row)


def _moved(row: Row) -> Fields:
    return {
        "order_id": row[_AT["order_id"]],
        "trade_id": row[_AT["trade_id"]],
        "exit_reason": codes.EXIT_NAMES[row[_AT["exit_reason"]]],
        "from_price": _level(row, "have"),
        "stop_price": _level(row, "stop_price"),
    }


def _triggered(row: Row) -> Fields:
    return _add_place(_order(row) | {"trigger_price": _number(row, "price")}, row)


def _margin_added(row: Row) -> Fields:
    return {
        "trade_id": row[_AT["trade_id"]],
        "amount_usdt": _number(row, "margin_usdt"),
        "liquidation_price": _optional(row, "liquidation_price"),
    }


def _cut(row: Row) -> Fields:
    fields = _position(row) | {"qty_after": _number(row, "need"), "mark_price": _number(row, "mark_price")}
    return _add_place(fields, row)


def _refused(row: Row) -> Fields:
    fields = _order(row) | {"code": codes.CODE_NAMES[row[_AT["code"]]]}
    return _add_cap(fields | {"have": _number(row, "have"), "need": _number(row, "need")}, row)


def _cancelled(row: Row) -> Fields:
    return _order(row) | {"code": codes.CODE_NAMES[row[_AT["code"]]]}


def _filled(row: Row) -> Fields:
    """With the part of the slippage that its size caused, and the mark its cost was held against, where there are."""
    fields = _order(row)
    fields["price"] = row[_PRICE] + 0.0
    fields["reference_price"] = row[_REFERENCE] + 0.0
    if row[_IMPACT]:
        fields["impact_usdt"] = row[_IMPACT]
    if row[_MARK]:
        fields["mark_price"] = row[_MARK]
    fields["pnl_usdt"] = row[_PNL] + 0.0
    fields["fee_usdt"] = row[_FEE] + 0.0
    fields["cash_usdt"] = row[_CASH] + 0.0
    fields["trade_id"] = row[_TRADE_ID]
    _add_exit(fields, row)
    _add_cap(fields, row)
    return _add_flags(_add_place(fields, row), row)


def _funding(row: Row) -> Fields:
    fields = {
        "trade_id": row[_AT["trade_id"]],
        "funding_ts": row[_AT["funding_ts"]],
        "rate": _number(row, "rate"),
        "mark_price": _number(row, "mark_price"),
        "side": codes.SIDE_NAMES[row[_AT["side"]]],
        "qty": _number(row, "qty"),
        "payment_usdt": _number(row, "funding_usdt"),
        "cash_usdt": _number(row, "cash_usdt"),
        "liquidation_price": _optional(row, "liquidation_price"),
    }
    return _add_flags(fields, row)


def _position(row: Row) -> Fields:
    return {"trade_id": row[_TRADE_ID], "side": codes.SIDE_NAMES[row[_SIDE]], "qty": row[_QTY] + 0.0}


def _opened(row: Row) -> Fields:
    fields = _position(row)
    fields["entry_price"] = row[_PRICE] + 0.0
    fields["margin_usdt"] = row[_MARGIN] + 0.0
    fields["liquidation_price"] = row[_LP] or None
    fields["stop_price"] = _level(row, "stop_price")
    fields["target_price"] = row[_TARGET] or None
    return fields


def _closed(row: Row) -> Fields:
    fields = _position(row)
    fields["exit_price"] = row[_PRICE] + 0.0
    fields["exit_reason"] = codes.EXIT_NAMES[row[_EXIT]]
    fields["net_pnl_usdt"] = row[_NET] + 0.0
    return _add_flags(_add_place(fields, row), row)


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
    return _add_flags(_add_place(fields, row), row)


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
