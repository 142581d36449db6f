"""Lines of events.jsonl and trades.csv from the columns of the kernel's records: the bytes that `text` writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from btcli.artifacts.text import csv_cell, event_line, moments, trade_line
from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.face.fields import (
    EVERYWHERE,
    LAYOUTS,
    MOMENT,
    NUMBER,
    OF_THE_ACCOUNT,
    TEXT,
    TRUE,
    WHOLE,
    Field,
    Layout,
)
from btcli.exchange.face.telling import EndedTrades, Told
from btcli.exchange.face.telling_wishes import SIGNAL, signal_columns

Column = NDArray[Any]
Places = NDArray[np.int64]
Cells = Sequence[bytes | int]
BY_VALUE = (codes.READINESS_CHANGED, codes.WARNED)  # rare, and of more shapes than one
_SLOTS = {WHOLE: b"%d", MOMENT: b'"%b"', TRUE: b"true"}


class _Part(NamedTuple):
    """Events of one kind with the same fields: their places in what is told, and their rows in `columns`."""

    kind: int
    layout: Layout
    places: Places
    columns: Mapping[str, Column] | Column  # a record array is asked like a mapping
    rows: Places

    def column(self, name: str) -> Column:
        """One column of these events."""
        found: Column = self.columns[name][self.rows]
        return found


def told_lines(first_seq: int, told: Told) -> list[bytes]:
    """The line of each event, newline included; `seq` counts from `first_seq`. Raises what `event_line` raises."""
    if not len(told):
        return []
    lines = [b""] * len(told)
    seqs = orjson.dumps(list(range(first_seq, first_seq + len(told))))[1:-1].split(b",")
    stamps: list[bytes] = moments(told.records["ts"]).tolist()
    for part in _parts(told):
        places = part.places.tolist()
        heads = [seqs[place] for place in places], [stamps[place] for place in places]
        for place, line in zip(places, _written(part, told, *heads), strict=True):
            lines[place] = line
    for place, line in enumerate(lines):
        if not line:
            lines[place] = event_line(first_seq + place, told[place])
    return lines


def _parts(told: Told) -> Iterator[_Part]:
    """What can be written from columns."""
    kinds = told.records["kind"]
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        places = np.flatnonzero(kinds == kind)
        if kind == codes.SIGNALLED:
            columns, has_more = signal_columns(told.records[places], told.wishes)
            rows = np.flatnonzero(~has_more)
            yield from _split(_Part(kind, SIGNAL, places[rows], columns, rows))
        elif kind not in BY_VALUE:
            yield from _split(_Part(kind, LAYOUTS[kind], places, told.records, places))


def _split(part: _Part) -> Iterator[_Part]:
    """The part cut by which of its fields the events have."""
    if not len(part.rows):
        return
    conditions = _conditions(part.kind)
    bits = {condition: 1 << bit for bit, condition in enumerate(dict.fromkeys(filter(None, conditions)))}
    shape = np.zeros(len(part.rows), np.int64)
    for condition, bit in bits.items():
        shape[_holds(condition, part)] |= bit
    for found in sorted(set(shape.tolist())):
        shown = zip(part.layout, conditions, strict=True)
        layout = tuple(field for field, condition in shown if condition is None or found & bits[condition])
        these = shape == found
        yield part._replace(layout=layout, places=part.places[these], rows=part.rows[these])


class _Condition(NamedTuple):
    """What must hold of a column (of texts: at a place in it), so that an event has a field."""

    test: Callable[[Column, Any], Column]
    column: str
    value: float | None
    at: int | None


@lru_cache
def _conditions(kind: int) -> tuple[_Condition | None, ...]:
    """Of each field of a kind of event; None for those that it always has."""
    return tuple(map(_condition, SIGNAL if kind == codes.SIGNALLED else LAYOUTS[kind]))


def _condition(field: Field) -> _Condition | None:
    column, value = field.only
    if field.form == TRUE:
        return _Condition(np.bitwise_and, column, value, None)
    if field.only is not EVERYWHERE:
        return _Condition(np.equal, column, value, None)
    at = field.at if field.form == TEXT else None
    return _Condition(np.not_equal, field.column, field.none, at) if field.may_lack else None


def _holds(condition: _Condition, part: _Part) -> NDArray[np.bool_]:
    values = part.column(condition.column)
    found = condition.test(values if condition.at is None else values[:, condition.at], condition.value)
    return np.asarray(found, np.bool_)


def _values(field: Field, part: _Part) -> Column:
    values = part.column(field.column)
    return values[:, field.at] if field.form == TEXT else values


def _written(part: _Part, told: Told, seqs: Cells, stamps: Cells) -> Iterator[bytes]:
    """The lines of a part; empty ones when it holds a number that is not finite."""
    numbers = [field for field in part.layout if field.form == NUMBER]
    texts = number_cells([_values(field, part) for field in numbers], [field.none for field in numbers])
    if texts is None:
        return iter([b""] * len(part.rows))
    found = iter(texts)
    cells: list[Cells] = [seqs, stamps]
    if part.kind not in OF_THE_ACCOUNT:
        cells.append(word_cells(part.column("symbol"), told.symbols.__getitem__))
    for field in part.layout:
        if field.form == NUMBER:
            cells.append(next(found))
        elif field.form != TRUE:
            cells.append(_cells(field, _values(field, part), told))
    template = _template(part.kind, tuple((field.name, _SLOTS.get(field.form, b"%b")) for field in part.layout))
    return map(template.__mod__, zip(*cells, strict=True))


def _cells(field: Field, values: Column, told: Told) -> Cells:
    if field.form == WHOLE:
        whole: list[int] = (values + field.plus).tolist()
        return whole
    if field.form == MOMENT:
        stamps: list[bytes] = moments(values).tolist()
        return stamps
    return word_cells(values, told.texts.__getitem__ if field.form == TEXT else field.words.__getitem__)


@lru_cache(maxsize=512)
def _template(kind: int, fields: tuple[tuple[str, bytes], ...]) -> bytes:
    """A line with a slot for each of its cells."""
    symbol = b"null" if kind in OF_THE_ACCOUNT else b"%b"
    head = b'{"seq":%%b,"ts":"%%b","event":"%b","symbol":%b' % (codes.EVENT_NAMES[kind].encode(), symbol)
    return head + b"".join(b',"%b":%b' % (name.encode(), slot) for name, slot in fields) + b"}\n"


def word_cells(values: Column, word_of: Callable[[int], Any]) -> list[bytes]:
    """The words of codes, quoted as JSON quotes them."""
    known = values.tolist()
    quoted = {code: orjson.dumps(word_of(code)) for code in set(known)}
    return [quoted[code] for code in known]


def number_cells(columns: Sequence[Column], nones: Sequence[float | None]) -> list[list[bytes]] | None:
    """The digits of numbers, by column; "null" where one is its `none`. None when a number is not finite."""
    if not columns:
        return []
    table = np.empty((len(columns[0]), len(columns)))
    for place, column in enumerate(columns):
        table[:, place] = column
    table += 0.0  # turns -0.0 into 0.0
    lacking = np.equal(table, [np.nan if none is None else none for none in nones])
    if not (np.isfinite(table) | lacking).all():
        return None
    table[lacking] = np.nan
    digits = orjson.dumps(table.reshape(-1), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
    return [digits[place :: len(columns)] for place in range(len(columns))]


_AMOUNTS = (("gross_usdt", None), ("fees_usdt", None), ("funding_usdt", None), ("stop_price", NO_LEVEL),
            ("target_price", 0.0), ("liquidation_price", 0.0), ("mae_usdt", None), ("mfe_usdt", None))  # fmt: skip
_TRADE = b",".join([b"%d", *[b"%b"] * 17, b"%d", b"%b\n"])


def trade_lines(trades: EndedTrades) -> list[bytes]:
    """The line of each trade in trades.csv, newline included. Raises what `trade_line` raises."""
    records = trades.records
    if not len(records):
        return []
    prices = [records[name] for name in ("qty", "entry_price", "exit_price")]
    amounts = [records[name] for name, _ in _AMOUNTS]
    nones = [None, None, None, *(none for _, none in _AMOUNTS), None]
    numbers = number_cells([*prices, *amounts, trades.net_pnl_usdt], nones)
    if numbers is None:
        return list(map(trade_line, trades))
    (qty, entry, exit_, gross, fees, funding, *levels, mae, mfe, net) = numbers
    stop, target, liquidation = ([b"" if cell == b"null" else cell for cell in column] for column in levels)
    symbols, sides = bare_cells(records["symbol"], trades.symbols), bare_cells(records["side"], codes.SIDE_NAMES)
    reasons, doubts = bare_cells(records["exit_reason"], codes.EXIT_NAMES), records["is_ambiguous"].tolist()
    cells = (
        records["trade_id"].tolist(), symbols, sides, qty, moments(records["entry_ts"]).tolist(), entry,
        moments(records["exit_ts"]).tolist(), exit_, reasons, gross, fees, funding, net, stop, target, liquidation,
        mae, mfe, records["bars_held"].tolist(), [b"true" if doubt else b"false" for doubt in doubts],
    )  # fmt: skip
    return list(map(_TRADE.__mod__, zip(*cells, strict=True)))


def bare_cells(values: Column, words: Mapping[int, str] | Sequence[str]) -> list[bytes]:
    """The words of codes as CSV; raises ValueError for one that would need quotes."""
    known = values.tolist()
    bare = {code: csv_cell(words[code]) for code in set(known)}
    return [bare[code] for code in known]
