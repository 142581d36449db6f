"""Turns the kernel's records into events and trades with names, each with its fields in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Records
from btcli.exchange.book.told import EVENT, TRADE
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.fields import EVERYWHERE, MOMENT, NUMBER, OF_THE_ACCOUNT, TEXT, TRUE, WHOLE, Field, layout_of
from btcli.exchange.face.telling_wishes import readiness_fields, signal_fields

Row = tuple[Any, ...]
_AT = {name: index for index, name in enumerate(EVENT.names or ())}
_KIND, _TS, _SYMBOL, _CODE = (_AT[name] for name in ("kind", "ts", "symbol", "code"))


class Told(Sequence[Event]):
    """Events of a slice of the kernel's buffer, in its order: one by one as values, or as the columns of `records`.

    `wishes` is the buffer that signals point into. It is a view: once the buffer is written again it says other
    things, so whoever keeps it makes a list of it.
    """

    def __init__(self, records: Records, wishes: Records, texts: Texts, symbols: Sequence[str]) -> None:
        self.records, self.wishes, self.texts, self.symbols = records, wishes, texts, symbols

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Event]:
        return map(self._event, self.records.tolist())

    @overload
    def __getitem__(self, place: int) -> Event: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...

    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        if isinstance(place, slice):
            return Told(self.records[place], self.wishes, self.texts, self.symbols)
        return self._event(self.records[place].item())

    def where(self, *kinds: int) -> NDArray[np.int64]:
        """The places of the events of some kinds (see `book.codes`), ascending."""
        found = self.records["kind"]
        return np.flatnonzero(np.logical_or.reduce([found == kind for kind in kinds]))

    def at(self, places: Iterable[int]) -> Iterator[Event]:
        """Those at some places."""
        return map(self.__getitem__, places)

    def _event(self, row: Row) -> Event:
        kind = row[_KIND]
        symbol = None if kind in OF_THE_ACCOUNT else self.symbols[row[_SYMBOL]]
        return Event(row[_TS], codes.EVENT_NAMES[kind], symbol, self._fields(kind, row))

    def _fields(self, kind: int, row: Row) -> dict[str, Any]:
        if kind == codes.SIGNALLED:
            return signal_fields(row, self.wishes, self.texts)
        if kind == codes.READINESS_CHANGED:
            return readiness_fields(row, self.texts)
        layout = layout_of(kind, row[_CODE])
        return {field.name: self._value(field, row) for field in layout if _has(field, row)}

    def _value(self, field: Field, row: Row) -> Any:
        value, form = row[_AT[field.column]], field.form
        if form == NUMBER:
            return None if value == field.none else value + 0.0  # turns -0.0 into 0.0
        if form == TEXT:
            return self.texts[value[field.at]]
        if form in (WHOLE, MOMENT):
            return value + field.plus
        return form == TRUE or field.words[value]


def _has(field: Field, row: Row) -> bool:
    column, wanted = field.only
    if field.form == TRUE:
        return bool(row[_AT[column]] & wanted)
    if field.only is not EVERYWHERE and row[_AT[column]] != wanted:
        return False
    return not field.may_lack or row[_AT[field.column]] != field.none


class EndedTrades(Sequence[Trade]):
    """Trades in the order in which they ended: one by one as values, or as the columns of `records`."""

    def __init__(self, records: Records, symbols: Sequence[str]) -> None:
        self.records, self.symbols = records, symbols

    @property
    def net_pnl_usdt(self) -> NDArray[np.float64]:
        """What each came to, fees and funding included."""
        records = self.records
        net: NDArray[np.float64] = records["gross_usdt"] - records["fees_usdt"] - records["funding_usdt"] + 0.0
        return net

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Trade]:
        return (_trade(dict(zip(TRADE.names or (), row, strict=True)), self.symbols) for row in self.records.tolist())

    @overload
    def __getitem__(self, place: int) -> Trade: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Trade]: ...

    def __getitem__(self, place: int | slice) -> Trade | Sequence[Trade]:
        if isinstance(place, slice):
            return EndedTrades(self.records[place], self.symbols)
        return _trade(dict(zip(TRADE.names or (), self.records[place].item(), strict=True)), self.symbols)


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
