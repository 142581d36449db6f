"""Small files in the shapes of venues, archives, downloaders, frames and charts: what each holds, or why it is refused.

Every one tells the same four hours of candles, or the same settlements, unless it is wrong on purpose.
"""

# ruff: noqa: E501, B905
from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

NEW_YEAR = 1_704_067_200_000  # 2024-01-01T00:00:00Z
HOUR = 3_600_000
OHLC = (
    (42000.0, 42100.0, 41900.0, 42050.0),
    (42050.0, 42200.0, 42000.0, 42150.0),
    (42150.0, 42250.0, 42100.0, 42200.0),
    (42200.0, 42300.0, 42100.0, 42250.0),
)
VOLUMES = (1.5, 2.5, 3.0, 2.0)
QUOTES = (63000.0, 105200.0, 126500.0, 84400.0)  # each by its volume is a price inside its candle
TIMES = tuple(NEW_YEAR + n * HOUR for n in range(4))
CANDLES = [(ts, *prices, volume) for ts, prices, volume in zip(TIMES, OHLC, VOLUMES, strict=True)]
MARKS = [(ts, *prices, 0.0) for ts, prices in zip(TIMES, OHLC, strict=True)]
RATES = [(NEW_YEAR, 0.0001), (NEW_YEAR + 8 * HOUR, -0.0002), (NEW_YEAR + 16 * HOUR, 0.0003)]


@dataclass(frozen=True)
class Shape:
    """A file, what is said of it, and either its rows or words of the refusal."""

    id: str
    name: str
    content: bytes
    rows: list[tuple[Any, ...]] | None = None
    refused: str = ""
    series: str = "trade"
    symbol: str | None = None
    timeframe: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    meaning: tuple[str, ...] = ()  # sentences of the account that must be there
    notes: str = ""


def moment(ts: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time in words."""
    return datetime.fromtimestamp(ts / 1000, UTC).strftime(form)


def text(
    header: str, *, row: str = "{t},{o},{h},{l},{c},{v}", shift: int = 0, form: str = "", end: str = "\n"
) -> bytes:
    """The four candles, a line each by a pattern; `shift` moves the times, `form` writes them in words."""
    lines = [header] if header else []
    for (ts, o, h, low, c, v), q in zip(CANDLES, QUOTES, strict=True):
        at = ts + shift
        said = moment(at, form) if form else at
        close = ts + HOUR
        lines.append(row.format(t=said, o=o, h=h, l=low, c=c, v=v, q=q, s=at // 1000, e=close - 1, E=moment(close)))
    return (end.join(lines) + end).encode()


def js(value: object) -> bytes:
    """JSON as bytes."""
    return json.dumps(value).encode()


def rates(header: str, row: str = "{t},{r}", *, form: str = "", factor: float = 1.0, jitter: int = 0) -> bytes:
    """The three settlements, a line each."""
    lines = [header]
    for ts, rate in RATES:
        at = ts + jitter
        lines.append(row.format(t=moment(at, form) if form else at, r=f"{rate * factor:.10g}"))
    return ("\n".join(lines) + "\n").encode()


def frame(**columns: Any) -> pl.DataFrame:
    """The four candles as a frame."""
    values = dict(zip(("open", "high", "low", "close"), zip(*OHLC, strict=True), strict=True))
    return pl.DataFrame(
        {"date": [datetime.fromtimestamp(ts / 1000, UTC) for ts in TIMES], **values, "volume": VOLUMES, **columns}
    )


def parquet(table: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def feather(table: pl.DataFrame) -> bytes:
    """A frame as Feather."""
    buffer = io.BytesIO()
    table.write_ipc(buffer)
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    """A zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def arrays(*order: str) -> list[list[Any]]:
    """The four candles as lists, in an order of t o h l c v q."""
    made = []
    for (ts, o, h, low, c, v), q in zip(CANDLES, QUOTES, strict=True):
        values = {
            "t": ts,
            "s": ts // 1000,
            "o": o,
            "h": h,
            "l": low,
            "c": c,
            "v": v,
            "q": q,
            "w": (h + low) / 2,
            "n": 7,
        }
        made.append([values.get(each, each) for each in order])
    return made


def objects(**names: str) -> list[dict[str, Any]]:
    """The four candles as objects: the venue's key = which of t o h l c v q, or a constant."""
    return [dict(zip(names, row, strict=True)) for row in arrays(*names.values())]


PLAIN = "timestamp,open,high,low,close,volume"
BINANCE = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
BINANCE_ROW = "{t},{o},{h},{l},{c},{v},{e},{q},9,1,42000,0"
BTC = {"symbol": "BTCUSDT"}

VENUES = [
    Shape("binance archive", "BTCUSDT-1h-2024-01.csv", text(BINANCE, row=BINANCE_ROW), CANDLES,
          meaning=("stamp: open (its column open_time)", "clock: UTC (numbers since 1970)",
                   "volume: coins (quote volume by volume lies between low and high)")),
    Shape("binance archive without header, zipped", "BTCUSDT-1h-2024-01.zip",
          zipped(**{"BTCUSDT-1h-2024-01.csv": text("", row=BINANCE_ROW)}), CANDLES),
    Shape("binance dated future", "BTCUSDT_240628-1h-2024-01.csv", text(BINANCE, row=BINANCE_ROW),
          refused=r"a contract with a date, BTCUSDT_240628.*--as-named BTCUSDT_240628"),
    Shape("binance dated future and --symbol", "BTCUSDT_240628-1h-2024-01.csv", text(BINANCE, row=BINANCE_ROW),
          refused="--as-named BTCUSDT_240628", **BTC),
    Shape("binance dated future, insisted on", "BTCUSDT_240628-1h-2024-01.csv", text(BINANCE, row=BINANCE_ROW), CANDLES,
          said={"as_named": ("BTCUSDT_240628",)}, notes="was taken as BTCUSDT", **BTC),
    Shape("binance coin-margined", "BTCUSD_PERP-1h-2024-01.csv", text(BINANCE, row=BINANCE_ROW),
          refused="a contract settled in its coin"),
    Shape("binance premium index", "BTCUSDT-premiumIndexKlines-1h.csv", text(BINANCE, row=BINANCE_ROW), refused="prices of an index"),
    Shape("binance mark klines asked as trade", "BTCUSDT-markPriceKlines-1h.csv", text(BINANCE, row=BINANCE_ROW), refused="--series mark"),
    Shape("binance answer", "BTCUSDT.json", js(arrays("t", "o", "h", "l", "c", "v")), CANDLES),
    Shape("binance stream objects", "k.json", js(objects(t="t", T="t", s="BTCUSDT", i="1h", f="n", L="n", o="o", c="c", h="h", l="l", v="v", n="n", x=True, q="q", V="q")) , CANDLES),
    Shape("binance funding answer", "f.json", js([{"symbol": "BTCUSDT", "fundingTime": t + 5, "fundingRate": f"{r:.8f}"} for t, r in RATES]),
          [(t + 5, r) for t, r in RATES], series="funding"),
    Shape("binance funding archive", "BTCUSDT-fundingRate-2024-01.csv", rates("calc_time,funding_interval_hours,last_funding_rate", "{t},8,{r}"), RATES, series="funding"),
    Shape("binance metrics", "BTCUSDT-metrics-2024-01-01.csv", b"create_time,symbol,sum_open_interest,sum_open_interest_value\n2024-01-01 00:05:00,BTCUSDT,1,2\n",
          refused="no column for"),
    Shape("bybit answer", "k.json", js({"retCode": 0, "result": {"category": "linear", "symbol": "BTCUSDT", "list": [[str(x) for x in row] for row in reversed(arrays("t", "o", "h", "l", "c", "v", "q"))]}}), CANDLES,
          meaning=("instrument: perpetual (category linear)",), notes="out of order"),
    Shape("bybit inverse answer", "k.json", js({"result": {"category": "inverse", "symbol": "BTCUSD", "list": arrays("t", "o", "h", "l", "c", "v", "q")}}), refused="holds BTCUSD|settled in its coin", **BTC),
    Shape("bybit spot answer", "k.json", js({"result": {"category": "spot", "symbol": "BTCUSDT", "list": arrays("t", "o", "h", "l", "c", "v", "q")}}), CANDLES, meaning=("instrument: spot (category spot)",), notes="a perpetual has other prices"),
    Shape("bybit archive for MetaTrader", "BTCUSDT_60_2024-01-01_2024-01-31.csv.gz", gzip.compress(text("", shift=3 * HOUR, form="%Y.%m.%d %H:%M")), CANDLES,
          meaning=("clock: UTC+3 (Bybit's archive for MetaTrader runs on it)",)),
    Shape("numbers of UTC in a file named as that archive", "BTCUSDT_60_2024-01-01_2024-01-31.csv", text(""), CANDLES, meaning=("clock: UTC (numbers since 1970)",)),
    Shape("bybit archive, clock contradicted", "BTCUSDT_60_2024-01-01_2024-01-31.csv", text("", form="%Y.%m.%d %H:%M"), refused="contradicts the file", said={"utc_offset": "0"}),
    Shape("bybit funding history", "BTCUSDT.csv", rates("Time(UTC),Symbol,Funding Rate", "{t},BTCUSDT,{r}%", form="%Y-%m-%d %H:%M", factor=100), RATES, series="funding",
          meaning=("rate: percent (its rates are written with %)", "clock: UTC (its column Time(UTC))")),
    Shape("okx archive", "okx.csv", text("instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm", row="BTC-USDT-SWAP,{o},{h},{l},{c},150,{v},{q},{t},1") + b"BTC-USDT-SWAP,1,1,1,1,1,1,1,1704081600000,0\n",
          CANDLES, notes="1 candles that the file calls unfinished", meaning=("volume: coins (its column vol_ccy)",), **BTC),
    Shape("okx answer", "k.json", js({"code": "0", "msg": "", "data": [[str(v) for v in row] for row in arrays("t", "o", "h", "l", "c", "150", "v", "q", "1")]}), CANDLES, **BTC),
    Shape("okx contracts as volume", "x.csv", text("ts,open,high,low,close,vol,volCcyQuote", row="{t},{o},{h},{l},{c},150,{q}"), refused="does not fit the prices", **BTC),
    Shape("okx funding of all swaps", "allswap.csv", b"instrument_name,funding_rate,funding_time\nBTC-USDT-SWAP,0.0001,1704067200000\nETH-USDT-SWAP,-0.0007,1704067201000\nBTC-USDT-SWAP,0.0001,1704096000000\nETH-USDT-SWAP,-0.0007,1704096001000\n",
          [(NEW_YEAR, 0.0001), (NEW_YEAR + 8 * HOUR, 0.0001)], series="funding", **BTC),
    Shape("okx realized funding", "BTC-USDT-SWAP.csv", rates("fundingTime,instId,fundingRate,realizedRate", "{t},BTC-USDT-SWAP,0.0009,{r}"), RATES, series="funding"),
    Shape("kraken funding", "BTCUSDT-kraken.csv", rates("timestamp,fundingRate,relativeFundingRate", "{t},0.55,{r}", form="%Y-%m-%dT%H:%M:%SZ"), RATES, series="funding"),
    Shape("kraken answer: mean price before volume", "k.json", js({"error": [], "result": {"XXBTZUSD": arrays("s", "o", "h", "l", "c", "w", "v", "n"), "last": 1}}), refused="holds prices", **BTC),
    Shape("hyperliquid answer", "hl.json", js([{**row, "T": row["t"] + HOUR - 1} for row in objects(t="t", s="BTC", i="1h", o="o", c="c", h="h", l="l", v="v", n="n")]), CANDLES, **BTC),
    Shape("hyperliquid, no symbol said", "hl.json", js(objects(t="t", s="BTC", o="o", c="c", h="h", l="l", v="v")), refused="say which with --symbol"),
    Shape("hyperliquid funding", "f.json", js([{"coin": "BTC", "fundingRate": str(r), "premium": "0", "time": t + 62} for t, r in RATES]), [(t + 62, r) for t, r in RATES], series="funding", **BTC),
    Shape("bitmex buckets stamp closes", "b.csv", text("timestamp,symbol,open,high,low,close,trades,volume,vwap,homeNotional,foreignNotional", row="{E},BTCUSDT,{o},{h},{l},{c},9,150,{o},{v},{q}"), CANDLES,
          meaning=("stamp: close (its columns homeNotional and foreignNotional: BitMEX stamps closes)",)),
    Shape("bitmex buckets, stamp contradicted", "b.csv", text("timestamp,symbol,open,high,low,close,volume,homeNotional,foreignNotional", row="{E},BTCUSDT,{o},{h},{l},{c},150,{v},{q}"), refused="--stamp open contradicts the file", said={"stamp": "open"}),
    Shape("coinbase order", "k.json", js(arrays("s", "l", "h", "o", "c", "v")), refused="another order", **BTC),
    Shape("kucoin order", "k.json", js({"code": "200000", "data": arrays("s", "o", "c", "h", "l", "v", "q")}), refused="no candle can be .*--map high=low", **BTC),
    Shape("kucoin order, mapped", "k.json", js({"data": arrays("s", "o", "c", "h", "l", "v", "q")}), CANDLES, names={"high": "low", "low": "close", "close": "high"}, **BTC),
    Shape("mexc columns with contracts", "k.json", js({"success": True, "data": {"time": [t // 1000 for t in TIMES], **{k: list(v) for k, v in zip(("open", "high", "low", "close"), zip(*OHLC))}, "vol": [v * 10_000 for v in VOLUMES], "turnover": list(QUOTES)}}),
          refused=r"--volume-in contracts:0\.0001", **BTC),
    Shape("mexc columns, contracts said", "k.json", js({"success": True, "data": {"time": [t // 1000 for t in TIMES], **{k: list(v) for k, v in zip(("open", "high", "low", "close"), zip(*OHLC))}, "vol": [v * 10_000 for v in VOLUMES], "turnover": list(QUOTES)}}),
          CANDLES, said={"volume_in": "contracts:0.0001"}, **BTC),
    Shape("dydx answer", "k.json", js({"candles": objects(startedAt="t", ticker="BTC-USD", resolution="1HOUR", open="o", high="h", low="l", close="c", baseTokenVolume="v", usdVolume="q", trades="n")}),
          refused="holds BTC-USD, and no BTCUSDT.*--as-named BTC-USD", **BTC),
    Shape("dydx answer, insisted on", "k.json", js({"candles": objects(startedAt="t", ticker="BTC-USD", resolution="1HOUR", open="o", high="h", low="l", close="c", baseTokenVolume="v", usdVolume="q", trades="n")}),
          CANDLES, said={"as_named": ("BTC-USD",)}, **BTC),
    Shape("deribit columns", "d.json", js({"jsonrpc": "2.0", "result": {"ticks": list(TIMES), **{k: list(v) for k, v in zip(("open", "high", "low", "close"), zip(*OHLC))}, "volume": list(VOLUMES), "cost": list(QUOTES), "status": "ok"}}), CANDLES, **BTC),
    Shape("coinapi", "c.csv", text("time_period_start,time_period_end,time_open,time_close,price_open,price_high,price_low,price_close,volume_traded,trades_count", row="{t},{e},{t},{e},{o},{h},{l},{c},{v},9"), CANDLES, **BTC),
    Shape("error answer", "k.json", js({"retCode": 10001, "retMsg": "params error", "result": {}}), refused="no rows", **BTC),
]  # fmt: skip

TOOLS = [
    Shape("ccxt lists", "BTCUSDT-1h.json", js(arrays("t", "o", "h", "l", "c", "v")), CANDLES),
    Shape("ccxt lists, gzipped", "BTC_USDT_USDT-1h-futures.json.gz", gzip.compress(js(arrays("t", "o", "h", "l", "c", "v"))), CANDLES),
    Shape("ccxt funding", "ccxt.json", js([{"info": {"a": 1}, "symbol": "BTC/USDT:USDT", "fundingRate": r, "timestamp": t + 3, "datetime": moment(t)} for t, r in RATES]), [(t + 3, r) for t, r in RATES], series="funding"),
    Shape("ccxt dated future", "ccxt.csv", text("symbol,timestamp,open,high,low,close,volume", row="BTC/USDT:USDT-240628,{t},{o},{h},{l},{c},{v}"), refused="and no BTCUSDT", **BTC),
    Shape("freqtrade feather", "BTC_USDT_USDT-1h-futures.feather", feather(frame()), CANDLES, meaning=("clock: UTC (datetimes with their zone)",)),
    Shape("freqtrade mark as trade", "BTC_USDT_USDT-1h-mark.feather", feather(frame()), refused="--series mark"),
    Shape("freqtrade funding as trade", "BTC_USDT_USDT-8h-funding_rate.csv", rates("date,open,high,low,close,volume", "{t},{r},0,0,0,0"), refused="--series funding"),
    Shape("freqtrade funding", "BTC_USDT_USDT-8h-funding_rate.csv", rates("date,open,high,low,close,volume", "{t},{r},0,0,0,0"), RATES, series="funding"),
    Shape("mark with null volume", "mark.json", js(objects(date="t", open="o", high="h", low="l", close="c", volume=None)), MARKS, series="mark", **BTC),
    Shape("marks without volume in Parquet", "BTCUSDT-1h-mark.parquet", parquet(frame(volume=[float("nan"), None, 0.0, 0.0])), MARKS, series="mark", meaning=("series: mark (mark in its name)",)),
    Shape("cryptodatadownload", "Binance_BTCUSDT_1h.csv", b"https://www.example.org\n" + text("Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount", row="{t},2024-01-01,BTCUSDT,{o},{h},{l},{c},{v},{q},9"), CANDLES,
          meaning=("volume: coins (its column Volume BTC)",)),
    Shape("cryptodatadownload, a preface with a comma", "Coin_BTCUSDT_1h.csv", b"Timestamps are UTC timezone,https://site.example\n" + text("Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT", row="{t},BTCUSDT,{o},{h},{l},{c},{v},{q}", form="%Y-%m-%d %I-%p"), CANDLES,
          meaning=("clock: UTC (a line above its header)",)),
    Shape("a volume named after the coin beside a bare one", "cdd.csv", text("date,symbol,open,high,low,close,volume_btc,volume", row="{t},BTCUSDT,{o},{h},{l},{c},{v},{q}", form="%Y-%m-%d %H:%M:%S"), CANDLES),
    Shape("quote volume taken for coins", "q.csv", text("timestamp,open,high,low,close,volume,quote_volume", row="{t},{o},{h},{l},{c},{q},{q}"), refused="--volume-in quote", **BTC),
    Shape("lean minutes of a day", "20240101_btcusdt_minute_trade.csv", "".join(f"{n * HOUR},{','.join(map(str, row[1:]))}\n" for n, row in enumerate(CANDLES)).encode(), CANDLES),
    Shape("lean without a date in its name", "btcusdt_minute_trade.csv", "".join(f"{n * HOUR},{','.join(map(str, row[1:]))}\n" for n, row in enumerate(CANDLES)).encode(), refused="no date is in the file's name"),
    Shape("lean hours", "btcusdt_trade.csv", text("", form="%Y%m%d %H:%M"), CANDLES),
    Shape("metatrader 5 export", "m.csv", text("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>", row="{t}\t{o}\t{h}\t{l}\t{c}\t9\t{v}\t10", form="%Y.%m.%d\t%H:%M:%S"), refused=r"broker's clock.*--utc-offset \+3", **BTC),
    Shape("metatrader 5 export, clock said", "m.csv", text("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>", row="{t}\t{o}\t{h}\t{l}\t{c}\t9\t{v}\t10", form="%Y.%m.%d\t%H:%M:%S", shift=2 * HOUR), CANDLES, said={"utc_offset": "+2"}, **BTC),
    Shape("metatrader 4 export, two columns and no header", "m.csv", text("", form="%Y.%m.%d,%H:%M", shift=-5 * HOUR), CANDLES, said={"utc_offset": "-5"}, **BTC),
    Shape("metatrader through python", "m.csv", text("time,open,high,low,close,tick_volume,spread,real_volume", row="{s},{o},{h},{l},{c},9,10,{v}"), refused="broker's clock", names={"volume": "real_volume"}, **BTC),
    Shape("yahoo counts dollars", "y.csv", text("Date,Open,High,Low,Close,Adj Close,Volume", row="{t},{o},{h},{l},{c},{c},{q}"), [(t, *p, q / ((p[1] + p[2] + p[3]) / 3)) for t, p, q in zip(TIMES, OHLC, QUOTES)], **BTC),
    Shape("coinmarketcap", "cmc.csv", text("timeOpen;timeClose;name;open;high;low;close;volume", row="{t};{e};2781;{o};{h};{l};{c};{v}"), CANDLES, **BTC),
    Shape("tradingview export", "BYBIT_BTCUSDT.P, 60.csv", text("time,open,high,low,close,Volume,Volume MA,MA,MA", row="{s},{o},{h},{l},{c},{v},9,1,2"), CANDLES, meaning=("instrument: perpetual (its name)",)),
    Shape("udf answer", "udf.json", js({"s": "ok", "t": [t // 1000 for t in TIMES], **{k: list(v) for k, v in zip("ohlc", zip(*OHLC))}, "v": list(VOLUMES)}), CANDLES, **BTC),
]  # fmt: skip

FRAMES = [
    Shape("pandas index without a name", "BTCUSDT-1h.csv", text(",open,high,low,close,volume", form="%Y-%m-%d %H:%M:%S+00:00"), CANDLES),
    Shape("pandas row numbers beside a date", "BTCUSDT-1h.csv", text(",date,open,high,low,close,volume", row="7,{t},{o},{h},{l},{c},{v}"), CANDLES),
    Shape("pandas row numbers and no time", "BTCUSDT-1h.csv", b",open,high,low,close,volume\n0,1,2,0.5,1.5,3\n1,1,2,0.5,1.5,3\n", refused=r"csv:2 .* is no time"),
    Shape("pandas split", "p.json", js({"columns": ["open", "high", "low", "close", "volume"], "index": list(TIMES), "data": [list(row[1:]) for row in CANDLES]}), CANDLES, **BTC),
    Shape("pandas columns", "p.json", js({name: {str(t): row[place] for t, row in zip(TIMES, CANDLES)} for place, name in enumerate(("t", "open", "high", "low", "close", "volume")) if place}), CANDLES, **BTC),
    Shape("pandas index", "p.json", js({str(row[0]): dict(zip(("open", "high", "low", "close", "volume"), row[1:])) for row in CANDLES}), CANDLES, **BTC),
    Shape("objects by line", "p.json", b"\n".join(js(row) for row in objects(ts="t", open="o", high="h", low="l", close="c", volume="v")), CANDLES, **BTC),
    Shape("objects by line, one cut off", "p.json", b'{"ts": 1, "open": 1}\n{"ts": 2, "op\n', refused="p.json:2 the line is no JSON", **BTC),
    Shape("polars parquet", "BTCUSDT-1h.parquet", parquet(frame()), CANDLES),
    Shape("parquet without a zone", "BTCUSDT-1h.parquet", parquet(frame().with_columns(pl.col("date").dt.replace_time_zone(None))), CANDLES, meaning=("clock: UTC (assumed; --utc-offset says otherwise)",)),
    Shape("parquet with prices of bytes", "b.parquet", parquet(frame(open=[b"\0" * 16] * 4)), refused="column open holds Binary", **BTC),
    Shape("parquet with lists", "b.parquet", parquet(frame(close=[[1.0]] * 4)), refused=r"column close holds List", **BTC),
    Shape("parquet with categories of text", "b.parquet", parquet(frame().with_columns(pl.col("open").cast(pl.String).cast(pl.Categorical))), CANDLES, **BTC),
    Shape("parquet with true and false", "b.parquet", parquet(frame(volume=[True] * 4)), refused="column volume holds Boolean", **BTC),
    Shape("spreadsheet in UTF-16 with tabs", "BTCUSDT.txt", text(PLAIN.replace(",", "\t"), row="{t}\t{o}\t{h}\t{l}\t{c}\t{v}").decode().encode("utf-16"), CANDLES),
    Shape("spreadsheet with decimal commas", "BTCUSDT.csv", b"date;open;high;low;close;volume\n2024-01-01 00:00;1,5;2;1;2;3\n", refused=r"csv:2 open '1,5' .*with a point", timeframe="1h"),
    Shape("lines of the old Mac", "BTCUSDT.csv", text(PLAIN, end="\r"), CANDLES),
    Shape("empty lines", "BTCUSDT.csv", text(PLAIN, end="\r\n\r\n"), CANDLES),
    Shape("comments above and between", "BTCUSDT.csv", b"# exchange: binance, market: um\n" + text(PLAIN).replace(b"\n1704070800000", b"\n# a, b\n1704070800000"), CANDLES),
    Shape("a header behind #", "BTCUSDT.csv", b"# " + text(PLAIN), CANDLES),
    Shape("a row too long", "ragged.csv", text(PLAIN).replace(b",2.5\n", b",2.5,\n"), refused=r"ragged\.csv:3 the row has 7 fields, the header 6", **BTC),
    Shape("a row too short", "ragged.csv", text(PLAIN).replace(b",3.0\n", b"\n"), refused=r"ragged\.csv:4 the row has 5 fields, the header 6", **BTC),
    Shape("the header again", "cat.csv", text(PLAIN) + text(PLAIN), refused=r"cat\.csv:6 the header stands here again", **BTC),
    Shape("a word among times", "w.csv", text(PLAIN).replace(b"1704074400000", b"n/a"), refused=r"w\.csv:4 timestamp 'n/a'", **BTC),
    Shape("two columns of one name", "BTCUSDT.csv", text("ts,open,high,low,close,close", row="{t},{o},{h},{l},{c},{c}"), refused="two columns close", series="mark"),
    Shape("quoted text", "BTCUSDT.csv", text('"ts","open","high","low","close","volume"', row='"{t}","{o}","{h}","{l}","{c}","{v}"'), CANDLES),
    Shape("two venues in one file", "BTCUSDT.csv", text("exchange," + PLAIN, row="A,{t},{o},{h},{l},{c},{v}").replace(b"A,1704070800000", b"B,1704070800000"), refused="its column exchange says A, B"),
    Shape("days first", "BTCUSDT.csv", text(PLAIN, form="%d.%m.%Y %H:%M"), refused=r"--time-format '%d\.%m\.%Y %H:%M'"),
    Shape("days first, form said", "BTCUSDT.csv", text(PLAIN, form="%d.%m.%Y %H:%M"), CANDLES, said={"time_format": "%d.%m.%Y %H:%M"}),
    Shape("a form that is none", "BTCUSDT.csv", text(PLAIN, form="%d.%m.%Y %H:%M"), refused="is no form of times|is no time of the form", said={"time_format": "%Q %H"}),
    Shape("closes at 59.999", "BTCUSDT.csv", text(PLAIN, shift=HOUR - 1), CANDLES, meaning=("stamp: close (its times end at 59.999)",)),
    Shape("closes at 59.999 called opens", "BTCUSDT.csv", text("open_time,open,high,low,close,volume", shift=HOUR - 1), refused="the file contradicts itself"),
    Shape("closes under their own name", "BTCUSDT.csv", text("close_time,open,high,low,close,volume", shift=HOUR), CANDLES),
    Shape("closes, said", "BTCUSDT.csv", text(PLAIN, shift=HOUR), CANDLES, said={"stamp": "close"}, meaning=("stamp: close (--stamp)",)),
    Shape("a clock ahead, said", "BTCUSDT.csv", text(PLAIN, shift=8 * HOUR, form="%Y-%m-%d %H:%M"), CANDLES, said={"utc_offset": "+8"}),
    Shape("a clock behind, in the column's name", "BTCUSDT.csv", text("time (UTC-5),open,high,low,close,volume", shift=-5 * HOUR, form="%Y-%m-%d %H:%M"), CANDLES, names={"ts_open": "time (UTC-5)"}),
    Shape("a zone and another clock", "BTCUSDT.csv", text(PLAIN, form="%Y-%m-%dT%H:%M:%SZ"), refused="contradicts the file", said={"utc_offset": "+3"}),
    Shape("quote volume, said", "BTCUSDT.csv", text(PLAIN, row="{t},{o},{h},{l},{c},{q}"), [(t, *p, q / ((p[1] + p[2] + p[3]) / 3)) for t, p, q in zip(TIMES, OHLC, QUOTES)], said={"volume_in": "quote"}),
    Shape("coins called quote by the caller", "BTCUSDT.csv", text("ts,open,high,low,close,volume_btc", row="{t},{o},{h},{l},{c},{v}"), refused="contradicts the file", said={"volume_in": "quote"}),
    Shape("rates in percent by their column", "BTCUSDT.csv", rates("time,funding_rate_pct", factor=100), RATES, series="funding"),
    Shape("rates in percent, said", "BTCUSDT.csv", rates("time,fundingRate", factor=100), RATES, series="funding", said={"rate_in": "percent"}),
    Shape("rates in percent, not said", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.0100\n1704096000000,0.0100\n1704124800000,0.0100\n", [(NEW_YEAR + n * 8 * HOUR, 0.01) for n in range(3)], series="funding", notes="--rate-in percent"),
    Shape("rates that no venue reaches", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.0001\n1704096000000,0.5\n", refused=r"csv:3 a rate of 50 %.*--rate-in percent", series="funding"),
    Shape("rates that no venue reaches, insisted on", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.0001\n1704096000000,0.05\n", [(NEW_YEAR, 0.0001), (NEW_YEAR + 8 * HOUR, 0.05)], series="funding", said={"rate_in": "fraction"}),
    Shape("percentages that no venue reaches", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.01\n1704096000000,500\n", refused=r"csv:3 a rate of 500 %", series="funding", said={"rate_in": "percent"}),
    Shape("settlements off the hour", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.0001\n1704097800000,0.0001\n", refused=r"csv:3 .*no full hour", series="funding"),
    Shape("two settlements of a minute", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.0001\n1704067200008,0.0001\n", [(NEW_YEAR, 0.0001)], series="funding", notes="merged"),
    Shape("two that differ in a minute", "BTCUSDT.csv", b"time,fundingRate\n1704067200000,0.0001\n1704067200008,0.0002\n", refused=r"csv:3 this row says something else .*csv:2", series="funding"),
    Shape("another symbol in the name", "ETHUSDT-1h-2024-01.csv", text(PLAIN), refused="its name says ETHUSDT.*--as-named ETHUSDT", **BTC),
    Shape("another symbol in the column than in the name", "ETHUSDT.csv", text("symbol," + PLAIN, row="BTCUSDT,{t},{o},{h},{l},{c},{v}"), refused="its name says ETHUSDT, and its rows are of BTCUSDT"),
    Shape("hours called minutes by the name", "BTCUSDT-1m-2024-01.csv", text(PLAIN), refused="candles of 1h, and its name says 1m.*--as-named 1m"),
    Shape("a high of 1", "BTCUSDT.csv", text(PLAIN).replace(b"42200.0,42000.0,42150.0", b"1,42000.0,42150.0"), refused=r"csv:3 no candle can be open 42050 high 1 "),
    Shape("opens off the grid", "BTCUSDT.csv", text(PLAIN, shift=30 * 60_000), refused=r"csv:2 2024-01-01 00:30 opens no candle of 1h"),
    Shape("a negative volume", "BTCUSDT.csv", text(PLAIN).replace(b",2.5\n", b",-2.5\n"), refused=r"csv:3 volume -2\.5 is negative"),
    Shape("a hole", "BTCUSDT.csv", text(PLAIN) + b"1704096000000,42250,42260,42240,42250,1\n", [*CANDLES, (NEW_YEAR + 8 * HOUR, 42250.0, 42260.0, 42240.0, 42250.0, 1.0)], notes="4 candles are missing in a hole, the first at 2024-01-01 04:00"),
    Shape("closes beside opens tell a length", "BTCUSDT.csv", b"open_time,close_time,open,high,low,close,volume\n1704067200000,1704070799999,1,2,0.5,1.5,3\n", [(NEW_YEAR, 1.0, 2.0, 0.5, 1.5, 3.0)]),
]  # fmt: skip

NEIGHBOURS = [
    Shape("spot and perpetual beside each other", "a.csv", b"instId,funding_rate,funding_time\nBTC-USDT,0.002,1704067201000\nBTC-USDT-SWAP,0.0001,1704067200000\n", [(NEW_YEAR, 0.0001)], series="funding", **BTC),
    Shape("two names of one symbol", "a.csv", text("symbol," + PLAIN, row="BTCUSDT,{t},{o},{h},{l},{c},{v}") + b"BTC/USDT,1704081600000,42250,42260,42240,42250,1\n", refused="BTC/USDT, BTCUSDT, each of which can be BTCUSDT.*--as-named", **BTC),
    Shape("two names of one symbol, one insisted on", "a.csv", text("symbol," + PLAIN, row="BTCUSDT,{t},{o},{h},{l},{c},{v}") + b"BTC/USDT,1704081600000,42250,42260,42240,42250,1\n", CANDLES, said={"as_named": ("BTCUSDT",)}, **BTC),
    Shape("a row without a symbol", "a.csv", text("symbol," + PLAIN, row="BTCUSDT,{t},{o},{h},{l},{c},{v}") + b",1704081600000,1,2,0.5,1.5,3\n", CANDLES, notes="1 rows without a symbol were left out"),
    Shape("a market column that says futures", "BTCUSDT.csv", text("market," + PLAIN, row="futures,{t},{o},{h},{l},{c},{v}"), CANDLES),
    Shape("a market column that says spot", "BTCUSDT.csv", text("market," + PLAIN, row="spot,{t},{o},{h},{l},{c},{v}"), CANDLES, meaning=("instrument: spot (its column market)",), notes="a perpetual has other prices"),
    Shape("rates of candles", "BTCUSDT.csv", text(PLAIN), refused="--rate-in percent says nothing of trade", said={"rate_in": "percent"}),
    Shape("volumes of marks", "BTCUSDT.csv", text(PLAIN), refused="--volume-in quote says nothing of mark", said={"volume_in": "quote"}, series="mark"),
    Shape("stamps of settlements", "BTCUSDT.csv", rates("time,fundingRate"), refused="--stamp close says nothing of funding", said={"stamp": "close"}, series="funding"),
    Shape("a form of times that are none of text", "BTCUSDT-1h.parquet", parquet(frame()), refused="holds Datetime", said={"time_format": "%Y"}),
    Shape("a stamp that is none", "BTCUSDT.csv", text(PLAIN), refused="--stamp 'end' is not known .one of open, close", said={"stamp": "end"}),
    Shape("a unit that is none", "BTCUSDT.csv", text(PLAIN), refused="--volume-in 'contracts:0' is no unit", said={"volume_in": "contracts:0"}),
    Shape("an offset that is none", "BTCUSDT.csv", text(PLAIN), refused="--utc-offset .* is no offset", said={"utc_offset": "Tokyo"}),
    Shape("closes before opens", "BTCUSDT.csv", "".join(["open_time,close_time,open,high,low,close,volume\n", *(f"{t},{t - HOUR},1,2,0.5,1.5,3\n" for t in TIMES)]).encode(), refused=r"csv:2 its column of closes does not come after"),
    Shape("closes that say another length", "BTCUSDT.csv", "".join(["open_time,close_time,open,high,low,close,volume\n", *(f"{t},{t + 4 * HOUR - 1},1,2,0.5,1.5,3\n" for t in TIMES)]).encode(), refused="candles of 1h, and its column of closes says 4h"),
    Shape("times of the basic form", "BTCUSDT.csv", text(PLAIN, form="%Y%m%dT%H%M%SZ"), CANDLES),
    Shape("row names of R", "BTCUSDT.csv", b'"","time","open","high","low","close","volume"\n' + text("", row='"1",{t},{o},{h},{l},{c},{v}'), CANDLES),
    Shape("dollars of another kind", "a.csv", text("symbol," + PLAIN, row="BTC/USDC:USDC,{t},{o},{h},{l},{c},{v}"), refused="and no BTCUSDT", **BTC),
    Shape("milliseconds, then microseconds", "BTCUSDT.csv", text(PLAIN).replace(b"1704070800000", b"1704070800000000"), refused=r"csv:3 timestamp '1704070800000000' is no time in ms"),
    Shape("dukascopy", "BTCUSDT.csv", text("Gmt time,Open,High,Low,Close,Volume", form="%d.%m.%Y %H:%M:%S.000"), refused="--time-format"),
    Shape("dukascopy, form said", "BTCUSDT.csv", text("Gmt time,Open,High,Low,Close,Volume", form="%d.%m.%Y %H:%M:%S.000"), CANDLES, said={"time_format": "%d.%m.%Y %H:%M:%S%.f"}, meaning=("clock: UTC (its column Gmt time)",)),
    Shape("dukascopy in local time", "BTCUSDT.csv", text("Local time,Open,High,Low,Close,Volume", form="%Y-%m-%d %H:%M"), refused="clock Local.*--utc-offset"),
    Shape("a clock named in a header", "BTCUSDT.csv", text("time_est,open,high,low,close,volume", form="%Y-%m-%d %H:%M", shift=-5 * HOUR), refused="clock est.*--utc-offset -5"),
    Shape("a clock named in a header, said", "BTCUSDT.csv", text("time_est,open,high,low,close,volume", form="%Y-%m-%d %H:%M", shift=-5 * HOUR), CANDLES, said={"utc_offset": "-5"}),
    Shape("an offset in a header", "BTCUSDT.csv", text("time (UTC+9),open,high,low,close,volume", form="%Y-%m-%d %H:%M", shift=9 * HOUR), CANDLES, meaning=("clock: UTC+9 (its column time (UTC+9))",)),
    Shape("bigquery", "BTCUSDT.csv", text(PLAIN, form="%Y-%m-%d %H:%M:%S.000 UTC"), CANDLES, meaning=("clock: UTC (its zone)",)),
    Shape("an offset without a colon", "BTCUSDT.csv", text(PLAIN, form="%Y-%m-%dT%H:%M:%S.000000+0000"), CANDLES),
    Shape("times without any mark", "BTCUSDT.csv", text(PLAIN, form="%Y%m%d%H%M%S"), CANDLES),
    Shape("minutes without any mark", "BTCUSDT.csv", text(PLAIN, form="%Y%m%d%H%M"), CANDLES),
    Shape("times before and after noon", "BTCUSDT.csv", text(PLAIN, form="%Y-%m-%d %I:%M:%S %p"), CANDLES),
    Shape("times with strokes", "BTCUSDT.csv", text(PLAIN, form="%Y/%m/%d %H:%M"), CANDLES),
    Shape("months first", "BTCUSDT.csv", text(PLAIN, form="%m/%d/%Y %H:%M"), refused="--time-format"),
    Shape("closes at :59", "BTCUSDT.csv", text(PLAIN, shift=HOUR - 1000), CANDLES, meaning=("stamp: close (its times end at :59)",)),
    Shape("gate archive", "BTC_USDT-202401.csv", text("", row="{s},{v},{c},{h},{l},{o}"), refused=r"csv:1 no candle can be open 1\.5.*another order"),
    Shape("htx spot answer", "BTCUSDT.json", js({"status": "ok", "data": objects(id="s", open="o", close="c", low="l", high="h", amount="v", vol="q", count="n")}), refused="the other way round", names={"ts_open": "id"}),
    Shape("htx spot answer, mapped", "BTCUSDT.json", js({"status": "ok", "data": objects(id="s", open="o", close="c", low="l", high="h", amount="v", vol="q", count="n")}), CANDLES, names={"ts_open": "id", "volume": "amount"}),
    Shape("volumes in brackets", "BTCUSDT.csv", text("timestamp,open,high,low,close,Volume (USDT),Volume (BTC)", row="{t},{o},{h},{l},{c},{q},{v}"), CANDLES),
    Shape("volumes of contracts", "BTCUSDT.csv", text("timestamp,open,high,low,close,contracts", row="{t},{o},{h},{l},{c},{v}"), refused="counts contracts.*--volume-in", names={"volume": "contracts"}),
    Shape("a feature called x", "BTCUSDT.csv", text(PLAIN + ",x,s", row="{t},{o},{h},{l},{c},{v},0,1"), CANDLES),
    Shape("candles that are not complete", "BTCUSDT.csv", text("time,o,h,l,c,volume,complete", row="{t},{o},{h},{l},{c},{v},True") + b"1704081600000,1,1,1,1,1,False\n", CANDLES, notes="unfinished"),
    Shape("another coin's old name", "a.csv", text("symbol," + PLAIN, row="XBTUSDT,{t},{o},{h},{l},{c},{v}"), refused="--as-named XBTUSDT", **BTC),
    Shape("settled in its coin", "a.csv", text("symbol," + PLAIN, row="BTC/USD:BTC,{t},{o},{h},{l},{c},{v}"), refused="and no BTCUSDT", **BTC),
    Shape("a quarter's future", "BTCUSDT_QUARTER.csv", text(PLAIN), refused="a contract with a date, BTCUSDT_QUARTER"),
    Shape("spot by its name", "BTCUSDT-spot-1h.csv", text(PLAIN), CANDLES, meaning=("instrument: spot (spot in its name)",), notes="a perpetual has other prices"),
    Shape("spot by its name, and a perpetual by its symbol", "BTCUSDT-spot.csv", text("symbol," + PLAIN, row="BTC-USDT-SWAP,{t},{o},{h},{l},{c},{v}"), refused="contradicts itself: spot in its name says spot.*--as-named spot"),
    Shape("spot by its name, insisted on", "BTCUSDT-spot-1h.csv", text(PLAIN), CANDLES, said={"as_named": ("spot",)}, meaning=("instrument: perpetual (--as-named spot)",)),
    Shape("trades and no candles", "BTCUSDT-trades.csv", b"id,price,qty,quote_qty,time,is_buyer_maker\n1,42000,1,42000,1704067200000,true\n", refused="no column for open, high, low, close"),
    Shape("rates with % in the header", "BTCUSDT.csv", rates("time,Funding Rate (%)", factor=100), RATES, series="funding"),
    Shape("rates in basis points", "BTCUSDT.csv", rates("time,funding_rate_bps", factor=10_000), refused="bps in the name", series="funding", names={"rate": "funding_rate_bps"}),
    Shape("rates of a year", "BTCUSDT.csv", rates("time,fundingRateAnnualized", factor=1095), refused="Annual in the name", series="funding", names={"rate": "fundingRateAnnualized"}),
    Shape("rates of letters", "BTCUSDT.json", js([{"t": t // 1000, "r": str(r)} for t, r in RATES]), RATES, series="funding"),
    Shape("rates named as marks", "BTCUSDT-mark.csv", rates("time,fundingRate"), refused="--series mark", series="funding"),
    Shape("text of one byte a letter", "BTCUSDT.csv", text(PLAIN) + b"1704081600000,1,2,0.5,1.5,\xe4\n", refused=r"csv:6 the line is no text in UTF-8"),
    Shape("a step that no candle has", "BTCUSDT.csv", "".join([PLAIN + "\n", *(f"{NEW_YEAR + n * 7 * 60_000},1,2,0.5,1.5,3\n" for n in range(5))]).encode(), refused="7m apart"),
]  # fmt: skip

_UNREAD = {
    "HDF5": b"\x89HDF\r\n\x1a\n" + b"\0" * 60,
    "an SQLite database": b"SQLite format 3\x00" + b"\0" * 60,
    "an array of NumPy": b"\x93NUMPY\x01\x00v\x00{'descr'",
    "a pickle": b"\x80\x05\x95\x10\x00\x00\x00",
    "packed by bzip2": b"BZh91AY&SY",
    "packed by xz": b"\xfd7zXZ\x00\x00",
    "packed by zstd": b"\x28\xb5\x2f\xfd\x04",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\x00",
    "a tar archive": b"BTCUSDT.csv".ljust(257, b"\0") + b"ustar\x0000",
    "of Feather's first version": b"FEA1 and so on",
    "a spreadsheet \\(xlsx\\)": zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}),
    "an archive of NumPy": zipped(**{"open.npy": b"\x93NUMPY", "close.npy": b"\x93NUMPY"}),
    "a web page": b"<!DOCTYPE html><html><body>Not found</body></html>",
}
UNREAD = [
    Shape(f"unread: {what}", "BTCUSDT-1h.csv", content, refused=f"BTCUSDT-1h.csv the file is {what}, which is not read")
    for what, content in _UNREAD.items()
]
SHAPES = [*VENUES, *TOOLS, *FRAMES, *NEIGHBOURS, *UNREAD]
