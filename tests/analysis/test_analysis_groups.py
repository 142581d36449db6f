"""Results by symbol, side, tag, exit reason and the moment of the entry; all figures by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis.definitions import NO_TRADES
from btcli.analysis.groups import BY, grouped
from btcli.analysis.numbers import Undefined

SCHEMA = {
    "symbol": pl.String,
    "side": pl.String,
    "tag": pl.String,
    "exit_reason": pl.String,
    "entry_ts": pl.Datetime("ms", "UTC"),
    "exit_ts": pl.Datetime("ms", "UTC"),
    "gross_pnl_usdt": pl.Float64,
    "fees_usdt": pl.Float64,
    "funding_usdt": pl.Float64,
    "net_pnl_usdt": pl.Float64,
    "mae_usdt": pl.Float64,
    "mfe_usdt": pl.Float64,
    "ambiguous": pl.Boolean,
}


def trade(entry: str, hours: float, net: float, **more: Any) -> dict[str, Any]:
    """A trade that paid 1 USDT of fees and earned 0.5 of funding."""
    opened = datetime.fromisoformat(entry).replace(tzinfo=UTC)
    row = {"symbol": "BTCUSDT", "side": "long", "tag": None, "exit_reason": "stop", "entry_ts": opened}
    row |= {"exit_ts": opened + timedelta(hours=hours), "gross_pnl_usdt": net + 0.5, "fees_usdt": 1.0}
    row |= {"funding_usdt": -0.5, "net_pnl_usdt": net, "mae_usdt": -2.0, "mfe_usdt": 4.0, "ambiguous": False}
    return row | more


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """The trades as a typed frame."""
    return pl.DataFrame(list(rows), SCHEMA, orient="row")


TRADES = frame(
    trade("2024-01-01T00:59", 2.0, 30.0, tag="breakout", exit_reason="target", mae_usdt=-6.0),
    trade("2024-01-07T23:00", 4.0, -10.0, side="short"),
    trade("2024-02-05T00:00", 0.5, -5.0, tag="breakout", ambiguous=True),
    trade("2024-02-06T12:00", 1.5, 0.0, symbol="ETHUSDT", side="short", tag=""),
)


def test_without_a_name_all_trades_are_one_group() -> None:
    """Its figures are those of metrics.json: a result of 0 is neither won nor lost."""
    (every,) = grouped(TRADES, ())
    assert (every.keys, every.trades, every.net_pnl_usdt, every.gross_pnl_usdt) == ((), 4, 15.0, 17.0)
    assert (every.fees_usdt, every.funding_usdt, every.ambiguous_trades) == (4.0, -2.0, 1)
    assert (every.win_rate_pct, every.profit_factor, every.expectancy_usdt, every.payoff_ratio) == (
        25.0,
        2.0,
        3.75,
        4.0,
    )
    assert (every.best_trade_usdt, every.worst_trade_usdt, every.average_duration_hours) == (30.0, -10.0, 2.0)
    assert (every.average_mae_usdt, every.average_mfe_usdt) == (-3.0, 4.0)


@pytest.mark.parametrize(
    ("by", "keys", "trades", "net"),
    [
        (("symbol",), [("BTCUSDT",), ("ETHUSDT",)], [3, 1], [15.0, 0.0]),
        (("side",), [("long",), ("short",)], [2, 2], [25.0, -10.0]),
        (("tag",), [("",), ("breakout",), (None,)], [1, 2, 1], [0.0, 25.0, -10.0]),
        (("exit_reason",), [("stop",), ("target",)], [3, 1], [-15.0, 30.0]),
        (("weekday",), [("Mon",), ("Tue",), ("Sun",)], [2, 1, 1], [25.0, 0.0, -10.0]),
        (("hour",), [(0,), (12,), (23,)], [2, 1, 1], [25.0, 0.0, -10.0]),
        (("month",), [("2024-01",), ("2024-02",)], [2, 2], [20.0, -5.0]),
        (("side", "month"), [("long", "2024-01"), ("long", "2024-02"), ("short", "2024-01"), ("short", "2024-02")],
         [1, 1, 1, 1], [30.0, -5.0, -10.0, 0.0]),
    ],
    ids=str,
)  # fmt: skip
def test_groups_stand_in_the_order_of_their_keys(
    by: tuple[str, ...], keys: list[tuple[object, ...]], trades: list[int], net: list[float]
) -> None:
    """Every name of BY and two at once: weekdays from Monday, an empty tag is not the lack of one, which comes last."""
    found = grouped(TRADES, by)
    assert [each.keys for each in found] == keys
    assert [each.trades for each in found] == trades
    assert [each.net_pnl_usdt for each in found] == net


def test_what_a_group_lacks_is_undefined_with_its_reason() -> None:
    """A group without a losing trade has no profit factor; no trades have no figures, and no groups by a name."""
    winner = grouped(TRADES, ("exit_reason",))[1]
    assert winner.profit_factor == winner.payoff_ratio == Undefined("no trade lost")
    (none,) = grouped(TRADES.clear(), ())
    assert (none.trades, none.net_pnl_usdt, none.win_rate_pct, none.best_trade_usdt) == (0, 0.0, NO_TRADES, NO_TRADES)
    assert all(grouped(TRADES.clear(), (name,)) == () for name in BY)


@given(results=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), seed=st.randoms())
def test_the_order_of_the_trades_changes_no_bit(results: list[float], seed: Any) -> None:
    """Sums are rounded once, so that the figures of any order are those of metrics.json."""
    rows = [trade("2024-01-01T00:00", 1.0, net) for net in results]
    (one,) = grouped(frame(*rows), ("symbol",))
    seed.shuffle(rows)
    assert grouped(frame(*rows), ("symbol",)) == (one,)
