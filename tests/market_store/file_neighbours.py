"""More small files: evidence in other places than those of the table, each with its rows or its refusal."""

# ruff: noqa: E501, B905
from __future__ import annotations

import io
import unicodedata
from datetime import UTC, datetime

import polars as pl
from file_shapes import (
    BTC,
    CANDLES,
    HOUR,
    MARKS,
    NEW_YEAR,
    PLAIN,
    RATES,
    TIMES,
    Shape,
    arrays,
    frame,
    js,
    moment,
    objects,
    parquet,
    text,
    zipped,
)


def stream(table: pl.DataFrame) -> bytes:
    """A frame as a stream of Arrow."""
    buffer = io.BytesIO()
    table.write_ipc_stream(buffer)
    return buffer.getvalue()


def with_more(first: str, more: bytes = b"") -> bytes:
    """The four candles behind a column of a constant, or of one in each row."""
    name, _, value = first.partition("=")
    return text(f"{name},{PLAIN}", row=value + ",{t},{o},{h},{l},{c},{v}") + more


FIFTH = "1704081600000,42250,42300,42200,42260,3"
HOURLY = "".join(["time,fundingRate\n", *(f"{NEW_YEAR + n * HOUR},0.00125\n" for n in range(24))]).encode()
BY_DAY = "".join(f"{n * HOUR},{','.join(map(str, row[1:]))}\n" for n, row in enumerate(CANDLES)).encode()

CONTRACTS = [
    Shape("a month by its letter", "BTCUSDH25-1h.csv", text(PLAIN), refused="a contract with a date, BTCUSDH25.*--as-named BTCUSDH25", **BTC),
    Shape("a month by its letter, insisted on", "BTCUSDH25-1h.csv", text(PLAIN), CANDLES, said={"as_named": ("BTCUSDH25",)}, **BTC),
    Shape("a month by its letter in a column", "a.csv", with_more("symbol=BTCUSDTZ24"), refused="the file holds BTCUSDTZ24, and no BTCUSDT", **BTC),
    Shape("thirty minutes behind a symbol are no month", "BTCUSDTM30.csv", text(PLAIN), CANDLES, **BTC),
    Shape("a coin and a day", "BTC-29NOV24-1h.csv", text(PLAIN), refused="a contract with a date, BTC-29NOV24", **BTC),
    Shape("a column of contract types", "BTCUSDT.csv", with_more("contractType=CURRENT_QUARTER"), refused="its column contractType says a contract with a date.*--as-named CURRENT_QUARTER"),
    Shape("a column of contract types that says perpetual", "BTCUSDT.csv", with_more("contractType=PERPETUAL"), CANDLES, meaning=("instrument: perpetual (its column contractType)",)),
    Shape("an answer that says its contract type", "k.json", js({"pair": "BTCUSDT", "contractType": "NEXT_QUARTER", "data": arrays("t", "o", "h", "l", "c", "v")}), refused="contractType NEXT_QUARTER says a contract with a date", **BTC),
    Shape("a column of expiries", "BTCUSDT.csv", with_more("expiry=2024-06-28"), refused="its column expiry says a contract with a date.*--as-named expiry"),
    Shape("expiries of perpetuals", "BTCUSDT.csv", with_more("expiry="), CANDLES),
    Shape("a last day in the year 2100", "BTCUSDT.csv", with_more("deliveryDate=4133404802000"), CANDLES),
    Shape("expiries as moments", "BTCUSDT.parquet", parquet(frame(expiry=[datetime(2024, 6, 28, 8, tzinfo=UTC)] * 4)), refused="its column expiry says a contract with a date"),
    Shape("expiries that are no numbers", "BTCUSDT.parquet", parquet(frame(expiry=[float("nan"), None] * 2)), CANDLES),
    Shape("the tool that adds the venue", "a.csv", with_more("instrument_id=BTCUSDT-PERP.BINANCE"), CANDLES, meaning=("instrument: perpetual (the symbol's name)",)),
]  # fmt: skip

NAMES = [
    Shape("a coin alone", "ETH-1h.csv", text(PLAIN), refused="its name says ETH, and asked for is BTCUSDT.*--as-named ETH", **BTC),
    Shape("its own coin alone", "XBT-1h.csv", text(PLAIN), CANDLES, **BTC),
    Shape("two coins, one of them its own", "btc and eth.csv", text(PLAIN), CANDLES, **BTC),
    Shape("a pair in another coin", "BTC-ETH-1h.csv", text(PLAIN), refused="its name says BTC-ETH", **BTC),
    Shape("a pair in another currency", "BTCEUR-1h.csv", text(PLAIN), refused="its name says BTCEUR", **BTC),
    Shape("an archive named otherwise than its file", "ETHUSDT-1h.zip", zipped(**{"BTCUSDT-1h.csv": text(PLAIN)}), refused="its name says ETHUSDT", **BTC),
    Shape("letters taken apart and wide", unicodedata.normalize("NFD", "ＢＴＣＵＳＤＴ-ガ.csv"), text(PLAIN), CANDLES),
    Shape("index candles", "BTC-USDT-index-candles-1h.csv", text(PLAIN), refused="index in its name says prices of an index"),
    Shape("a premium", "BTCUSDT_premium_1h.csv", text(PLAIN), refused="--as-named premium"),
    Shape("bids and asks", "20240101_btcusdt_minute_quote.csv", BY_DAY, refused="quote in its name says bid or ask prices"),
    Shape("trades asked for as marks", "BTCUSDT-trades-1h.csv", text(PLAIN), refused="--series trade", series="mark"),
    Shape("marks with volume", "BTCUSDT.csv", text(PLAIN), CANDLES, series="mark", notes="are they trades"),
    Shape("two days in a name", "btcusdt_20240101_20240102.csv", BY_DAY, refused="no date is in the file's name"),
    Shape("a preface that names another symbol", "a.csv", b"Symbol,ETHUSDT\nInterval,1h\n\n" + text(PLAIN), refused="the file holds ETHUSDT, and no BTCUSDT.*--as-named ETHUSDT", **BTC),
    Shape("a preface that names the symbol", "a.csv", b"# exchange: x, symbol: BTC/USDT:USDT, interval: 1h\n" + text(PLAIN), CANDLES, meaning=("instrument: perpetual (the symbol's name)",)),
    Shape("a preface that names another length", "a.csv", b"Interval: 4h\n" + text(PLAIN), refused="interval 4h says 4h", **BTC),
]  # fmt: skip

ROWS = [
    Shape("kinds in Parquet", "BTCUSDT.parquet", parquet(frame(asset=pl.Series(["BTC", "ETH"] * 2).cast(pl.Enum(["BTC", "ETH"])))), refused="its column asset says BTC, ETH"),
    Shape("coins that begin with digits", "BTCUSDT.csv", with_more("base=1INCH").replace(b"1INCH,1704074400000", b"1000PEPE,1704074400000"), refused="its column base says 1INCH, 1000PEPE"),
    Shape("volumes in words are no markets", "BTCUSDT.csv", text(PLAIN + ",turnover 24h", row="{t},{o},{h},{l},{c},{v},{v}K"), CANDLES),
    Shape("numbers of symbols", "BTCUSDT.csv", with_more("symbol_id=1").replace(b"1,1704074400000", b"2,1704074400000"), refused="its column symbol_id says 1, 2"),
    Shape("a kind beside nothing", "a.csv", with_more("type=perp", b"," + FIFTH.encode() + b"\n"), refused="its column type says perp, nothing", **BTC),
    Shape("symbols in an object", "a.json", js([{"info": {"symbol": symbol}, "timestamp": t, "fundingRate": r} for (t, r), symbol in zip(RATES, ("BTCUSDT", "ETHUSDT", "BTCUSDT"))]), [RATES[0], RATES[2]], series="funding", **BTC),
    Shape("two lengths in one column", "BTCUSDT.csv", with_more("interval=60", b"240," + FIFTH.encode() + b"\n"), refused="its column interval says 60, 240"),
    Shape("unfinished as a frame writes it", "BTCUSDT.csv", text(PLAIN + ",confirm", row="{t},{o},{h},{l},{c},{v},1.0") + f"{FIFTH},0.0\n".encode(), CANDLES, notes="1 candles that the file calls unfinished"),
    Shape("unfinished in words", "BTCUSDT.csv", text(PLAIN + ",is_closed", row="{t},{o},{h},{l},{c},{v},Yes") + f"{FIFTH},No\n".encode(), CANDLES, notes="unfinished"),
    Shape("a clock in a column", "BTCUSDT.csv", text("timezone," + PLAIN, row="Asia/Shanghai,{t},{o},{h},{l},{c},{v}", form="%Y-%m-%d %H:%M", shift=8 * HOUR), refused=r"its column timezone says Asia/Shanghai.*--utc-offset \+8"),
    Shape("a clock in a column, said", "BTCUSDT.csv", text("timezone," + PLAIN, row="Asia/Shanghai,{t},{o},{h},{l},{c},{v}", form="%Y-%m-%d %H:%M", shift=8 * HOUR), CANDLES, said={"utc_offset": "+8"}),
    Shape("an offset in a column", "BTCUSDT.csv", text("tz," + PLAIN, row="+08:00,{t},{o},{h},{l},{c},{v}", form="%Y-%m-%d %H:%M", shift=8 * HOUR), CANDLES, meaning=("clock: UTC+8 (its column tz)",)),
    Shape("days first in a column of their own", "BTCUSDT.csv", "".join(["Date,Time,Open,High,Low,Close,Volume\n", *(f"{moment(t, '%d/%m/%Y')},{moment(t, '%H:%M:%S')},1,2,0.5,1.5,3\n" for t in TIMES)]).encode(), refused=r"csv:2 .*--time-format '%d/%m/%Y %H:%M:%S'"),
    Shape("row numbers, and times under another name", "BTCUSDT.csv", text(",when,open,high,low,close,volume", row="7,{t},{o},{h},{l},{c},{v}"), refused="csv:2 .*--map ts_open=COLUMN"),
    Shape("the index of a frame stands last in Parquet", "BTCUSDT.parquet", parquet(frame().rename({"date": "__index_level_0__"}).select("open", "high", "low", "close", "volume", "__index_level_0__")), CANDLES),
    Shape("an order whose columns have spaces", "BTCUSDT.csv", text("Open Time,Open Price,High Price,Low Price,Close Price,Volume", row="{t},{o},{l},{h},{c},{v}"), refused="--map 'open=Open Price' --map 'high=Low Price' --map 'low=High Price' --map 'close=Close Price'"),
]  # fmt: skip

UNITS = [
    Shape("gate: contracts beside a sum of quote", "BTCUSDT.json", js([{**row, "v": row["v"] * 10_000} for row in objects(t="s", v="v", c="c", h="h", l="l", o="o", sum="q")]), refused=r"--volume-in contracts:0\.0001"),
    Shape("gate, contracts said", "BTCUSDT.json", js([{**row, "v": row["v"] * 10_000} for row in objects(t="s", v="v", c="c", h="h", l="l", o="o", sum="q")]), CANDLES, said={"volume_in": "contracts:0.0001"}),
    Shape("the volume of another coin", "BTCUSDT.csv", text("time,open,high,low,close,Volume ETH"), refused="its column Volume ETH counts ETH, and asked for are BTC"),
    Shape("coins of a contract over a thousand", "a.csv", text("time,open,high,low,close,Volume PEPE"), refused=r"counts PEPE.*--volume-in contracts:0\.001", symbol="1000PEPEUSDT"),
    Shape("percent every hour", "BTCUSDT.csv", HOURLY, [(NEW_YEAR + n * HOUR, 0.00125) for n in range(24)], series="funding", notes="0.125 % and more, 0.00125 % is usual every 1 h: --rate-in percent?"),
    Shape("marks whose volume is a word for nothing", "BTCUSDT.csv", text(PLAIN, row="{t},{o},{h},{l},{c},NaN").replace(b"42150.0,NaN", b"42150.0,null"), MARKS, series="mark"),
    Shape("unread: a stream of Arrow", "BTCUSDT-1h.arrow", stream(frame()), refused="arrow the file is a stream of Arrow, which is not read"),
    Shape("unread: an encrypted Parquet file", "BTCUSDT-1h.parquet", b"PARE" + b"\x15" * 40 + b"PARE", refused="the file is an encrypted Parquet file"),
]  # fmt: skip
MORE = [*CONTRACTS, *NAMES, *ROWS, *UNITS]
