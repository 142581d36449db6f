"""Trades, equity and events of a run as typed frames."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from run_files import EQUITY, EQUITY_HEADER, EVENTS, TRADE_HEADER, TRADES, write_run_files

from btcli.artifacts.columns import EQUITY_SCHEMA, EVENT_SCHEMA, TRADE_SCHEMA
from btcli.artifacts.frames import equity_frame, events_frame, trades_frame
from btcli.errors import AccessError
from btcli.exchange.book.codes import EVENT_NAMES
from btcli.exchange.face import fields
from btcli.exchange.face.events import EQUITY_COLUMNS, Trade
from btcli.exchange.face.telling_wishes import SIGNAL

GOLDEN = Path(__file__).parents[1] / "golden"
FIVE_PAST = datetime(2024, 1, 1, 0, 5, tzinfo=UTC)
TYPES = {
    fields.NUMBER: pl.Float64,
    fields.WHOLE: pl.Int64,
    fields.WORD: pl.String,
    fields.MOMENT: pl.Datetime("ms", "UTC"),
    fields.TEXT: pl.String,
    fields.TRUE: pl.Boolean,
}


def test_trades_are_typed_and_carry_the_tag_of_the_signal_that_opened_them(tmp_path):
    """Numbers are floats, moments UTC, empty cells null, and a later signal's tag does not count."""
    trades = trades_frame(write_run_files(tmp_path))
    assert trades.schema == TRADE_SCHEMA
    short, long = trades.rows(named=True)
    assert (short["trade_id"], short["symbol"], short["entry_ts"], short["tag"]) == (2, "ETHUSDT", FIVE_PAST, None)
    assert (short["stop_price"], short["target_price"], short["ambiguous"]) == (None, 1900.0, False)
    assert (long["tag"], long["funding_usdt"], long["ambiguous"]) == ('up, "then" \nmore é', 1e-7, True)


def test_the_curve_is_typed(tmp_path):
    """A moment and eleven numbers a row."""
    curve = equity_frame(write_run_files(tmp_path))
    assert curve.schema == EQUITY_SCHEMA
    assert curve.row(0)[:2] == (FIVE_PAST, 10000.0)
    assert curve["drawdown_pct"].to_list() == [0.0, 0.005]


def test_events_have_every_column_and_null_where_a_line_lacks_the_field(tmp_path):
    """Nested values stay nested, and a boolean that is not there is null."""
    events = events_frame(write_run_files(tmp_path))
    assert events.schema == EVENT_SCHEMA
    opening, signal = events.rows(named=True)[:2]
    assert opening["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert opening["timeframes"] == {"exec": "5m", "ltf": "5m", "mtf": "5m", "htf": "1h"}
    assert opening["start"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert signal["size"] == dict.fromkeys(("qty", "notional_usdt", "notional_pct", "margin_pct")) | {"risk_pct": 1.0}
    then = dict.fromkeys(("stop_price", "stop_distance", "trail_distance", "trail_activation"))
    assert signal["targets"] == [
        {"price": None, "distance": 50.0, "share": 0.5, **then},
        {"price": 43000.0, "distance": None, "share": 0.5, **then},
    ]
    assert events["maker"].to_list() == [None] * 9 + [True, None]


def test_a_run_without_trades_has_the_same_columns(tmp_path):
    """No row changes no type."""
    run = write_run_files(tmp_path, trades=TRADE_HEADER, equity=EQUITY_HEADER, events="")
    assert trades_frame(run).schema == TRADE_SCHEMA
    assert equity_frame(run).schema == EQUITY_SCHEMA
    assert events_frame(run).schema == EVENT_SCHEMA
    assert trades_frame(run).height == equity_frame(run).height == events_frame(run).height == 0


def test_the_columns_are_those_of_the_files():
    """trades.csv and the curve name them, and the tag stands at the end."""
    assert tuple(TRADE_SCHEMA) == (*Trade._fields, "tag")
    assert tuple(EQUITY_SCHEMA) == ("ts", *EQUITY_COLUMNS)


@pytest.mark.parametrize("kind", EVENT_NAMES)
def test_every_field_of_every_kind_of_event_has_a_column_of_its_type(kind):
    """Whatever the exchange can tell fits the frame."""
    layout = (*fields.LAYOUTS.get(kind, ()), *SIGNAL, *fields.SHARE_WARNED)
    assert {field.name: TYPES[field.form] for field in layout}.items() <= dict(EVENT_SCHEMA).items()


@pytest.mark.parametrize("name", ["liquidations", "orders", "reversing", "ruled", "timeframes"])
def test_recorded_runs_are_read_whole(name):
    """Every line becomes a row, and every trade has the tag that its opening signal has."""
    run = GOLDEN / name
    for read, file, header in (
        (trades_frame, "trades.csv", 1),
        (equity_frame, "equity_curve.csv", 1),
        (events_frame, "events.jsonl", 0),
    ):
        assert read(run).height == len((run / file).read_bytes().splitlines()) - header


def test_tags_of_orders_that_rest_are_those_of_their_signals():
    """An entry that fills long after its signal is still that signal's."""
    events = events_frame(GOLDEN / "orders").rows(named=True)
    tags, orders, opened = {}, {}, {}
    for event in events:
        if event["event"] == "signal":
            tags[event["symbol"]] = event["tag"]
        elif event["event"] == "order_submitted":
            orders[event["order_id"]] = tags[event["symbol"]]
        elif event["event"] == "order_filled":
            opened.setdefault(event["trade_id"], orders.get(event["order_id"]))
    trades = trades_frame(GOLDEN / "orders")
    assert dict(trades.select("trade_id", "tag").iter_rows()) == opened
    assert set(opened.values()) >= {"turn 0", "turn 5"}


@pytest.mark.parametrize("block_bytes", [1, 100, 400, 10_000])
def test_files_are_read_by_blocks_of_any_length(tmp_path, monkeypatch, block_bytes):
    """Where a block ends changes no row, and the line of a damage is counted from the file's beginning."""
    run = write_run_files(tmp_path)
    whole = [read(run) for read in (trades_frame, equity_frame, events_frame)]
    monkeypatch.setattr("btcli.artifacts.frames._BLOCK_BYTES", block_bytes)
    for read, expected in zip((trades_frame, equity_frame, events_frame), whole, strict=True):
        assert read(run).equals(expected)
    _said_of(events_frame, write_run_files(tmp_path, events=EVENTS[:-1]), "events.jsonl", 11)
    _said_of(events_frame, write_run_files(tmp_path, events=EVENTS.replace('"seq":9', '"seq":8')), "events.jsonl", 9)
    _said_of(equity_frame, write_run_files(tmp_path, equity=EQUITY.replace("9999.5", "")), "equity_curve.csv", 3)


BAD_TRADES = {
    "cut in the middle": (TRADES[:-30], 3),
    "cut without its last newline": (TRADES[:-1], 3),
    "a word for a number": (TRADES.replace("42000.0", "many"), 3),
    "not finite": (TRADES.replace("1900.0,target", "inf,target"), 2),
    "no moment": (TRADES.replace("00:10:00.000Z", "00:99:00.000Z"), 2),
    "a cell too few": (TRADES.replace(",false", ""), 2),
    "a cell too many": (TRADES.replace("false", "false,1"), 2),
    "a blank line": (TRADES.replace("\n1,", "\n\n1,"), 3),
    "another header": (TRADES.replace("net_pnl_usdt", "net"), 1),
    "another order of columns": (TRADES.replace("fees_usdt,funding_usdt", "funding_usdt,fees_usdt"), 1),
    "nothing": ("", 1),
    "an empty cell that must hold something": (TRADES.replace(",42000.0,", ",,"), 3),
    "a carriage return": (TRADES.replace("\n", "\r\n"), None),
    "a year before Christ": (TRADES.replace("2024-01-01T00:10", "-001-01-01T00:10"), 2),
    "a day that is none": (TRADES.replace("2024-01-01T00:10", "2024-02-30T00:10"), 2),
    "no truth": (TRADES.replace("false", "no"), 2),
}
BAD_EVENTS = {
    "cut in the middle": (EVENTS[:-30], 11),
    "cut without its last newline": (EVENTS[:-1], 11),
    "a text for a number": (EVENTS.replace('"qty":0.1', '"qty":"many"', 1), 3),
    "a number for a text": (EVENTS.replace('"side":"buy"', '"side":7', 1), 3),
    "no moment": (EVENTS.replace("00:15:00.000Z", "00:15:00Z"), 10),
    "no object": (EVENTS.replace('{"seq":4', '[]\n{"seq":4'), 4),
    "a blank line": (EVENTS.replace('{"seq":4', '\n{"seq":4'), 4),
    "a field missing": (EVENTS.replace('"qty":0.1,', "", 1), 3),
    "none where there must be something": (EVENTS.replace('"qty":0.1', '"qty":null', 1), 3),
    "a line missing": (EVENTS.replace('"seq":4,', '"seq":5,'), 4),
    "not a finite number": (EVENTS.replace('"qty":0.1', '"qty":1e999', 1), 3),
    "a field that nobody knows": (EVENTS.replace('"qty":0.1', '"quantity":1,"qty":0.1', 1), 3),
    "an order of no symbol": (EVENTS.replace('"order_submitted","symbol":"BTCUSDT"', '"order_submitted"', 1), 3),
    "a year before Christ": (EVENTS.replace('"2024-01-01T00:15', '"-001-01-01T00:15'), 10),
    "no text at all": ("\udcff\n", 1),
}


def _said_of(read, run: Path, file: str, line: int | None) -> str:
    with pytest.raises(AccessError) as refusal:
        read(run)
    (problem,) = refusal.value.problems
    place = f"{run / file}:{line}"
    assert problem.where == place if line else problem.where.startswith(str(run / file))
    assert problem.hint
    return problem.message


@pytest.mark.parametrize("damage", BAD_TRADES)
def test_damaged_trades_are_named_with_their_line(tmp_path, damage):
    """Nothing that a run does not write becomes a row."""
    content, line = BAD_TRADES[damage]
    assert content != TRADES
    _said_of(trades_frame, write_run_files(tmp_path, trades=content), "trades.csv", line)


@pytest.mark.parametrize("damage", BAD_EVENTS)
def test_damaged_events_are_named_with_their_line(tmp_path, damage):
    """Nothing that a run does not write becomes a row."""
    content, line = BAD_EVENTS[damage]
    assert content != EVENTS
    run = write_run_files(tmp_path)
    (run / "events.jsonl").write_bytes(content.encode(errors="surrogateescape"))
    _said_of(events_frame, run, "events.jsonl", line)


def test_a_damaged_curve_is_named_with_its_line(tmp_path):
    """The same holds for the curve, and for a file that is not there."""
    run = write_run_files(tmp_path, equity=EQUITY.replace("9999.5", ""))
    _said_of(equity_frame, run, "equity_curve.csv", 3)
    (run / "equity_curve.csv").unlink()
    with pytest.raises(AccessError):
        equity_frame(run)
