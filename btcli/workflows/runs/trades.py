"""`btcli trades`: the trades of a run, those that conditions choose, one by one or by what they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btcli.analysis.groups import BY, Group, grouped, key_of
from btcli.analysis.numbers import Undefined
from btcli.artifacts.frames import trades_frame
from btcli.config.findings import did_you_mean
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.story.conditions import columns_of, holding, read_conditions
from btcli.story.records import RunRecord, read_record
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    import polars as pl

FIGURES = Group._fields[1:]
Row = dict[str, Any]


@frozen
class TradesRequest:
    """Which trades of which run; `sort` is a column, with - in front the greatest first; `limit` 0: all rows."""

    run: Path
    by: str = ""  # names of BY, comma apart
    where: tuple[str, ...] = ()
    sort: str = ""
    limit: int = 0


@frozen
class TradesFound:
    """The rows that are shown, each with all columns; `matched` trades in all fulfil the conditions.

    With `by` a row is a group, with its figures; `rows_found` counts the rows before the limit.
    """

    record: RunRecord
    by: tuple[str, ...]
    matched: int
    rows_found: int
    rows: tuple[Row, ...]
    every: Row = field(default_factory=dict)  # the figures of all matched trades


def find_trades(request: TradesRequest) -> TradesFound:
    """Read, choose, group, sort and cut.

    Raises RequestError for a name that there is none of, AccessError for files that no run has written.
    """
    by = names_of(request.by)
    record = read_record(request.run)
    trades = trades_frame(request.run)
    chosen = holding(read_conditions(request.where, trades), trades)
    (every,) = grouped(chosen, ())
    if by:
        rows = [_group_row(by, group) for group in grouped(chosen, by)]
        if request.sort:
            rows = _sorted(rows, *_order(request.sort, (*by, *FIGURES)))
    else:
        rows = [_trade_row(row) for row in _in_order(chosen, request.sort).iter_rows(named=True)]
    shown = rows[: request.limit] if request.limit else rows
    return TradesFound(record, by, len(chosen), len(rows), tuple(shown), _group_row((), every))


def names_of(text: str) -> tuple[str, ...]:
    """The names of BY in a text, comma apart; raises RequestError for another one, and for one twice."""
    names = [name.strip() for name in text.split(",")] if text else []
    for place, name in enumerate(names):
        if name not in BY:
            hint = f"{did_you_mean(name, BY)} there is {', '.join(BY)}; several with a comma, as side,month".strip()
            raise RequestError(f"{name!r} is nothing to group by", where="--by", hint=hint)
        if name in names[:place]:
            raise RequestError(f"{name!r} is there twice", where="--by")
    return tuple(names)


def _order(sort: str, names: Iterable[str]) -> tuple[str, bool]:
    """The column to sort by, and whether the greatest comes first."""
    name, known = sort.removeprefix("-"), list(names)
    if name not in known:
        hint = f"{did_you_mean(name, known)} columns: {', '.join(known)}; with - in front the greatest first".strip()
        raise RequestError(f"there is no column {name!r}", where="--sort", hint=hint)
    return name, sort.startswith("-")


def _in_order(trades: pl.DataFrame, sort: str) -> pl.DataFrame:
    if not sort:
        return trades
    name, is_falling = _order(sort, columns_of(trades))
    return trades.sort(key_of(name), descending=is_falling, nulls_last=True, maintain_order=True)


def _sorted(rows: Sequence[Row], name: str, is_falling: bool) -> list[Row]:
    """By a column, what has none of it at the end; equal ones keep their order."""
    have = [row for row in rows if row[name] is not None]
    if name != "weekday":  # which are in order already
        have.sort(key=lambda row: row[name], reverse=is_falling)
    elif is_falling:
        have.reverse()
    return [*have, *(row for row in rows if row[name] is None)]


def _trade_row(row: Row) -> Row:
    """As trades.csv has it, moments as text."""
    moments = {name: utc_text(round(row[name].timestamp() * 1000)) for name in ("entry_ts", "exit_ts")}
    return {**row, **moments}


def _group_row(by: Sequence[str], group: Group) -> Row:
    """The keys under their names, then the figures; None where one does not exist."""
    figures = {name: getattr(group, name) for name in FIGURES}
    plain = {name: None if isinstance(value, Undefined) else value for name, value in figures.items()}
    return {**dict(zip(by, group.keys, strict=True)), **plain}
