"""How numbers, moments and lines are written."""

from __future__ import annotations

import struct

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.artifacts.text import EQUITY_HEADER, TRADE_HEADER, equity_block, event_line, json_bytes, plain, trade_line
from btcli.exchange.face.events import EQUITY_COLUMNS, Event, Trade

MARCH = 1_709_251_500_000  # 2024-03-01T00:05:00.000Z
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TRADE = Trade(
    trade_id=7,
    symbol="BTCUSDT",
    side="long",
    qty=0.1,
    entry_ts=MARCH,
    entry_price=62000.0,
    exit_ts=MARCH + 300_007,
    exit_price=61000.5,
    exit_reason="stop",
    gross_pnl_usdt=-99.95,
    fees_usdt=6.765,
    funding_usdt=0.0,
    net_pnl_usdt=-106.715,
    stop_price=61010.0,
    target_price=None,
    liquidation_price=49880.5,
    mae_usdt=-120.0,
    mfe_usdt=3.5,
    bars_held=1,
    ambiguous=False,
)


def test_event_line_has_the_fixed_order() -> None:
    """A line is seq, ts, event, symbol, then the event's own fields in their order."""
    event = Event(MARCH, "order_filled", "BTCUSDT", {"qty": 0.1, "code": None, "maker": False})
    assert event_line(3, event) == (
        b'{"seq":3,"ts":"2024-03-01T00:05:00.000Z","event":"order_filled","symbol":"BTCUSDT",'
        b'"qty":0.1,"code":null,"maker":false}\n'
    )


def test_settlement_moments_are_written_as_moments() -> None:
    """The moment of a funding settlement is ISO 8601 like the event's own."""
    line = event_line(1, Event(MARCH, "funding_settled", "BTCUSDT", {"funding_ts": MARCH - 300_000, "rate": 0.0001}))
    assert b'"funding_ts":"2024-03-01T00:00:00.000Z","rate":0.0001}' in line


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf"), np.float64("nan")])
def test_event_line_refuses_what_is_not_finite(bad: float) -> None:
    """NaN and infinity are refused with the field's name, though JSON would have written null."""
    with pytest.raises(ValueError, match=r"order_filled\.price"):
        event_line(1, Event(MARCH, "order_filled", None, {"stop": None, "price": bad}))


def test_event_line_refuses_nested_infinity() -> None:
    """A number inside a list inside an event is held to the same rule."""
    with pytest.raises(ValueError, match=r"signal\.levels\[1\]"):
        event_line(1, Event(MARCH, "signal", None, {"levels": [1.0, float("inf")]}))


def test_event_line_refuses_a_reserved_field() -> None:
    """A field called seq, ts, event or symbol would hide the line's own and is refused."""
    with pytest.raises(ValueError, match="field named like"):
        event_line(1, Event(MARCH, "signal", None, {"seq": 4}))


def test_minus_zero_is_written_as_zero() -> None:
    """No artifact holds -0.0: events, trades and the curve write 0.0."""
    assert b'"x":0.0}' in event_line(1, Event(MARCH, "signal", None, {"x": -0.0}))
    assert trade_line(TRADE._replace(mfe_usdt=-0.0)).split(b",")[17] == b"0.0"
    block = equity_block(np.array([MARCH]), np.full((1, len(EQUITY_COLUMNS)), -0.0))
    assert block == b"2024-03-01T00:05:00.000Z" + b",0.0" * len(EQUITY_COLUMNS) + b"\n"


def test_a_text_with_minus_zero_in_it_stays() -> None:
    """Words that look like numbers are not touched."""
    assert b'"tag":"-0.0, null"' in event_line(1, Event(MARCH, "signal", None, {"tag": "-0.0, null"}))


def test_trade_line_by_hand() -> None:
    """A trade is one CSV line: moments as ISO 8601, None as an empty cell, booleans as JSON writes them."""
    assert trade_line(TRADE) == (
        b"7,BTCUSDT,long,0.1,2024-03-01T00:05:00.000Z,62000.0,2024-03-01T00:10:00.007Z,61000.5,stop,"
        b"-99.95,6.765,0.0,-106.715,61010.0,,49880.5,-120.0,3.5,1,false\n"
    )
    assert TRADE_HEADER.startswith(b"trade_id,symbol,side,qty,entry_ts,entry_price,exit_ts,exit_price,exit_reason,")


def test_trade_line_refuses_nan_and_quotes() -> None:
    """A trade without a number, or with a name that CSV would have to quote, is refused."""
    with pytest.raises(ValueError, match="trade 7"):
        trade_line(TRADE._replace(mae_usdt=float("nan")))
    with pytest.raises(ValueError, match="need quotes"):
        trade_line(TRADE._replace(symbol="BTC,USDT"))


def test_equity_block_refuses_nan_with_its_place() -> None:
    """A curve never holds NaN: the error names the column and the moment."""
    rows = np.zeros((2, len(EQUITY_COLUMNS)))
    rows[1, 7] = np.nan
    with pytest.raises(ValueError, match=r"mark_price at 2024-03-01T00:10:00.000Z"):
        equity_block(np.array([MARCH, MARCH + 300_000]), rows)


def test_equity_header_is_the_published_one() -> None:
    """The columns of equity_curve.csv, as documented."""
    assert EQUITY_HEADER == (
        b"ts,equity_usdt,cash_usdt,unrealized_pnl_usdt,used_margin_usdt,free_margin_usdt,available_balance_usdt,"
        b"maintenance_margin_usdt,mark_price,position_qty,drawdown_usdt,drawdown_pct\n"
    )


def test_equity_block_stamps_cross_midnight_and_keep_milliseconds() -> None:
    """Stamps built by columns are the moments themselves, whatever the grid."""
    moments = np.array([1_709_251_199_999, 1_709_251_200_000, 1_709_294_461_050])
    lines = equity_block(moments, np.zeros((3, len(EQUITY_COLUMNS)))).splitlines()
    assert [line[:24] for line in lines] == [
        b"2024-02-29T23:59:59.999Z",
        b"2024-03-01T00:00:00.000Z",
        b"2024-03-01T12:01:01.050Z",
    ]


@given(st.lists(FINITE, min_size=11, max_size=33))
def test_the_curve_reads_back_to_the_same_bits(numbers: list[float]) -> None:
    """Every number of the curve, read back, is the double that was written (0.0 for -0.0)."""
    rows = np.array(numbers[: len(numbers) // 11 * 11]).reshape(-1, 11)
    moments = np.arange(len(rows), dtype=np.int64)
    cells = [line.split(b",")[1:] for line in equity_block(moments, rows).splitlines()]
    assert [[struct.pack("d", float(cell)) for cell in row] for row in cells] == [
        [struct.pack("d", number + 0.0) for number in row] for row in rows.tolist()
    ]


@given(FINITE)
def test_json_and_csv_writers_agree_on_digits(number: float) -> None:
    """orjson and polars write the same digits, so it does not matter which of them wrote a file."""
    assert orjson.dumps(number).decode() == pl.DataFrame({"x": [number]}).write_csv(include_header=False).strip()


def test_json_bytes_keeps_order_and_refuses_infinity() -> None:
    """A JSON artifact keeps its key order, ends with a newline and holds no infinity."""
    assert json_bytes({"b": 1, "a": [-0.0, None]}) == b'{\n  "b": 1,\n  "a": [\n    0.0,\n    null\n  ]\n}\n'
    with pytest.raises(ValueError, match=r"value\.x is inf"):
        json_bytes({"x": float("inf")})


def test_plain_turns_arrays_of_one_into_python() -> None:
    """Scalars of numpy become Python's own."""
    assert plain({"a": np.float64(1.5), "b": np.int64(2), "c": (np.True_,)}) == {"a": 1.5, "b": 2, "c": [True]}
