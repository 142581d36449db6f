"""A run's trades, equity curve and events as typed frames; the columns are the same for every run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from pathlib import Path

import polars as pl

from btcli.artifacts.columns import EQUITY_SCHEMA, EVENT_SCHEMA, MOMENT, TRADE_SCHEMA
from btcli.artifacts.disk import disk
from btcli.artifacts.reading import HINT, fits_every_event, never_none, read_curve_rows, read_events, read_trades
from btcli.artifacts.recorder import EQUITY, EVENTS, TRADES
from btcli.errors import AccessError
from btcli.exchange.book import codes
from btcli.exchange.face.events import Trade
from btcli.exchange.face.fields import OF_THE_ACCOUNT

_BLOCK_BYTES = 4 << 20
_AS_TEXT = "%Y-%m-%dT%H:%M:%S%.3fZ"
_WIDTH = len("2024-01-31T00:00:00.000Z")
_OF_THE_ACCOUNT = ("run_started", "run_finished", *sorted(codes.EVENT_NAMES[kind] for kind in OF_THE_ACCOUNT))
_CUT = "is not what a run writes: its last line does not end"
_MAY_LACK = frozenset({"stop_price", "target_price", "liquidation_price"})  # empty cells of trades.csv
_OF_TAGS = ("seq", "ts", "event", "symbol", "order_id", "trade_id", "exit_reason", "tag")


class _Odd(Exception):
    """Something is not as a run writes it; the line is 0 where it has still to be found."""

    def __init__(self, said: str = "holds something that this version of btcli does not write", line: int = 0) -> None:
        super().__init__(said)
        self.said, self.line = said, line


def trades_frame(run_dir: Path) -> pl.DataFrame:
    """trades.csv with the columns of TRADE_SCHEMA, in the file's order.

    `tag` is that of the signal that opened the trade, from events.jsonl. Raises AccessError with the place of what no
    run writes.
    """
    path = run_dir / TRADES
    schema = pl.Schema({name: TRADE_SCHEMA[name] for name in Trade._fields})
    try:
        trades = _cells(path, schema, _MAY_LACK)
    except (_Odd, pl.exceptions.PolarsError) as error:
        raise _explained(error, path, read_trades(run_dir)) from None
    return trades.join(_tags(run_dir / EVENTS), on="trade_id", how="left", maintain_order="left").select(*TRADE_SCHEMA)


def equity_frame(run_dir: Path) -> pl.DataFrame:
    """equity_curve.csv with the columns of EQUITY_SCHEMA; raises AccessError with the place of what no run writes."""
    path = run_dir / EQUITY
    try:
        return _cells(path, EQUITY_SCHEMA, ())
    except (_Odd, pl.exceptions.PolarsError) as error:
        raise _explained(error, path, read_curve_rows(run_dir, "", "~")) from None


def events_frame(run_dir: Path) -> pl.DataFrame:
    """events.jsonl with the columns of EVENT_SCHEMA, a row a line; raises AccessError like the others.

    A field that this version does not know is an error too: nothing of the file is left out.
    """
    return _events(run_dir / EVENTS, EVENT_SCHEMA)


def _cells(path: Path, schema: pl.Schema, may_lack: Collection[str]) -> pl.DataFrame:
    """A file of bare cells; raises _Odd or what polars raises where one is not of its type."""
    header = ",".join(schema).encode() + b"\n"
    frames: list[pl.DataFrame] = []
    for _, block in _blocks(path):
        if not frames and not block.startswith(header):
            break
        frames.append(_cell_block(block if frames else block[len(header) :], schema, may_lack))
    if not frames:
        raise _Odd
    return pl.concat(frames)


def _cell_block(block: bytes, schema: pl.Schema, may_lack: Collection[str]) -> pl.DataFrame:
    if not block:
        return pl.DataFrame(schema=schema)
    texts = pl.Schema({name: _written(kind) for name, kind in schema.items()})
    frame = pl.read_csv(BytesIO(block), has_header=False, schema=texts, quote_char=None)
    lacking = {column.name for column in frame if column.null_count()}
    if frame.height != block.count(b"\n") or not lacking <= set(may_lack) or not _is_finite(frame):
        raise _Odd
    return _dated(frame, schema)


def _events(path: Path, schema: pl.Schema) -> pl.DataFrame:
    """Some columns of events.jsonl."""
    try:
        blocks = [_event_block(block, before, schema) for before, block in _blocks(path)]
        events = pl.concat(blocks) if blocks else pl.DataFrame(schema=schema)
        gap = events.with_row_index(offset=1).filter(pl.col("seq") != pl.col("index"))["index"]
        if len(gap):
            raise _Odd("is not what a run writes: seq does not count on", gap[0])
    except (_Odd, pl.exceptions.PolarsError) as error:
        raise _explained(error, path, read_events(path)) from None
    return events


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file by whole lines, so that it never lies in memory beside its frame: the number of lines before, and bytes.

    Raises _Odd where the last line does not end, and for ends of lines that no run writes.
    """
    lines = 0
    with disk(path, "read"), path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            block += file.readline()
            if not block.endswith(b"\n"):
                raise _Odd(_CUT, lines + block.count(b"\n") + 1)
            if b"\r" in block:
                raise _Odd
            yield lines, block
            lines += block.count(b"\n")


def _event_block(block: bytes, before: int, schema: pl.Schema) -> pl.DataFrame:
    """The events of some lines of a file, with as many lines before them."""
    found = pl.scan_ndjson(BytesIO(block), infer_schema_length=None).collect_schema()
    unknown = [name for name in found if name not in EVENT_SCHEMA]
    if unknown:
        line = before + block[: max(0, block.find(b'"%b":' % unknown[0].encode()))].count(b"\n") + 1
        raise _Odd(f"has a field {unknown[0][:40]!r}, which this version of btcli does not know", line)
    frame = pl.read_ndjson(BytesIO(block), schema={name: _written(kind) for name, kind in schema.items()})
    if frame.height != block.count(b"\n") or not _is_finite(frame) or not _has_all(frame):
        raise _Odd
    texts = (column for column in frame if column.dtype == pl.String)
    if not all(fits_every_event(column.name, column.unique().drop_nulls()) for column in texts):
        raise _Odd
    return _dated(frame, schema)


def _has_all(frame: pl.DataFrame) -> bool:
    """Whether each event has what its kind must have."""
    for kind in frame["event"].unique().drop_nulls():
        names = [name for name in never_none(kind) if name in frame.columns]
        if any(frame.filter(pl.col("event") == kind).select(names).null_count().row(0)):
            return False
    has_symbol = pl.col("symbol").is_not_null() | pl.col("event").is_in(_OF_THE_ACCOUNT)
    return bool(
        frame.select(has_symbol.all() & pl.all_horizontal(pl.col("seq", "ts", "event").is_not_null().all())).item()
    )


def _tags(path: Path) -> pl.DataFrame:
    """The tag of the signal that opened each trade: trade_id and tag.

    A trade's first fill is that of the order that opened it, and an order is submitted at the moment of its signal.
    """
    events = _events(path, pl.Schema({name: EVENT_SCHEMA[name] for name in _OF_TAGS}))
    signals = events.filter(pl.col("event") == "signal").select("symbol", "seq", "ts", "tag")
    orders = events.filter(pl.col("event") == "order_submitted").select("symbol", "seq", "ts", "order_id")
    fills = events.filter(pl.col("event") == "order_filled").unique("trade_id", keep="first", maintain_order=True)
    asked = orders.join_asof(signals, on="seq", by="symbol", check_sortedness=False)
    asked = asked.filter(pl.col("ts") == pl.col("ts_right")).select("order_id", "tag")
    return fills.select("trade_id", "order_id").join(asked, on="order_id").select("trade_id", "tag")


def _written(kind: pl.DataType) -> pl.DataType:
    """How a value of this type is read: moments are text first."""
    return pl.String() if kind == MOMENT else kind


def _dated(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The frame with its moments; raises what polars raises for a text that is none."""
    moments = pl.col(name for name, kind in schema.items() if kind == MOMENT)
    dated = frame.with_columns(moments.str.to_datetime(_AS_TEXT, time_unit="ms", time_zone="UTC"))
    if not (_hold(frame, moments.str.len_bytes() == _WIDTH) and _hold(dated, moments.dt.year() > 1)):
        raise _Odd
    return dated


def _hold(frame: pl.DataFrame, conditions: pl.Expr) -> bool:
    """Whether conditions on columns hold in every row; where a column is null nothing is asked."""
    return all(column.all() for column in frame.select(conditions))


def _is_finite(frame: pl.DataFrame) -> bool:
    numbers = (column for column in frame if column.dtype == pl.Float64)
    return all(column.is_finite().all() for column in numbers)


def _explained(error: Exception, path: Path, rows: Iterable[object]) -> AccessError:
    """What is wrong with a file; the first of its rows that cannot be read by itself raises."""
    for _ in rows:
        pass
    odd = error if isinstance(error, _Odd) else _Odd()
    return AccessError(odd.said, where=f"{path}:{odd.line}" if odd.line else str(path), hint=HINT)
