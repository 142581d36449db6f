"""The one way numbers and moments are written: shortest digits, no -0.0, never NaN or infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from btcli.exchange.face.events import EQUITY_COLUMNS, Event, Trade
from btcli.market.series import Floats, Millis
from btcli.timeframe import UNIT_MS, utc_text

EVENT_KEYS = ("seq", "ts", "event", "symbol")
_MOMENT_FIELDS = ("funding_ts", "bar_ts_close")  # fields of events that are moments of their own
_ONE_LINE = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
EQUITY_HEADER = ",".join(("ts", *EQUITY_COLUMNS)).encode() + b"\n"
TRADE_HEADER = ",".join(Trade._fields).encode() + b"\n"
_TRADE_MOMENTS = tuple(Trade._fields.index(name) for name in ("entry_ts", "exit_ts"))
_ROOM = 1.2345678901234567e99  # is written in 22 characters: as wide as a moment with the brackets before it
_MINUTES = np.array([f"T{minute // 60:02}:{minute % 60:02}".encode() for minute in range(1440)])


def plain(value: Any, where: str = "value") -> Any:
    """The same value made of dicts, lists, strings, ints, finite floats, booleans and None.

    -0.0 becomes 0.0. Raises ValueError, naming the place, for a float that is not finite.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value}; an artifact holds finite numbers only")
        return value + 0.0
    if isinstance(value, Mapping):
        return {key: plain(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, f"{where}[{place}]") for place, inner in enumerate(value)]
    return value


def json_bytes(value: Any) -> bytes:
    """A JSON file in the given key order, indented by two, with a newline at its end."""
    return orjson.dumps(plain(value), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def event_line(seq: int, event: Event) -> bytes:
    """One line of events.jsonl, newline included.

    Raises ValueError for a number that is not finite or a field named like one of EVENT_KEYS.
    """
    fields = event.fields
    row = {"seq": seq, "ts": utc_text(event.ts), "event": event.name, "symbol": event.symbol, **fields}
    if len(row) != len(EVENT_KEYS) + len(fields):
        raise ValueError(f"event {event.name} has a field named like one of {', '.join(EVENT_KEYS)}")
    for name in _MOMENT_FIELDS:
        if name in fields:
            row[name] = utc_text(fields[name])
    line = orjson.dumps(row, option=_ONE_LINE)
    if b"-0.0" not in line and (b"null" not in line or _is_plain(line, row.values())):
        return line
    return orjson.dumps(plain(row, event.name), option=orjson.OPT_APPEND_NEWLINE)


def trade_line(trade: Trade) -> bytes:
    """One line of trades.csv, newline included; None is an empty cell.

    Raises ValueError for a number that is not finite or a name that would need quotes.
    """
    cells: list[Any] = list(trade)
    for place in _TRADE_MOMENTS:
        cells[place] = utc_text(cells[place])
    line = orjson.dumps(cells, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    if _is_plain(line, cells) and line.count(b",") == len(cells) - 1 and b"\\" not in line:
        return line.replace(b'"', b"").replace(b"null", b"") + b"\n"
    return b",".join(map(csv_cell, plain(cells, f"trade {trade.trade_id}"))) + b"\n"


def equity_block(ts_close: Millis, rows: Floats) -> bytearray:
    """Lines of equity_curve.csv for rows of shape (n, len(EQUITY_COLUMNS)), newlines included.

    Raises ValueError for a number that is not finite, naming its column and moment.
    """
    if not len(ts_close):
        return bytearray()
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(f"{EQUITY_COLUMNS[column]} at {utc_text(int(ts_close[row]))} is {rows[row, column]}")
    table = np.empty((len(rows), 1 + len(EQUITY_COLUMNS)))
    table[:, 0] = _ROOM
    np.add(rows, 0.0, out=table[:, 1:])
    text = bytearray(orjson.dumps(table, option=orjson.OPT_SERIALIZE_NUMPY))
    _stamp(np.frombuffer(text, np.uint8), moments(ts_close))
    text.pop()
    return text


def _stamp(text: NDArray[np.uint8], stamps: NDArray[np.bytes_]) -> None:
    """Write moments over the room that rows begin with, and newlines for what stands between them and at the end.

    A moment is three numbers of eight bytes: they are written in a fraction of the time that single bytes take.
    """
    begins = np.flatnonzero(text == ord("["))[1:] - 1
    at_each_byte = np.ndarray(len(text) - 7, "<u8", text, 0, (1,))
    for place, part in enumerate(stamps.view("<u8").reshape(-1, 3).T):
        at_each_byte[begins + 8 * place] = part
    text[begins[1:] - 1] = text[-2] = ord("\n")


def _is_plain(line: bytes, values: Iterable[Any]) -> bool:
    """Whether dumping lost nothing: NaN and infinity are dumped as null, and -0.0 as it is."""
    if b"-0.0" in line:
        return False
    return b"null" not in line or line.count(b"null") == sum(value is None for value in values)


def csv_cell(value: Any) -> bytes:
    """One value as CSV: bare strings, empty for None, JSON for the rest."""
    if value is None:
        return b""
    if not isinstance(value, str):
        return orjson.dumps(value)
    if any(sign in value for sign in ',"\r\n'):
        raise ValueError(f"{value!r} would need quotes in a CSV file")
    return value.encode()


def moments(ts_ms: Millis) -> NDArray[np.bytes_]:
    """Moments as ISO 8601, bytes of 24 each, by columns: a call per moment would cost as much as a row of numbers."""
    days, in_day = np.divmod(ts_ms, UNIT_MS["d"])
    minutes, in_minute = np.divmod(in_day, UNIT_MS["m"])
    first_day = int(days.min())
    known_days = range(first_day, int(days.max()) + 1)
    stamps = np.empty(len(ts_ms), dtype=[("day", "S10"), ("minute", "S6"), ("rest", "S8")])
    stamps["day"] = np.array([utc_text(day * UNIT_MS["d"])[:10] for day in known_days], dtype="S10")[days - first_day]
    stamps["minute"] = _MINUTES[minutes]
    stamps["rest"] = b":00.000Z"
    for row in np.flatnonzero(in_minute).tolist():
        second, ms = divmod(int(in_minute[row]), 1000)
        stamps["rest"][row] = f":{second:02}.{ms:03}Z"
    return stamps.view("S24")
