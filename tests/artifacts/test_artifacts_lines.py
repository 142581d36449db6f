"""Lines from columns are those of the values, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_worlds import MARCH, SYMBOLS, told_of, trades_of

from btcli.artifacts.lines import told_lines, trade_lines
from btcli.artifacts.text import event_line, trade_line
from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.face.telling import Told

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.sampled_from([1, 2, 60, 300]), st.integers(1, 10**9))
def test_lines_from_columns_are_those_of_the_events(seed: int, count: int, first_seq: int) -> None:
    """Every kind of event, every number that is finite, levels that are not there, any words and moments."""
    told = told_of(seed, count)
    assert told_lines(first_seq, told) == [event_line(first_seq + n, event) for n, event in enumerate(told)]


@pytest.mark.parametrize("kind", codes.EVENT_NAMES)
def test_each_kind_of_event_has_the_same_line_either_way(kind: int) -> None:
    """Many of one kind, so that each of its fields is there and lacks."""
    told = told_of(kind, 400, (kind,))
    assert told_lines(1, told) == [event_line(1 + n, event) for n, event in enumerate(told)]


def one(kind: int, **columns: float) -> Told:
    """One event of a kind; what is not named is 0, on the first symbol."""
    told = told_of(0, 1, (kind,))
    told.records[:] = 0
    told.records["kind"], told.records["ts"] = kind, MARCH
    for name, value in columns.items():
        told.records[name] = value
    return told


def test_a_fill_by_hand() -> None:
    """The fields of a fill in their order; what it has not is left out, -0.0 is 0.0, an exponent has its sign."""
    told = one(codes.ORDER_FILLED, order_id=3, trade_id=2, side=-1, order_type=2, exit_reason=codes.EXIT_STOP, qty=0.1,
               price=30_000.5, reference_price=30_001.0, pnl_usdt=-0.0, fee_usdt=1e-7, cash_usdt=1e16, phase=codes.PATH,
               leg=1, t=0.25, flags=codes.FLAG_AMBIGUOUS)  # fmt: skip
    assert told_lines(9, told) == [
        b'{"seq":9,"ts":"2024-03-01T00:05:00.000Z","event":"order_filled","symbol":"BTCUSDT","order_id":3,"side":"sell",'
        b'"type":"stop_market","qty":0.1,"price":30000.5,"reference_price":30001.0,"pnl_usdt":0.0,"fee_usdt":1e-7,'
        b'"cash_usdt":1e+16,"trade_id":2,"exit_reason":"stop","phase":"path","leg":2,"t":0.25,"ambiguous":true}\n'
    ]


def test_a_position_without_levels_by_hand() -> None:
    """A level that is not there is null where a field always stands."""
    told = one(codes.POSITION_OPENED, trade_id=1, side=1, qty=2.0, price=100.0, margin_usdt=20.0, stop_price=NO_LEVEL)
    assert told_lines(1, told)[0].endswith(
        b'"trade_id":1,"side":"long","qty":2.0,"entry_price":100.0,"margin_usdt":20.0,"liquidation_price":null,'
        b'"stop_price":null,"target_price":null}\n'
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused_by_its_name(bad: float) -> None:
    """As where events are written one by one: nothing is written in its stead."""
    told = told_of(1, 30, (codes.POSITION_OPENED,))
    told.records["price"][7] = bad
    with pytest.raises(ValueError, match=rf"position_opened\.entry_price is {bad}"):
        told_lines(1, told)


def test_nothing_told_has_no_lines() -> None:
    """An empty piece is written as nothing."""
    assert told_lines(1, told_of(1, 60)[:0]) == []  # type: ignore[arg-type]


@given(SEEDS, st.sampled_from([0, 1, 40]))
def test_lines_of_trades_from_columns_are_those_of_the_trades(seed: int, count: int) -> None:
    """Every number that is finite, levels that are not there, any moments."""
    trades = trades_of(seed, count)
    assert trade_lines(trades) == list(map(trade_line, trades))


def test_a_trade_that_cannot_be_written_is_named() -> None:
    """A number that is not finite is refused with its trade, a name that CSV would quote with the name."""
    trades = trades_of(3)
    trades.records["mae_usdt"][4] = np.inf
    with pytest.raises(ValueError, match="trade 5"):
        trade_lines(trades)
    odd = trades_of(3)
    odd.symbols = ("BTC,USDT", *SYMBOLS[1:])
    with pytest.raises(ValueError, match="need quotes"):
        trade_lines(odd)
