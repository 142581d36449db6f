"""The language of `--where`: a column, an operator and a value, several of them, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.artifacts.columns import TRADE_SCHEMA
from btcli.errors import RequestError
from btcli.story.conditions import OPERATORS, columns_of, holding, read_conditions

ODD_TAG = 'a, b and "c"=1'


def trade(number: int, **cells: Any) -> dict[str, Any]:
    """A trade whose other cells do not matter."""
    row: dict[str, Any] = dict.fromkeys(TRADE_SCHEMA, None)
    moment = datetime(2024, 1, number, 6 * number, tzinfo=UTC)
    row |= {"trade_id": number, "symbol": "BTCUSDT", "side": "long", "exit_reason": "stop", "ambiguous": False}
    return row | {"entry_ts": moment, "exit_ts": moment, "net_pnl_usdt": 0.0, "bars_held": number} | cells


TRADES = pl.DataFrame(
    [
        trade(1, net_pnl_usdt=-5.5, tag="dip", stop_price=90.0),
        trade(2, side="short", net_pnl_usdt=7.25, exit_reason="target", tag=ODD_TAG),
        trade(3, symbol="ETHUSDT", ambiguous=True, tag="none"),
    ],
    TRADE_SCHEMA,
    orient="row",
)


def chosen(*texts: str) -> list[int]:
    """The numbers of the trades that fulfil the conditions."""
    return holding(read_conditions(texts, TRADES), TRADES)["trade_id"].to_list()


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (("side=long",), [1, 3]),
        (("side == long",), [1, 3]),
        (("side!=long",), [2]),
        (("net_pnl_usdt<0",), [1]),
        (("net_pnl_usdt <= 0",), [1, 3]),
        (("net_pnl_usdt>-5.5",), [2, 3]),
        (("net_pnl_usdt>=7.25e0",), [2]),
        (("exit_reason=stop, side=long",), [1, 3]),
        (("exit_reason=stop and net_pnl_usdt<0",), [1]),
        (("exit_reason=stop AND side=long , bars_held>2",), [3]),
        (("side=long", "bars_held<3"), [1]),
        (("exit_reason=liquidation",), []),
        (("symbol=ETHUSDT",), [3]),
        (("ambiguous=true",), [3]),
        (("ambiguous!=true",), [1, 2]),
        (("tag=dip",), [1]),
        (("tag='none'",), [3]),
        (("tag=none",), []),
        (("tag!=dip",), [2, 3]),
        ((f"tag='{ODD_TAG}'",), [2]),
        (("stop_price=none",), [2, 3]),
        (("stop_price!=none",), [1]),
        (("stop_price<100",), [1]),
        (("entry_ts>=2024-01-02",), [2, 3]),
        (("entry_ts<2024-01-02T12:00",), [1]),
        (("entry_ts=2024-01-02T12:00:00Z",), [2]),
        (("weekday=Tue",), [2]),
        (("weekday<=Tue",), [1, 2]),
        (("hour>6",), [2, 3]),
        (("month=2024-01",), [1, 2, 3]),
        (("month<2024-01",), []),
        ((), [1, 2, 3]),
    ],
    ids=str,
)
def test_conditions_choose_trades(texts: tuple[str, ...], numbers: list[int]) -> None:
    """Every operator and kind of column; several conditions must all hold; an empty cell is equal to none alone."""
    assert chosen(*texts) == numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("syde=long", "there is no column 'syde' did you mean side?"),
        ("side", "'side' is no condition"),
        ("", "'' is no condition"),
        ("side=long,", "'side=long,' is no condition"),
        ("side=long,,side=short", "',side=short' is no condition"),
        ("side=", "side is compared with nothing"),
        ("side=lng", "side: 'lng' is none of them one of long, short"),
        ("side<long", "side < has no meaning: only = and != have"),
        ("side!long", "'!' is no operator"),
        ("net_pnl_usdt=>5", "net_pnl_usdt: '>5' is no value of it a number"),
        ("net_pnl_usdt<nan", "net_pnl_usdt: 'nan' is no value of it a number"),
        ("net_pnl_usdt<inf", "net_pnl_usdt: 'inf' is no value of it a number"),
        ("net_pnl_usdt=none", "net_pnl_usdt: 'none' is no value of it a number"),
        ("stop_price<none", "stop_price < has no meaning"),
        ("bars_held=1.5", "bars_held: '1.5' is no value of it a whole number"),
        ("bars_held=9999999999999999999", "bars_held: '9999999999999999999' is no value of it"),
        ("hour=a", "hour: 'a' is no value of it a whole number from 0 to 23"),
        ("hour=24", "hour: '24' is no value of it a whole number from 0 to 23"),
        ("hour=-1", "hour: '-1' is no value of it a whole number from 0 to 23"),
        ("month=2024-13", "month: '2024-13' is no value of it a month as 2024-01"),
        ("month=2024-00", "month: '2024-00' is no value of it a month as 2024-01"),
        ("net_pnl_usdt=1_000", "net_pnl_usdt: '1_000' is no value of it a number"),
        ("qty=\uff11", "qty: '\uff11' is no value of it a number"),
        ("month=January", "month: 'January' is no value of it a month as 2024-01"),
        ("weekday=Monday", "weekday: 'Monday' is none of them one of Mon, Tue"),
        ("tag=dop", "tag: 'dop' is none of them one of a, b"),
        ("symbol=XRPUSDT", "symbol: 'XRPUSDT' is none of them one of BTCUSDT, ETHUSDT"),
        ("ambiguous=yes", "ambiguous: 'yes' is no value of it true or false"),
        ("entry_ts>yesterday", "entry_ts: 'yesterday' is no value of it a day or a moment (UTC), as 2024-01-31"),
        ("entry_ts>1969-01-01", "entry_ts: '1969-01-01' is no value of it a day or a moment"),
        ("side=long or side=short", "side: 'long or side=short' is none of them"),
        ("tag='dip", "is no condition"),
        ("1=1; DROP TABLE trades", "there is no column '1'"),
        ("__import__('os').system('true')=1", "there is no column"),
    ],
    ids=str,
)
def test_what_is_no_condition_is_refused(text: str, said: str) -> None:
    """With what is wrong and what there is: columns and operators, or the values of the column."""
    with pytest.raises(RequestError) as refused:
        chosen(text)
    (problem,) = refused.value.problems
    assert problem.where == "--where"
    assert said in f"{problem.message} {problem.hint}"


def test_a_wrong_name_lists_columns_and_operators() -> None:
    """All of both stand in the hint."""
    with pytest.raises(RequestError) as refused:
        chosen("nothing=1")
    hint = refused.value.problems[0].hint
    assert all(name in hint for name in (*columns_of(TRADES), *OPERATORS))


@given(text=st.text("abdeilmnprst_=!<>, '\"()0123.-\n\x1b", max_size=40))
def test_no_text_does_anything_but_choose_or_be_refused(text: str) -> None:
    """Whatever stands in it."""
    try:
        numbers = chosen(text)
    except RequestError:
        return
    assert set(numbers) <= {1, 2, 3}
