"""What a run's trades came to by symbol, side, tag, exit reason, and weekday, hour or month of their entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from btcli.analysis import definitions as define
from btcli.analysis.numbers import Metric, mean, total
from btcli.timeframe import UNIT_MS

if TYPE_CHECKING:
    import polars as pl

BY = ("symbol", "side", "tag", "exit_reason", "weekday", "hour", "month")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Key = str | int | None
_WRITTEN: Mapping[str, Any] = MappingProxyType({"weekday": lambda number: WEEKDAYS[number - 1]})


class Group(NamedTuple):
    """Trades that share their `keys`, one for each name of `by`, under the names and definitions of metrics.json.

    A tag is None where the signal had none; a weekday is "Mon" to "Sun", an hour 0 to 23, a month "2024-01", all of
    the entry in UTC. Amounts are in USDT; `funding_usdt` is a cost: what was paid is positive.
    """

    keys: tuple[Key, ...]
    trades: int
    net_pnl_usdt: float
    gross_pnl_usdt: float
    fees_usdt: float
    funding_usdt: float
    win_rate_pct: Metric
    profit_factor: Metric
    expectancy_usdt: Metric
    payoff_ratio: Metric
    best_trade_usdt: Metric
    worst_trade_usdt: Metric
    average_duration_hours: Metric
    average_mae_usdt: Metric
    average_mfe_usdt: Metric
    ambiguous_trades: int


def grouped(trades: pl.DataFrame, by: Sequence[str]) -> tuple[Group, ...]:
    """The groups of the closed trades in ascending order of their keys (no tag comes last); no group is empty.

    `trades` has the columns of trades.csv, typed, and `tag`; `by` names some of BY. Without a name all trades are
    one group, also when there are none. The figures do not depend on the order of the trades.
    """
    if not by:
        return (_group((), trades),)
    named = trades.with_columns(**{f"by_{name}": key_of(name) for name in by})
    columns = [f"by_{name}" for name in by]
    parts = named.sort(columns, nulls_last=True, maintain_order=True).partition_by(columns, maintain_order=True)
    return tuple(_group(_keys(by, part.select(columns).row(0)), part) for part in parts)


def key_of(name: str) -> pl.Expr:
    """The column that trades are grouped by: one of BY; a weekday as its number, 1 is Monday."""
    import polars as pl

    entry = pl.col("entry_ts")
    of_entry = {"weekday": entry.dt.weekday(), "hour": entry.dt.hour(), "month": entry.dt.strftime("%Y-%m")}
    return of_entry.get(name, pl.col(name))


def _keys(by: Sequence[str], row: Sequence[Any]) -> tuple[Key, ...]:
    return tuple(_WRITTEN.get(name, lambda value: value)(value) for name, value in zip(by, row, strict=True))


def _group(keys: tuple[Key, ...], trades: pl.DataFrame) -> Group:
    def values(name: str) -> list[float]:
        return trades[name].to_list()

    def mean_of(numbers: Sequence[float]) -> Metric:
        return mean(numbers) if numbers else define.NO_TRADES

    results = values("net_pnl_usdt")
    sums = define.sums_of(results)
    durations_ms = (trades["exit_ts"] - trades["entry_ts"]).dt.total_milliseconds().to_list()
    return Group(
        keys=keys,
        trades=sums.trades,
        net_pnl_usdt=sums.net_usdt,
        gross_pnl_usdt=total(values("gross_pnl_usdt")),
        fees_usdt=total(values("fees_usdt")),
        funding_usdt=total(values("funding_usdt")),
        win_rate_pct=define.win_rate_pct(sums),
        profit_factor=define.profit_factor(sums),
        expectancy_usdt=define.expectancy_usdt(sums),
        payoff_ratio=define.payoff_ratio(sums),
        best_trade_usdt=max(results) if results else define.NO_TRADES,
        worst_trade_usdt=min(results) if results else define.NO_TRADES,
        average_duration_hours=mean(durations_ms) / UNIT_MS["h"] if durations_ms else define.NO_TRADES,
        average_mae_usdt=mean_of(values("mae_usdt")),
        average_mfe_usdt=mean_of(values("mfe_usdt")),
        ambiguous_trades=int(trades["ambiguous"].sum()),
    )
